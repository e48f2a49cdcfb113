"""Sums over all processes of distributed training; with one process, the value itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, distributed

_WHOLE: ContextVar[bool] = ContextVar("ctcalign_whole_batch", default=False)


@contextmanager
def whole_batch() -> Iterator[None]:
    """Context in which a batch already holds the rows of all processes, so nothing is summed over processes."""
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
        float64 (float32 on devices without float64) of the same shape, on the same device.
    """
    # float64 keeps counts and sums exact over a long run; Apple's GPUs do not have it.
    total = values.detach().to(torch.float32 if values.device.type == "mps" else torch.float64, copy=True)
    if not _WHOLE.get() and distributed.is_available() and distributed.is_initialized():
        distributed.all_reduce(total)
    return total
