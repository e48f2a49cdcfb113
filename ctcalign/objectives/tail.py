"""TrimTail: in training the end of the input is missing now and then, so the model learns not to wait."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_count, counts
from ctcalign.errors import ShapeError


def trim_tail(
    features: Tensor, lengths: Tensor, most: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Cut frames off the end of each utterance; the transcript stays.

    Args:
        features: (B, T, F).  lengths: valid frames, (B,) counts.
        most: frames to cut, >= 1; each utterance draws its own number from 1 to that. One that would lose half of its
            frames or more is left whole.
        generator: source of randomness; None is torch's own.
    Returns:
        Features (B, T', F) with T' the longest that is left, zeros beyond the lengths; lengths (B,).
    Raises:
        ShapeError: the shapes do not fit.  BatchError: a length is out of range.  UsageError: most < 1.
    Source: Song et al. 2022, TrimTail, arXiv:2211.00522. The transcript may no longer fit into what is left: that is
        for the caller to find, who knows how the model shortens its input.
    """
    check_count("most", most)
    if features.ndim != 3:
        raise ShapeError(f"features: expected (B, T, F), got {tuple(features.shape)}")
    batch, frames, _ = features.shape
    own = counts("lengths", lengths, batch, frames, features.device)
    place = features.device if generator is None else generator.device
    cut = torch.randint(1, most + 1, (batch,), generator=generator, device=place).to(features.device)
    left = torch.where(2 * cut < own, own - cut, own)
    longest = int(left.max()) if batch else 0
    beyond = torch.arange(longest, device=features.device)[None, :] >= left[:, None]
    return features[:, :longest].masked_fill(beyond[:, :, None], 0), left.to(lengths)
