"""Training independent of the number of processes: a seed for each utterance, and sums over all processes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed


def seed_of(*parts: str | int) -> int:
    """A seed derived from names and numbers, in [0, 2**63)."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def torch_generator(device: torch.device | str, *parts: str | int) -> torch.Generator:
    """A torch generator on a device, seeded with `seed_of(*parts)`."""
    return torch.Generator(device).manual_seed(seed_of(*parts))


def numpy_generator(*parts: str | int) -> np.random.Generator:
    """A numpy generator, seeded with `seed_of(*parts)`."""
    return np.random.default_rng(seed_of(*parts))


def seed_generators(seed: int, device: torch.device) -> None:
    """Seed NumPy's global generator, and those of torch of the CPU and of a device.

    `torch.manual_seed` gives the same numbers, but takes 0.4 ms: it formats the stack for each kind of accelerator that
    is not in use.
    """
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type != "cpu":
        torch.manual_seed(seed)


def sum_over_processes(values: Tensor) -> Tensor:
    """Sum of a tensor over the processes, in place. Every process must call it."""
    if _several():
        distributed.all_reduce(values)
    return values


def any_over_processes(value: bool) -> bool:
    """Whether a value is true in any process. Every process must call it; it does not wait for work on a GPU."""
    if not _several():
        return value
    flag = torch.tensor(int(value))
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX, group=_host_group(distributed.group.WORLD))
    return bool(flag)


def gather_objects(value: Any) -> list[Any]:
    """The value of each process, by rank. Every process must call it."""
    if not _several():
        return [value]
    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, value)
    return found


def gather_rows(own: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Tensors of all processes by name, rows concatenated by rank; only the rows of this process have a gradient.

    Args:
        own: tensors by name, rows first, padded with zeros at the end to a common size. May be empty.
    """
    gathered = gather_objects({name: value.detach().cpu() for name, value in own.items()} if _several() else {})
    if len(gathered) == 1:
        return dict(own)
    here = distributed.get_rank()
    parts = [
        dict(own) if rank == here else {name: value.to(device) for name, value in part.items()}
        for rank, part in enumerate(gathered)
    ]
    parts = [part for part in parts if part]
    return {name: _concatenated([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def padded(
    rows: Sequence[Sequence[int]] | Sequence[Sequence[float]], filler: float, dtype: torch.dtype, least: int = 1
) -> Tensor:
    """Rows of different length as one tensor (N, L), L at least `least`."""
    longest = max([least, *map(len, rows)])
    found = torch.full((len(rows), longest), filler, dtype=dtype)
    for place, row in enumerate(rows):
        found[place, : len(row)] = torch.tensor(row, dtype=dtype)
    return found


def _concatenated(parts: Sequence[Tensor]) -> Tensor:
    sizes = [max(part.shape[axis] for part in parts) for axis in range(1, parts[0].ndim)]
    filled = []
    for part in parts:
        missing = [size - own for size, own in zip(sizes, part.shape[1:], strict=True)]
        pads = [number for one in reversed(missing) for number in (0, one)]
        filled.append(torch.nn.functional.pad(part, pads) if any(pads) else part)
    return torch.cat(filled)


@lru_cache(maxsize=1)
def _host_group(world: Any) -> Any:
    """The group of all processes for tensors in main memory."""
    return world if distributed.get_backend(world) == "gloo" else distributed.new_group(backend="gloo")


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1
