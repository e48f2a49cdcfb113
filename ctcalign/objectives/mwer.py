"""Minimum word error rate: the errors that a model expects to make, over the texts that it finds most likely."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_choice, check_log_probs, check_number, counts, valid_frames
from ctcalign.ctc import total_score
from ctcalign.errors import BatchError, ShapeError

REDUCTIONS = ("mean", "sum", "none")


def mwer_loss(
    log_probs: Tensor,
    hypotheses: Tensor,
    hypothesis_lengths: Tensor,
    errors: Tensor,
    input_lengths: Tensor | None = None,
    *,
    blank: int = 0,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Expected errors over distinct texts, each with the sum over all of its alignments for a score.

    Args:
        log_probs: (B, T, C), natural log, normalised over C.
        hypotheses: labels without blanks, (B, H, U).  hypothesis_lengths: (B, H) counts, -1 for none. A text that comes
            again, and one that needs more frames than there are, does not count.
        errors: of each hypothesis, (B, H), >= 0; see `text_errors`.
        input_lengths: (B,) counts; None means all T.
        temperature, reduction: see `expected_errors`.
    Raises:
        ShapeError: the shapes do not fit.  BatchError: empty batch, a length or label out of range.
        UsageError: NaN in log_probs, or a wrong option.
    Source: Prabhavalkar et al. 2018, arXiv:1712.01818, without its baseline, which changes no gradient. k2's mwer_loss
        scores a text by one sampled alignment instead.
    """
    check_log_probs(log_probs)
    batch, frames, _ = log_probs.shape
    if hypotheses.ndim != 3 or hypotheses.shape[0] != batch or hypotheses.is_floating_point():
        raise ShapeError(f"hypotheses: expected ints ({batch}, H, U), got {hypotheses.dtype} {tuple(hypotheses.shape)}")
    if not hypotheses.shape[1]:
        raise BatchError("hypotheses: there is none; search for at least one text of each utterance")
    for name, tensor in (("hypothesis_lengths", hypothesis_lengths), ("errors", errors)):
        if tensor.shape != hypotheses.shape[:2]:
            raise ShapeError(f"{name}: expected {tuple(hypotheses.shape[:2])}, got {tuple(tensor.shape)}")
    lengths = counts("input_lengths", input_lengths, batch, frames, log_probs.device)
    device = log_probs.device
    texts, tokens = hypotheses.to(device).long(), hypothesis_lengths.to(device).long()
    utterance, place = _distinct(texts, tokens).nonzero(as_tuple=True)
    if not len(utterance):
        raise BatchError("hypothesis_lengths: all are -1; search for at least one text of each utterance")
    found = total_score(
        log_probs.index_select(0, utterance),
        texts[utterance, place],
        lengths[utterance],
        tokens[utterance, place],
        blank,
    )
    scores = found.new_full(tokens.shape, -torch.inf).index_put((utterance, place), found)
    return expected_errors(scores, errors.to(device), temperature=temperature, reduction=reduction)


def expected_errors(scores: Tensor, errors: Tensor, *, temperature: float = 1.0, reduction: str = "mean") -> Tensor:
    """Sum over hypotheses of their share in the scores times their errors.

    Args:
        scores: log-probability of each hypothesis, nats, (B, H); -inf where there is none.
        errors: (B, H), >= 0.
        temperature: > 0; above 1 the shares become more equal.
        reduction: "mean" over the utterances, "sum", or "none": (B,). An utterance without hypotheses counts 0.
    Raises:
        ShapeError: the shapes differ.  BatchError: NaN.  UsageError: a wrong option.
    """
    check_number("temperature", temperature, positive=True)
    check_choice("reduction", reduction, REDUCTIONS)
    if scores.ndim != 2 or scores.shape != errors.shape or not scores.numel():
        raise ShapeError(
            f"scores, errors: expected one (B, H) with B, H > 0, got {tuple(scores.shape)}, {tuple(errors.shape)}"
        )
    if torch.isnan(scores).any() or (scores == torch.inf).any() or not bool((errors >= 0).all()):
        raise BatchError("scores, errors: expected log-probabilities and errors >= 0, got NaN, +inf or less than 0")
    known = scores > -torch.inf
    # A row without any would be NaN, in its gradient too: it gets one score of 0, and no share of it.
    safe = torch.where(known.any(1, keepdim=True), scores, torch.zeros_like(scores))
    shares = torch.where(known, (safe / temperature).softmax(1), torch.zeros_like(safe))
    losses = (shares * errors).sum(1)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def _distinct(texts: Tensor, lengths: Tensor) -> Tensor:
    """The first of equal texts (B, H, U), (B, H) bool; false where there is none."""
    inside = valid_frames(lengths.reshape(-1), texts.shape[2]).view(texts.shape)
    plain = texts.masked_fill(~inside, -1)
    equal = (plain[:, :, None] == plain[:, None]).all(-1) & (lengths[:, :, None] == lengths[:, None])
    return ~equal.tril(-1).any(-1) & (lengths >= 0)
