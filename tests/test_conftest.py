"""The guard of tests/conftest.py works."""

from __future__ import annotations

import socket

import pytest


def test_the_network_is_out_of_reach():
    with socket.socket() as wire, pytest.raises(OSError, match=r"may not use the network.*192\.0\.2\.1"):
        wire.connect(("192.0.2.1", 80))


def test_the_machine_itself_is_in_reach():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as wire:
        wire.connect(server.getsockname())
        assert wire.getpeername() == server.getsockname()
