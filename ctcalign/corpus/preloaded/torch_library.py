"""torch, where it is installed."""

from __future__ import annotations

import contextlib

from ctcalign.threads import wait_passively

wait_passively()
with contextlib.suppress(ImportError):
    import torch  # noqa: F401
