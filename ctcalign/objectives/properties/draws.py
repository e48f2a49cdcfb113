"""Random numbers for the paths of a batch, from one generator or from one of each utterance.

With one of each, an utterance draws for its own frames and paths alone: the same whatever else is in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Source = torch.Generator | Sequence[torch.Generator] | None


def draw_frames(paths: Tensor, lengths: Tensor, source: Source) -> Tensor:
    """Numbers in [0, 1), one for each frame, (B, N, T) float32 on the device of the paths; 0 in the padding where each
    utterance has its own generator.
    """
    if source is None or isinstance(source, torch.Generator):
        return torch.rand(paths.shape, generator=source, device=_place(source, paths)).to(paths.device)
    found = torch.zeros(paths.shape, device=paths.device)
    for row, frames, own in zip(found, lengths.tolist(), source, strict=True):
        row[:, :frames] = torch.rand((paths.shape[1], frames), generator=own, device=own.device).to(paths.device)
    return found


def draw_numbers(paths: Tensor, low: int, high: int, source: Source) -> Tensor:
    """Whole numbers in [low, high), one for each path, (B, N) int64 on the device of the paths."""
    if source is None or isinstance(source, torch.Generator):
        place = _place(source, paths)
        return torch.randint(low, high, paths.shape[:2], generator=source, device=place).to(paths.device)
    rows = [torch.randint(low, high, paths.shape[1:2], generator=own, device=own.device) for own in source]
    return torch.stack(rows).to(paths.device)


def _place(source: torch.Generator | None, paths: Tensor) -> torch.device:
    return paths.device if source is None else source.device
