"""Sums over all alignments of a transcript: CTC log-likelihood, occupancies, feasibility."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.ctc.batch_inputs import Utterances, checked, checked_targets
from ctcalign.ctc.sums import kernels as trellis_kernels
from ctcalign.ctc.sums import tensors as trellis_tensors
from ctcalign.ctc.sums.trellis import bonus_array, build_trellis, emission_array
from ctcalign.errors import ShapeError


@checked_arguments
def total_score(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
    *,
    topology: str = "standard",
    emission_bonus: Tensor | None = None,
) -> Tensor:
    """Log-probability of each transcript: the log-sum over its alignments. Minus the CTC loss.

    Differentiable in log_probs; the gradient is the occupancy. Sums are computed in float64.

    Args:
        log_probs: (B, T, C), natural log, any floating type; -inf is allowed. Rows need not be normalised.
        targets: labels without blanks, (B, L) ints; values beyond target_lengths are ignored.
        input_lengths: valid frames of each utterance, (B,) counts; None means all T.
        target_lengths: tokens of each utterance, (B,) counts; None means all L. 0 is the empty transcript.
        blank: label of the blank, anywhere in [0, C).
        topology: "standard", or "modified": equal neighbours may follow each other without a blank; every way to cut a
            run of frames between them counts.
        emission_bonus: nats added to a path in each frame in which it begins a token, (B, T); not differentiated.
    Returns:
        (B,), -inf where no alignment exists (with zero gradient); float64 for float64, else float32.
    Raises:
        ShapeError: the shapes do not fit.
        UsageError: a length or label out of range, the blank among the targets, NaN or +inf in a valid frame.
    Source: Graves et al. 2006, Connectionist Temporal Classification, section 4.
    """
    batch = checked(log_probs, targets, input_lengths, target_lengths, blank, topology)
    _check_bonus(emission_bonus, batch)
    if torch.is_grad_enabled() and batch.log_probs.requires_grad:
        scores: Tensor = _TotalScore.apply(batch.log_probs, batch, emission_bonus)
        return scores
    return _totals(batch, emission_bonus, None)


@checked_arguments
def occupancy(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
    *,
    topology: str = "standard",
    emission_bonus: Tensor | None = None,
) -> Tensor:
    """Posterior of each label at each frame, given the transcript.

    Args: those of `total_score`.
    Returns:
        (B, T, C), rows of valid frames sum to 1; 0 in the padding and where no alignment exists. No gradient.
    """
    batch = checked(log_probs, targets, input_lengths, target_lengths, blank, topology)
    _check_bonus(emission_bonus, batch)
    found = batch.log_probs.new_zeros(batch.log_probs.shape)
    _totals(batch, emission_bonus, found)
    return found


@checked_arguments
def feasible(
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor | None = None,
    *,
    topology: str = "standard",
) -> Tensor:
    """Whether there are enough frames: one per token, and (standard topology) one for a blank between equal neighbours.

    Args:
        targets: (B, L) ints.  input_lengths: (B,) counts.  target_lengths: (B,) counts, None means all L.
    Returns:
        (B,) bool on the CPU.
    """
    rows = torch.as_tensor(input_lengths).shape[0] if torch.as_tensor(input_lengths).ndim == 1 else -1
    labels, tokens = checked_targets(targets, target_lengths, rows, topology)
    needed = []
    for row, count in zip(labels, tokens, strict=True):
        equal = int((row[1:count] == row[: max(0, count - 1)]).sum()) if topology == "standard" else 0
        needed.append(count + equal)
    return torch.as_tensor(input_lengths).cpu() >= torch.tensor(needed)


class _TotalScore(torch.autograd.Function):
    """The forward pass computes the occupancies as well; the backward pass only scales them."""

    @staticmethod
    def forward(ctx: Any, log_probs: Tensor, batch: Utterances, bonus: Tensor | None) -> Tensor:
        occupancies = log_probs.new_zeros(log_probs.shape)
        scores = _totals(batch, bonus, occupancies)
        ctx.save_for_backward(occupancies, torch.isfinite(scores))
        return scores

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        occupancies, possible = ctx.saved_tensors
        # The gradient of an impossible utterance may be NaN (derivative of 0 times infinity): it is dropped here.
        gradient = torch.where(possible, gradient, torch.zeros_like(gradient))
        return occupancies * gradient[:, None, None], None, None


def _totals(batch: Utterances, bonus: Tensor | None, occupancies: Tensor | None) -> Tensor:
    """Scores (B,); occupancies are written into the given tensor."""
    log_probs, trellis = batch.log_probs, build_trellis(batch)
    if log_probs.device.type != "cpu":
        return trellis_tensors.totals(log_probs.detach(), trellis, bonus, occupancies)
    scores = np.empty(len(batch.frames))
    emissions, bonuses = emission_array(log_probs), bonus_array(bonus, batch)
    if occupancies is None:
        trellis_kernels.totals(emissions, trellis, bonuses, scores)
    else:
        trellis_kernels.totals_and_occupancies(emissions, trellis, bonuses, scores, occupancies.numpy())
    return torch.from_numpy(scores).to(log_probs.dtype)


def _check_bonus(bonus: Tensor | None, batch: Utterances) -> None:
    if bonus is not None and bonus.shape != batch.log_probs.shape[:2]:
        raise ShapeError(f"emission_bonus: expected shape {tuple(batch.log_probs.shape[:2])}, got {tuple(bonus.shape)}")
