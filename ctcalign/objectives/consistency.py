"""Consistency between two views of an utterance: a model learns to say the same of both."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_log_probs, check_result, checked_lengths, valid_frames
from ctcalign.errors import ShapeError


@checked_arguments
def consistency_loss(
    first: Tensor,
    second: Tensor,
    lengths: Tensor | None,
    target_lengths: Tensor,
) -> Tensor:
    """Divergence between the posteriors of two views of the same speech, per label of the transcript.

    sum over the valid frames of (KL(sg(second) || first) + KL(sg(first) || second)) / 2, over the number of labels

    sg stops the gradient: each view is the teacher of the other one. The CTC loss of an utterance is divided by the
    number of its labels as well.

    Args:
        first, second: (B, T, C), natural log, normalised over C, of the same frames.
        lengths: valid frames, (B,) counts; None means all T.
        target_lengths: labels of the transcripts, (B,) counts <= T; 0 counts as 1.
    Returns:
        Loss, (B,), in nats per label, >= 0.
    Raises:
        ShapeError, BatchError: the shapes do not agree, or the loss is NaN.
    Source: Yao et al. 2025, CR-CTC: Consistency regularization on CTC for improved speech recognition,
        arXiv:2410.05101, equation 4, where both losses are sums over the utterance.
    """
    check_log_probs(first)
    if second.shape != first.shape:
        raise ShapeError(f"second: expected the shape {tuple(first.shape)} of first, got {tuple(second.shape)}")
    batch, most, _ = first.shape
    frames = checked_lengths("lengths", lengths, batch, most, first.device)
    labels = checked_lengths("target_lengths", target_lengths, batch, most, first.device)
    padding = ~valid_frames(frames, most)[:, :, None]
    one, other = (_wide(view).masked_fill(padding, 0) for view in (first, second))  # padding may hold anything
    losses = (_divergence(other.detach(), one) + _divergence(one.detach(), other)) / (2 * labels.clamp(min=1))
    check_result("consistency loss", losses)
    return losses


def _wide(log_probs: Tensor) -> Tensor:
    return log_probs.float() if log_probs.dtype in (torch.float16, torch.bfloat16) else log_probs


def _divergence(goal: Tensor, found: Tensor) -> Tensor:
    """KL(goal || found) of log-probabilities (B, T, C), summed over frames, (B,)."""
    probs = goal.exp()
    # A label of probability 0 contributes 0; computed, 0 * -inf would be NaN.
    gap = (goal - found).masked_fill(probs == 0, 0)
    return (probs * gap).sum((1, 2))
