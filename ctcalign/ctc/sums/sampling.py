"""Exact samples: alignments of a transcript from their posterior, and paths of any text from frame posteriors."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_count, check_number
from ctcalign.ctc.batch_inputs import checked, checked_emissions
from ctcalign.ctc.sums import kernels as trellis_kernels
from ctcalign.ctc.sums import tensors as trellis_tensors
from ctcalign.ctc.sums.trellis import build_trellis, emission_array


@checked_arguments
def sample_alignments(
    log_probs: Tensor,
    targets: Tensor,
    n: int,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
    *,
    topology: str = "standard",
    generator: torch.Generator | None = None,
    systematic: bool = False,
) -> Tensor:
    """Draw n alignments of each transcript by forward filtering and backward sampling.

    Args:
        log_probs, targets, input_lengths, target_lengths, blank, topology: see `total_score`.
        n: alignments, >= 1.
        generator: source of randomness; None is torch's own.
        systematic: one random offset an utterance, alignment i takes quantile (i + offset) / n of the posterior: each
            is an exact sample, and together they cover the posterior more evenly than independent samples.
    Returns:
        (B, n, T) int64 on the device of log_probs; frames beyond input_lengths hold the blank, utterances without any
        alignment -1 throughout. No gradient: gather their scores with `path_log_probs`.
    Raises:
        ShapeError, UsageError: see `total_score`; n < 1.
    """
    check_count("n", n)
    batch = checked(log_probs.detach(), targets, input_lengths, target_lengths, blank, topology)
    trellis = build_trellis(batch)
    rows, frames, _ = batch.log_probs.shape
    wide = torch.float32 if batch.log_probs.device.type == "mps" else torch.float64
    uniforms = uniform((rows, n, frames), batch.log_probs.new_empty(0, dtype=wide), generator)
    if batch.log_probs.device.type != "cpu":
        return trellis_tensors.draw_alignments(batch.log_probs, trellis, systematic, uniforms, blank)
    paths = torch.full((rows, n, frames), blank, dtype=torch.int64)
    trellis_kernels.draw_alignments(
        emission_array(batch.log_probs), trellis, systematic, uniforms.numpy(), paths.numpy()
    )
    return paths


@checked_arguments
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
        input_lengths: valid frames, (B,) counts; None means all T. Labels of later frames are arbitrary.
        generator: source of randomness, on any device; None is torch's own.
        temperature: > 0; above 1 flatter, below 1 sharper.
    Returns:
        (B, n, T) int64 on the device of log_probs.
    Raises:
        ShapeError, UsageError: see `total_score`; n < 1, or a temperature that is not above 0.
    Source: spec of Align With Purpose, arXiv:2307.01715: independent draws from each frame's softmax, with replacement.
    """
    check_count("n", n)
    check_number("temperature", temperature, positive=True)
    scores, _ = checked_emissions(log_probs.detach(), input_lengths)
    if temperature != 1:
        scores = scores / temperature
    weights = (scores - scores.amax(-1, keepdim=True)).exp_()
    edges = weights.cumsum(-1)
    # In (0, 1]: the first label whose edge reaches the draw never has probability zero.
    draws = 1 - uniform((*scores.shape[:2], n), scores, generator)
    found = torch.searchsorted(edges, draws.mul_(edges[..., -1:]))
    return found.clamp_(max=scores.shape[2] - 1).transpose(1, 2)


def uniform(shape: tuple[int, ...], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Uniform numbers in [0, 1) with the type and device of `like`, whatever the device of the generator."""
    device = like.device if generator is None else generator.device
    return torch.rand(shape, generator=generator, dtype=like.dtype, device=device).to(like.device)
