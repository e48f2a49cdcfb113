"""Alignments of a transcript drawn from their exact posterior."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.ctc import trellis_kernels, trellis_tensors
from ctcalign.ctc.batch_inputs import checked
from ctcalign.ctc.free_sampling import check_number_of_paths, uniform
from ctcalign.ctc.trellis import build_trellis, emission_array


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
            is an exact sample, and together they cover the posterior more evenly than independent ones.
    Returns:
        (B, n, T) int64 on the device of log_probs; frames beyond input_lengths hold the blank, utterances without any
        alignment -1 throughout. No gradient: gather their scores with `path_log_probs`.
    Raises:
        ShapeError, UsageError: see `total_score`; n < 1.
    """
    check_number_of_paths(n)
    batch = checked(log_probs.detach(), targets, input_lengths, target_lengths, blank, topology)
    trellis = build_trellis(batch)
    rows, frames, _ = batch.log_probs.shape
    wide = torch.float32 if batch.log_probs.device.type == "mps" else torch.float64
    uniforms = uniform((rows, n, frames), batch.log_probs.new_empty(0, dtype=wide), generator)
    if batch.log_probs.device.type != "cpu":
        return trellis_tensors.draw_alignments(batch.log_probs, trellis, systematic, uniforms, blank)
    paths = torch.full((rows, n, frames), blank, dtype=torch.int64)
    trellis_kernels.draw_alignments(
        emission_array(batch.log_probs),
        trellis.frames,
        trellis.labels,
        trellis.states,
        trellis.skips,
        systematic,
        uniforms.numpy(),
        paths.numpy(),
    )
    return paths
