"""Paths drawn from an emission, each frame by itself: exact samples of all alignments of all texts."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ctcalign.ctc.batch_inputs import checked_emissions
from ctcalign.errors import UsageError


def sample_paths(
    log_probs: Tensor,
    n: int,
    input_lengths: Tensor | None = None,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
) -> Tensor:
    """Draw n paths of each utterance from its frame posteriors.

    Args:
        log_probs: (B, T, C), natural log; rows need not be normalised.
        n: paths, >= 1.
        input_lengths: valid frames, (B,) counts; None means all T. Frames beyond hold some label or other.
        generator: source of randomness; None is torch's own. Of any device.
        temperature: > 0; above 1 flatter, below 1 sharper.
    Returns:
        (B, n, T) int64 on the device of log_probs.
    Raises:
        ShapeError, UsageError: see `total_score`; n < 1, or a temperature that is not above 0.
    Source: spec of Align With Purpose, arXiv:2307.01715: independent draws from each frame's softmax, with replacement.
    """
    check_number_of_paths(n)
    if not (math.isfinite(temperature) and temperature > 0):
        raise UsageError(f"temperature: got {temperature}, expected a finite number > 0")
    scores, _ = checked_emissions(log_probs.detach(), input_lengths)
    if temperature != 1:
        scores = scores / temperature
    weights = (scores - scores.amax(-1, keepdim=True)).exp_()
    edges = weights.cumsum(-1)
    # In (0, 1]: the first label whose edge reaches the draw is never one of probability zero.
    draws = 1 - uniform((*scores.shape[:2], n), scores, generator)
    found = torch.searchsorted(edges, draws.mul_(edges[..., -1:]))
    return found.clamp_(max=scores.shape[2] - 1).transpose(1, 2)


def uniform(shape: tuple[int, ...], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Numbers in [0, 1) of the type and on the device of `like`, whatever the device of the generator."""
    device = like.device if generator is None else generator.device
    return torch.rand(shape, generator=generator, dtype=like.dtype, device=device).to(like.device)


def check_number_of_paths(n: int) -> None:
    """n must be a whole number of at least 1."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise UsageError(f"n: got {n!r}, expected a whole number of paths, at least 1")
