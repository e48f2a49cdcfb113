"""Sums over all processes of a distributed training; the value itself where there is one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, distributed

_WHOLE: ContextVar[bool] = ContextVar("ctcalign_whole_batch", default=False)


@contextmanager
def whole_batch() -> Iterator[None]:
    """Within it a batch holds the rows of all processes already: nothing is summed over them."""
    token = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(token)


def sum_over_processes(values: Tensor) -> Tensor:
    """Sum of a tensor over the processes of the default group, detached. Every process must call it.

    Args:
        values: any shape, the same in all processes.
    Returns:
        float64 (float32 on a device without) of the same shape, on the same device.
    """
    # Apple's GPUs have no float64; elsewhere counts and sums of a long run deserve it.
    total = values.detach().to(torch.float32 if values.device.type == "mps" else torch.float64, copy=True)
    if not _WHOLE.get() and distributed.is_available() and distributed.is_initialized():
        distributed.all_reduce(total)
    return total
