"""From a text language model to the losses: logits and labels become log-probs of tokens, and what losses ask beyond
them, without a second copy of the logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import ShapeError
from ctcalign.preference.checks import BatchError, check_mask
from ctcalign.preference.vocabulary_chunks import CHUNK_NUMBERS, TokenStatistics, chunks, widened

IGNORED = -100  # label of a token that is not scored, as in Hugging Face's models


@dataclass(frozen=True)
class TokenScores:
    """What the losses take, for one batch of responses. All (B, L), 0 where masked, float32 (float64 of float64).

    Attributes:
        log_probs: log-prob of each token, in nats.
        mask: True where a token is scored.
        kl: KL(reference || policy) over the vocabulary at the position that predicts each token, in nats; None unless
            there is a reference.
        log_collision: log of the sum of squared probabilities there, without gradient; None unless asked for.
    """

    log_probs: Tensor
    mask: Tensor
    kl: Tensor | None = None
    log_collision: Tensor | None = None


def lm_token_scores(
    logits: Tensor,
    labels: Tensor,
    mask: Tensor | None = None,
    *,
    reference_logits: Tensor | None = None,
    log_collision: bool = False,
    shift: bool = True,
    chunk_numbers: int = CHUNK_NUMBERS,
) -> TokenScores:
    """Score the tokens of a batch under a language model.

    Memory: beyond the arguments a few chunks of `chunk_numbers` floats, and in the backward pass the gradient of the
    logits, in their dtype. Never a float32 copy of the logits, nor their softmax.

    Args:
        logits: scores of the next token, not normalised, any floating dtype. Shape (B, P, V). A row that is masked may
            hold anything.
        labels: tokens, -100 where one is not scored. Shape (B, P).
        mask: True or 1 where a token is scored, in the places of `labels`. Shape (B, P). None: all labels but -100.
        reference_logits: the same of the reference model, for `kl`. Shape (B, P, V). No gradient flows to it.
        log_collision: give `log_collision` too (WPO).
        shift: True: the logits at position i predict the label at i + 1, as causal models give them; L = P - 1, the
            first label and the last logits are not used. False: the label at i; L = P.
        chunk_numbers: floats of a chunk, > 0; the default is 16 MB of float32.
    Returns:
        The scores. Differentiable once, with respect to the logits.
    Raises:
        ShapeError: shapes do not agree.  BatchError: a scored label that is no token, or a mask of other values.
        UsageError: chunk_numbers is not positive.
    """
    check_number("chunk_numbers", chunk_numbers, positive=True)
    tokens, kept = _scored("logits", logits, labels, mask, shift)
    if reference_logits is not None:
        _check_like("reference_logits", reference_logits, logits)
        reference_logits = reference_logits.detach()
    # The whole logits go in: a slice of them would make autograd allocate their gradient a second time.
    log_probs, kl, squares = cast(
        "tuple[Tensor, Tensor, Tensor]",
        TokenStatistics.apply(logits, reference_logits, tokens, kept, int(chunk_numbers), log_collision),
    )
    return TokenScores(log_probs, kept, None if reference_logits is None else kl, squares if log_collision else None)


def critical_token_scores(
    positive_logits: Tensor,
    negative_logits: Tensor,
    labels: Tensor,
    mask: Tensor | None = None,
    *,
    strength: float = 1.0,
    shift: bool = True,
    chunk_numbers: int = CHUNK_NUMBERS,
) -> Tensor:
    """Scores of tokens for critical-token DPO: softmax((1 + strength) * positive - strength * negative) at the token.

    Args:
        positive_logits: logits, or log-probs, of a model that learnt from good responses. Shape (B, P, V).
        negative_logits: of one that learnt from bad responses. Shape (B, P, V).
        labels: tokens, -100 where one is not scored. Shape (B, P).
        mask: as in `lm_token_scores`.
        strength: of the contrast, >= 0.
        shift: as in `lm_token_scores`.
        chunk_numbers: floats of a chunk.
    Returns:
        Scores in [0, 1], (B, L), without gradient, 0 where masked; low where a token led the response astray.
    Raises:
        ShapeError, BatchError, UsageError: as `lm_token_scores`.
    Source: Lin et al. 2024, arXiv:2411.19943. Differs from the released code: it gives the last token 1 or 0.
    """
    check_number("strength", strength)
    check_number("chunk_numbers", chunk_numbers, positive=True)
    tokens, kept = _scored("positive_logits", positive_logits, labels, mask, shift)
    _check_like("negative_logits", negative_logits, positive_logits)
    with torch.no_grad():
        first = widened(positive_logits[:1, :1], kept[:1, :1])
        scores = torch.zeros(kept.shape, dtype=first.dtype, device=first.device)
        for part in chunks(kept.shape, positive_logits.shape[-1], int(chunk_numbers)):
            good, bad = widened(positive_logits[part], kept[part]), widened(negative_logits[part], kept[part])
            # A token that both rule out stays ruled out: -inf + inf would be NaN.
            contrast = ((1.0 + strength) * good - strength * bad).masked_fill(good == float("-inf"), float("-inf"))
            scores[part] = contrast.log_softmax(-1).gather(-1, tokens[part][..., None])[..., 0].exp()
        return scores.masked_fill_(~kept, 0.0)


def _scored(name: str, logits: Tensor, labels: Tensor, mask: Tensor | None, shift: bool) -> tuple[Tensor, Tensor]:
    """Tokens, 0 where masked, and mask, (B, L) each, in the places of the logits that predict them."""
    if logits.ndim != 3 or not logits.is_floating_point() or 0 in logits.shape:
        raise ShapeError(f"{name}: expected floats of shape (B, P, V), got {logits.dtype} {tuple(logits.shape)}")
    if labels.shape != logits.shape[:2] or labels.is_floating_point() or labels.dtype == torch.bool:
        raise ShapeError(
            f"labels: expected ints of shape {tuple(logits.shape[:2])} like the {name}, got {labels.dtype} "
            f"{tuple(labels.shape)}; drop what was added in front of the text, and leave the shift to this function"
        )
    kept = labels != IGNORED
    if mask is not None:
        kept = kept & check_mask("mask", mask, labels.shape).to(kept.device)
    if shift:
        labels, kept = labels[:, 1:], kept[:, 1:]
    tokens = labels.masked_fill(~kept, 0).to(logits.device).long()
    if bool(((tokens < 0) | (tokens >= logits.shape[-1])).any()):
        wrong = tokens[(tokens < 0) | (tokens >= logits.shape[-1])]
        raise BatchError(
            f"labels: {int(wrong[0])} is scored but no token; expected [0, {logits.shape[-1]}), or {IGNORED} to ignore"
        )
    return tokens, kept.to(logits.device)


def _check_like(name: str, logits: Tensor, other: Tensor) -> None:
    """Two models must have given logits of one shape."""
    if logits.shape != other.shape or not logits.is_floating_point():
        raise ShapeError(
            f"{name}: expected floats of shape {tuple(other.shape)}, got {logits.dtype} {tuple(logits.shape)}; "
            "both models must have one vocabulary and read the same tokens"
        )
