"""Published ways to make a CTC model emit earlier, to compare Align With Purpose with."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ctcalign.checks import (
    check_choice,
    check_log_probs,
    check_no_nan,
    check_number,
    check_targets,
    counts,
    valid_frames,
)
from ctcalign.ctc import total_score
from ctcalign.objectives.reduction import reduced


def delay_penalty_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    *,
    penalty: float,
    blank: int = 0,
    reduction: str = "mean",
) -> Tensor:
    """CTC loss in which an alignment gains `penalty` for each frame that it begins a label earlier.

    A label that begins in frame t (from 0) adds penalty * (floor(T / 2) - t) to its alignment, T the utterance's own
    frames. The loss may be negative.

    Args:
        log_probs: (B, T, C), natural log, normalised over C.
        targets: labels without blanks, (B, L).  input_lengths, target_lengths: (B,) counts; None means all.
        penalty: >= 0, nats a frame; 0 is the CTC loss.
        reduction: "mean" (of the losses divided by their labels), "batch_mean", "sum" or "none". An utterance without
            any alignment counts 0; with "none" it is inf. No gradient flows from it.
    Raises:
        ShapeError: the shapes do not fit.  BatchError: empty batch, NaN, a length or label out of range.
        UsageError: the penalty is negative or not finite, or an unknown reduction.
    Source: Yao et al. 2023, Delay-penalized CTC implemented based on finite state transducer, arXiv:2305.11539, as k2's
        ctc_loss(delay_penalty=) has it.
    """
    check_number("penalty", penalty)
    frames, tokens = _checked(log_probs, targets, input_lengths, target_lengths, blank)
    time = torch.arange(log_probs.shape[1], device=log_probs.device)
    bonus = penalty * ((frames // 2)[:, None] - time).double()
    scores = total_score(log_probs, targets, frames, tokens, blank, emission_bonus=bonus)
    return reduced(-scores, tokens, reduction)


def fastemit_ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    *,
    scale: float,
    blank: int = 0,
    reduction: str = "mean",
) -> Tensor:
    """CTC loss whose gradient through labels, but not through the blank, is 1 + `scale` times as large.

    The value is that of the CTC loss: only the gradient differs. It draws probability from the blank to the labels, so
    that they win earlier.

    Args: those of `delay_penalty_loss`, with
        scale: >= 0, no unit; 0 is the CTC loss.
    Source: after Yu et al. 2021, FastEmit, arXiv:2010.11148, which is made for transducers; there as here the gradient
        of emitting labels is scaled.
    """
    check_number("scale", scale)
    frames, tokens = _checked(log_probs, targets, input_lengths, target_lengths, blank)
    factor = log_probs.new_full((log_probs.shape[2],), 1 + scale)
    factor[blank] = 1
    scores = total_score(_ScaledGradient.apply(log_probs, factor), targets, frames, tokens, blank)
    return reduced(-scores, tokens, reduction)


def peak_first_loss(
    log_probs: Tensor,
    input_lengths: Tensor | None = None,
    *,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Divergence of each frame from the one after it, which it is to become: what the model says moves to the left.

    Mean over the frames but the last of KL(next frame || frame); no gradient flows to the next frame's side.

    Args:
        log_probs: (B, T, C), natural log, normalised over C.  input_lengths: (B,) counts; None means all T.
        temperature: > 0, both sides are flattened by it.
        reduction: "mean" over the utterances, "sum" or "none". An utterance of one frame counts 0.
    Raises:
        ShapeError, BatchError, UsageError: as `delay_penalty_loss`.
    Source: Tian et al. 2022, Peak-First CTC, arXiv:2211.03284.
    """
    check_number("temperature", temperature, positive=True)
    check_choice("reduction", reduction, ("mean", "sum", "none"))
    check_log_probs(log_probs)
    frames = counts("input_lengths", input_lengths, log_probs.shape[0], log_probs.shape[1], log_probs.device)
    valid = valid_frames(frames, log_probs.shape[1])
    check_no_nan(log_probs, valid)
    wide = log_probs.float() if log_probs.dtype in (torch.float16, torch.bfloat16) else log_probs
    wide = wide.masked_fill(~valid[:, :, None], 0)  # padding may hold anything
    if temperature != 1:
        wide = (wide / temperature).log_softmax(-1)
    following = wide[:, 1:].detach()
    # A label that the next frame rules out adds nothing: 0 * -inf would be NaN.
    gap = torch.where(following > -torch.inf, following - wide[:, :-1], torch.zeros_like(following))
    divergence = (following.exp() * gap).sum(-1).masked_fill(~valid[:, 1:], 0)
    losses = divergence.sum(1) / (frames - 1).clamp(min=1)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


class _ScaledGradient(torch.autograd.Function):
    """The same values; gradients of the classes times a factor (C,)."""

    @staticmethod
    def forward(ctx: Any, log_probs: Tensor, factor: Tensor) -> Tensor:
        ctx.save_for_backward(factor)
        return log_probs.view_as(log_probs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (factor,) = ctx.saved_tensors
        return gradient * factor, None


def _checked(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor | None, target_lengths: Tensor | None, blank: int
) -> tuple[Tensor, Tensor]:
    """Lengths (B,) of frames and labels; `total_score` checks the rest."""
    check_log_probs(log_probs)
    batch, frames, classes = log_probs.shape
    lengths = counts("input_lengths", input_lengths, batch, frames, log_probs.device)
    tokens = check_targets(targets, target_lengths, classes, blank, batch)
    check_no_nan(log_probs, valid_frames(lengths, frames))
    return lengths, tokens
