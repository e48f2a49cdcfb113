"""Block the network: tests use files of the repository and files that they make."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

# Set before any library reads them; subprocesses inherit them, so they contact no model hub either.
os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "MPLBACKEND": "Agg"})
os.environ.pop("CTCALIGN_DEBUG", None)

_connect = socket.socket.connect
_LOCAL = ("127.", "::1", "localhost")


def _local_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOCAL):
        raise OSError(f"tests may not use the network, but one connects to {address[0]}")
    _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _local_only)
        yield
