"""No test talks to the network: what it needs is in the repository or is made by the test."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

# Before any library reads them. Subprocesses inherit them, so a model hub is never asked there either.
os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "MPLBACKEND": "Agg"})
os.environ.pop("CTCALIGN_DEBUG", None)

_connect = socket.socket.connect
_LOCAL = ("127.", "::1", "localhost")


def _local_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOCAL):
        raise OSError(f"tests may not use the network, but one wants to connect to {address[0]}")
    _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _local_only)
        yield
