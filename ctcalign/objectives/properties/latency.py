"""Low latency: the same text with labels emitted earlier, by removing frames that do not change the text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, check_count, check_paths, valid_frames
from ctcalign.errors import BatchError, ShapeError
from ctcalign.objectives.properties.interface import (
    BatchProperty,
    PropertyContext,
    Source,
    draw_frames,
    draw_numbers,
    register_property,
)


@checked_arguments
def removable(paths: Tensor, lengths: Tensor, blank: int = 0) -> Tensor:
    """Frames that can be removed without changing the text: a blank first frame, and frames equal to the one before.

    Args:
        paths: (B, N, T) ints.  lengths: valid frames, (B,).
    Returns:
        (B, N, T) bool, false in the padding.
    """
    _check(paths, lengths)
    found = torch.zeros(paths.shape, dtype=torch.bool, device=paths.device)
    found[..., :1] = paths[..., :1] == blank
    found[..., 1:] = paths[..., 1:] == paths[..., :-1]
    return found & valid_frames(lengths, paths.shape[2])[:, None, :]


@checked_arguments
def remove_frames(paths: Tensor, removed: Tensor, lengths: Tensor, blank: int = 0) -> Tensor:
    """Delete frames, shift the rest to the left, and append as many blanks at the end of the valid frames.

    Args:
        paths: (B, N, T) ints.  removed: (B, N, T) bool, false in the padding.  lengths: valid frames, (B,).
    Returns:
        (B, N, T); padding is not moved.
    """
    _check(paths, lengths)
    frames = paths.shape[2]
    if removed.shape != paths.shape or removed.dtype != torch.bool:
        raise ShapeError(
            f"removed: expected bool of shape {tuple(paths.shape)}, got {removed.dtype} {tuple(removed.shape)}"
        )
    valid = valid_frames(lengths, frames)[:, None, :]
    place = torch.where(valid, torch.cumsum(~removed, -1) - 1, torch.arange(frames, device=paths.device))
    shifted = paths.new_full((*paths.shape[:2], frames + 1), blank)
    return shifted.scatter_(-1, place.masked_fill(removed, frames), paths)[..., :frames]


def _check(paths: Tensor, lengths: Tensor) -> None:
    """Shapes and types alone: the values have been checked where the paths come from."""
    check_paths("paths", paths)
    if lengths.shape != paths.shape[:1] or lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise ShapeError(
            f"lengths: expected {paths.shape[0]} integer counts, got {lengths.dtype} {tuple(lengths.shape)}"
        )


@register_property("low_latency")
class LowLatency(BatchProperty):
    """Remove k frames that do not change the text, so that all later labels are emitted earlier.

    Text and length are kept, and no label is delayed. A path without such a frame is unchanged, as is one that loses
    only trailing blanks.

    Args:
        k: frames to remove from a path, >= 1; fewer if it has fewer candidates. Drawn without replacement, all equally
            likely.
        random_k: draw a separate number from 1 to k for each path.
        exclude_last: as in the published code, never pick the last candidate; a path with one candidate, for which that
            code fails, uses it.
        pad_mode: "valid": padding is not touched. "full": as in the published code, padding is shifted into the valid
            frames, and repeats in it are candidates.
    Source: Segev et al. 2024, arXiv:2307.01715, f_low_latency.
    """

    def __init__(self, k: int = 1, random_k: bool = False, exclude_last: bool = False, pad_mode: str = "valid") -> None:
        self.k = check_count("k", k)
        self.random_k = random_k
        self.exclude_last = exclude_last
        check_choice("pad_mode", pad_mode, ("valid", "full"))
        self.pad_mode = pad_mode

    def improve_batch(
        self,
        paths: Tensor,
        contexts: Sequence[PropertyContext],
        lengths: Tensor,
        generator: Source = None,
        removal: Tensor | None = None,
    ) -> Tensor:
        """Improved paths (B, N, T).

        Args:
            removal: frames to remove instead of drawing them, (B, N, any number) ints, -1 for none.
        Raises:
            ShapeError, BatchError: removal has another shape, or names a frame that cannot be removed.
        """
        blank = contexts[0].blank
        if any(context.blank != blank for context in contexts):
            raise BatchError("contexts: expected the same blank for all utterances of a batch")
        if self.pad_mode == "full":
            lengths = torch.full_like(lengths, paths.shape[2])
        candidates = removable(paths, lengths, blank)
        removed = self._draw(candidates, lengths, generator) if removal is None else _as_mask(removal, candidates)
        return remove_frames(paths, removed, lengths, blank)

    def __call__(
        self, path: NDArray[np.int64], context: PropertyContext, removal: Sequence[int] | None = None
    ) -> NDArray[np.int64] | None:
        """An improved path (T,), or None. `removal`: the frames to remove instead of drawing them."""
        labels = torch.from_numpy(np.array(path, dtype=np.int64))[None, None]
        lengths = torch.tensor([labels.shape[2]])
        generator = torch.Generator().manual_seed(int(context.rng.integers(2**62)))
        frames = None if removal is None else torch.tensor(list(removal), dtype=torch.int64)[None, None]
        better = self.improve_batch(labels, [context], lengths, generator, frames)
        return None if torch.equal(better, labels) else better[0, 0].numpy()

    def _draw(self, candidates: Tensor, lengths: Tensor, generator: Source) -> Tensor:
        if self.exclude_last:
            last = torch.cumsum(candidates, -1) == candidates.sum(-1, keepdim=True)
            candidates = candidates & (~last | (candidates.sum(-1, keepdim=True) == 1))
        draw = draw_frames(candidates, lengths, generator)
        most = min(self.k, candidates.shape[2])
        ranked, frames = draw.masked_fill_(~candidates, -1).topk(most)
        keep = ranked >= 0
        if self.random_k:
            own = draw_numbers(candidates, 1, self.k + 1, generator)
            keep = keep & (torch.arange(most, device=keep.device) < own[:, :, None])
        return torch.zeros_like(candidates).scatter_(-1, frames, keep)


def _as_mask(removal: Tensor, candidates: Tensor) -> Tensor:
    frames = candidates.shape[2]
    if removal.ndim != 3 or removal.shape[:2] != candidates.shape[:2] or removal.is_floating_point():
        raise ShapeError(
            f"removal: expected ints ({candidates.shape[0]}, {candidates.shape[1]}, any number), got "
            f"{removal.dtype} {tuple(removal.shape)}"
        )
    removal = removal.to(candidates.device).long()
    place = torch.where(removal < 0, torch.full_like(removal, frames), removal.clamp(max=frames))
    removed = torch.zeros((*candidates.shape[:2], frames + 1), dtype=torch.bool, device=candidates.device)
    removed = removed.scatter_(-1, place, True)[..., :frames]
    if (removed & ~candidates).any() or bool((removal >= frames).any()):
        raise BatchError(
            "removal: a frame can be removed only if it equals the one before or is a blank first one; see `removable`"
        )
    return removed
