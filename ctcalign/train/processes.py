"""Sums and batches of several processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, distributed


def of_all_processes(own: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Tensors of all processes by name, one process's rows after the other's; this one's own keep their gradient.

    Args:
        own: by name, rows first, any sizes behind; a shorter one is filled with zeros at the end. May be empty.
    """
    told = of_each_process({name: value.detach().cpu() for name, value in own.items()} if _several() else {})
    if len(told) == 1:
        return dict(own)
    here = distributed.get_rank()
    parts = [
        dict(own) if place == here else {name: value.to(device) for name, value in part.items()}
        for place, part in enumerate(told)
    ]
    parts = [part for part in parts if part]
    return {name: _stacked([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def of_each_process(value: Any) -> list[Any]:
    """What each process has, in their order. All must call."""
    if not _several():
        return [value]
    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, value)
    return found


def padded(
    rows: Sequence[Sequence[int]] | Sequence[Sequence[float]], filler: float, dtype: torch.dtype, least: int = 1
) -> Tensor:
    """Rows of different length as one tensor (N, L), L at least `least`."""
    longest = max([least, *map(len, rows)])
    found = torch.full((len(rows), longest), filler, dtype=dtype)
    for place, row in enumerate(rows):
        found[place, : len(row)] = torch.tensor(row, dtype=dtype)
    return found


def _stacked(parts: Sequence[Tensor]) -> Tensor:
    sizes = [max(part.shape[axis] for part in parts) for axis in range(1, parts[0].ndim)]
    filled = []
    for part in parts:
        missing = [size - own for size, own in zip(sizes, part.shape[1:], strict=True)]
        pads = [number for one in reversed(missing) for number in (0, one)]
        filled.append(torch.nn.functional.pad(part, pads) if any(pads) else part)
    return torch.cat(filled)


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1
