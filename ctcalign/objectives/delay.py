"""Published methods that make a CTC model emit earlier: delay penalty, FastEmit, Peak-First CTC, TrimTail.

They are the baselines of Align With Purpose.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import (
    check_choice,
    check_count,
    check_log_probs,
    check_no_nan,
    check_number,
    check_result,
    check_utterances,
    checked_lengths,
    valid_frames,
)
from ctcalign.ctc import total_score
from ctcalign.errors import ShapeError

REDUCTIONS = ("mean", "batch_mean", "sum", "none")


@checked_arguments
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
    """CTC loss in which the score of an alignment grows by `penalty` for each frame that a label begins earlier.

    A label that begins in frame t (from 0) adds penalty * (floor(T / 2) - t) to the score of its alignment, where T is
    the number of frames of the utterance. The loss may be negative.

    Args:
        log_probs: (B, T, C), natural log, normalised over C.
        targets: labels without blanks, (B, L).  input_lengths, target_lengths: (B,) counts; None means all.
        penalty: >= 0, nats per frame; 0 is the CTC loss.
        reduction: "mean" (of the losses divided by their number of labels), "batch_mean", "sum" or "none". An utterance
            without an alignment counts as 0, or is inf with "none". No gradient flows from it.
    Raises:
        ShapeError: shapes do not agree.  BatchError: empty batch, NaN, a length or label out of range.
        UsageError: the penalty is negative or not finite, or an unknown reduction.
    Source: Yao et al. 2023, Delay-penalized CTC implemented based on finite state transducer, arXiv:2305.11539, in the
        form of k2's ctc_loss(delay_penalty=).
    """
    check_number("penalty", penalty)
    frames, tokens = check_utterances(log_probs, targets, input_lengths, target_lengths, blank)
    time = torch.arange(log_probs.shape[1], device=log_probs.device)
    bonus = penalty * ((frames // 2)[:, None] - time).double()
    scores = total_score(log_probs, targets, frames, tokens, blank, emission_bonus=bonus)
    return reduced(-scores, tokens, reduction)


@checked_arguments
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
    """CTC loss whose gradient through labels, but not through the blank, is scaled by 1 + `scale`.

    The value is that of the CTC loss; only the gradient differs. It moves probability from the blank to the labels, so
    that labels are emitted earlier.

    Args: those of `delay_penalty_loss`, with
        scale: >= 0 and < 1e30, no unit; 0 is the CTC loss.
    Source: after Yu et al. 2021, FastEmit, arXiv:2010.11148, which is defined for transducers; in both, the gradient of
        emitting labels is scaled.
    """
    check_number("scale", scale, below=1e30)
    frames, tokens = check_utterances(log_probs, targets, input_lengths, target_lengths, blank)
    factor = log_probs.new_full((log_probs.shape[2],), 1 + scale)
    factor[blank] = 1
    scores = total_score(_ScaledGradient.apply(log_probs, factor), targets, frames, tokens, blank)
    return reduced(-scores, tokens, reduction)


@checked_arguments
def peak_first_loss(
    log_probs: Tensor,
    input_lengths: Tensor | None = None,
    *,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """KL divergence between each frame and the next one, which moves the output of the model to the left.

    Mean of KL(next frame || frame) over all frames but the last. No gradient flows to the next frame.

    Args:
        log_probs: (B, T, C), natural log, normalised over C.  input_lengths: (B,) counts; None means all T.
        temperature: > 0, applied to both frames.
        reduction: "mean" over the utterances, "sum" or "none". An utterance of one frame counts as 0.
    Raises:
        ShapeError, BatchError, UsageError: as `delay_penalty_loss`.
    Source: Tian et al. 2022, Peak-First CTC, arXiv:2211.03284.
    """
    check_number("temperature", temperature, positive=True)
    check_choice("reduction", reduction, ("mean", "sum", "none"))
    check_log_probs(log_probs)
    frames = checked_lengths("input_lengths", input_lengths, log_probs.shape[0], log_probs.shape[1], log_probs.device)
    valid = valid_frames(frames, log_probs.shape[1])
    check_no_nan(log_probs, frames)
    wide = log_probs.float() if log_probs.dtype in (torch.float16, torch.bfloat16) else log_probs
    wide = wide.masked_fill(~valid[:, :, None], 0)  # padding may hold anything
    if temperature != 1:
        wide = (wide / temperature).log_softmax(-1)
    following = wide[:, 1:].detach()
    # A label of probability 0 in the next frame contributes 0; computed, 0 * -inf would be NaN.
    gap = torch.where(following > -torch.inf, following - wide[:, :-1], torch.zeros_like(following))
    divergence = (following.exp() * gap).sum(-1).masked_fill(~valid[:, 1:], 0)
    losses = divergence.sum(1) / (frames - 1).clamp(min=1)
    check_result("peak-first loss", losses)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


@checked_arguments
def trim_tail(
    features: Tensor, lengths: Tensor, most: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """TrimTail: cut frames off the end of each utterance and keep the transcript.

    Args:
        features: (B, T, F).  lengths: valid frames, (B,) counts.
        most: largest number of frames to cut, >= 1; each utterance draws its own number from 1 to `most`. An utterance
            that would lose half of its frames or more is not cut.
        generator: source of randomness; None is torch's global generator.
    Returns:
        Features (B, T', F), where T' is the largest remaining length, with zeros beyond the lengths; lengths (B,).
    Raises:
        ShapeError: shapes do not agree.  BatchError: a length is out of range.  UsageError: most < 1.
    Source: Song et al. 2022, TrimTail, arXiv:2211.00522. The transcript may no longer fit into the remaining frames;
        the caller must check, since that depends on the subsampling of the model.
    """
    check_count("most", most)
    if features.ndim != 3:
        raise ShapeError(f"features: expected (B, T, F), got {tuple(features.shape)}")
    batch, frames, _ = features.shape
    own = checked_lengths("lengths", lengths, batch, frames, features.device)
    place = features.device if generator is None else generator.device
    cut = torch.randint(1, most + 1, (batch,), generator=generator, device=place).to(features.device)
    left = torch.where(2 * cut < own, own - cut, own)
    longest = int(left.max()) if batch else 0
    beyond = torch.arange(longest, device=features.device)[None, :] >= left[:, None]
    return features[:, :longest].masked_fill(beyond[:, :, None], 0), left.to(lengths)


def reduced(losses: Tensor, target_lengths: Tensor, reduction: str) -> Tensor:
    """Reduce the losses of utterances to the loss of a batch.

    An infinite loss, of an utterance without an alignment, counts as 0 except with "none".

    Args:
        losses: (B,).  target_lengths: labels of each utterance, (B,) counts.
        reduction: "mean": each loss divided by its number of labels (at least 1), then the mean over the batch, as in
            torch's ctc_loss. "batch_mean": the sum divided by B. "sum". "none": (B,), unchanged.
    """
    check_choice("reduction", reduction, REDUCTIONS)
    if reduction == "none":
        return losses
    losses = torch.where(torch.isfinite(losses), losses, torch.zeros_like(losses))
    if reduction == "mean":
        losses = losses / target_lengths.to(losses.device).clamp(min=1)
    return losses.sum() if reduction == "sum" else losses.mean()


class _ScaledGradient(torch.autograd.Function):
    """Identity whose gradient is multiplied by a factor per class, (C,)."""

    @staticmethod
    def forward(ctx: Any, log_probs: Tensor, factor: Tensor) -> Tensor:
        ctx.save_for_backward(factor)
        return log_probs.view_as(log_probs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (factor,) = ctx.saved_tensors
        return gradient * factor, None
