"""The network guard of tests/conftest.py."""

from __future__ import annotations

import socket

import pytest


def test_other_machines_cannot_be_reached():
    with socket.socket() as wire, pytest.raises(OSError, match=r"may not use the network.*192\.0\.2\.1"):
        wire.connect(("192.0.2.1", 80))


def test_the_local_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as wire:
        wire.connect(server.getsockname())
        assert wire.getpeername() == server.getsockname()
