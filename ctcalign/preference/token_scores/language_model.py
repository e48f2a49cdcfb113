"""Token scores of a language model as input of the losses: log-probs, KL and further values from logits and labels.

They are computed in chunks, without a second copy of the logits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_number
from ctcalign.errors import BatchError, ShapeError
from ctcalign.preference.responses import check_mask
from ctcalign.preference.token_scores.vocabulary_chunks import CHUNK_NUMBERS, TokenStatistics, chunks, widened

IGNORED = -100  # label of a token that is not scored, as in Hugging Face models


@dataclass(frozen=True)
class TokenScores:
    """Input of the losses for one batch of responses. All (B, L), 0 where masked, float32 (float64 for float64 input).

    Attributes:
        log_probs: log-prob of each token, in nats.
        mask: True where a token is scored.
        kl: KL(reference || policy) over the vocabulary at the position that predicts each token, in nats; None without
            a reference.
        log_collision: log of the sum of squared probabilities at that position, without gradient; None unless
            requested.
    """

    log_probs: Tensor
    mask: Tensor
    kl: Tensor | None = None
    log_collision: Tensor | None = None


@checked_arguments
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

    Memory: a few chunks of `chunk_numbers` floats, and in the backward pass the gradient of the logits in their dtype.
    There is never a float32 copy of the logits or of their softmax.

    Args:
        logits: unnormalised scores of the next token, any floating dtype. Shape (B, P, V). Masked positions may hold
            anything.
        labels: tokens, or -100 for those that are not scored. Shape (B, P).
        mask: True or 1 where a token is scored, at the positions of `labels`. Shape (B, P). None: all labels but -100.
        reference_logits: the same for the reference model, for `kl`. Shape (B, P, V). No gradient flows to it.
        log_collision: compute `log_collision` too (WPO).
        shift: True: the logits at position i predict the label at i + 1, as in causal models; L = P - 1, and the first
            label and the last logits are not used. False: they predict the label at i; L = P.
        chunk_numbers: floats per chunk, > 0; the default is 16 MB of float32.
    Returns:
        The scores. Differentiable once, with respect to the logits.
    Raises:
        ShapeError: shapes do not agree.  BatchError: a scored label out of range, or a mask with other values.
        UsageError: chunk_numbers is not positive.
    """
    check_number("chunk_numbers", chunk_numbers, positive=True)
    tokens, kept = _scored("logits", logits, labels, mask, shift)
    if reference_logits is not None:
        _check_like("reference_logits", reference_logits, logits)
        reference_logits = reference_logits.detach()
    # Pass the logits unsliced: for a slice autograd would allocate their gradient a second time.
    log_probs, kl, squares = cast(
        "tuple[Tensor, Tensor, Tensor]",
        TokenStatistics.apply(logits, reference_logits, tokens, kept, int(chunk_numbers), log_collision),
    )
    return TokenScores(log_probs, kept, None if reference_logits is None else kl, squares if log_collision else None)


@checked_arguments
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
        positive_logits: logits, or log-probs, of a model trained on good responses. Shape (B, P, V).
        negative_logits: the same for a model trained on bad responses. Shape (B, P, V).
        labels: tokens, or -100 for those that are not scored. Shape (B, P).
        mask: as in `lm_token_scores`.
        strength: strength of the contrast, >= 0.
        shift: as in `lm_token_scores`.
        chunk_numbers: as in `lm_token_scores`.
    Returns:
        Scores in [0, 1], (B, L), without gradient, 0 where masked; low for critical tokens, which lead to a bad
        response.
    Raises:
        ShapeError, BatchError, UsageError: as `lm_token_scores`.
    Source: Lin et al. 2024, arXiv:2411.19943. Differs from the released code: there the last token has score 1 or 0.
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
            # A token of probability 0 under the positive model keeps probability 0; -inf + inf would be NaN.
            contrast = ((1.0 + strength) * good - strength * bad).masked_fill(good == float("-inf"), float("-inf"))
            scores[part] = contrast.log_softmax(-1).gather(-1, tokens[part][..., None])[..., 0].exp()
        return scores.masked_fill_(~kept, 0.0)


@checked_arguments
def contrast_rewards(better_log_probs: Tensor, worse_log_probs: Tensor) -> Tensor:
    """Token rewards for T-REG from two conditions: sigmoid(better - worse) - 0.5.

    Args:
        better_log_probs: log-prob of each token under the better condition, in nats: a prompt for a good answer, clean
            input, or the stronger of two models. Shape (B, L).
        worse_log_probs: the same under the worse condition: a prompt for a bad answer, noisy input, or weaker model.
    Returns:
        Rewards in [-0.5, 0.5], (B, L), without gradient. Masked positions may hold NaN in input and output.
    Raises:
        ShapeError: the shapes differ, or other types than floats.
    """
    if better_log_probs.shape != worse_log_probs.shape:
        raise ShapeError(
            f"worse_log_probs: expected shape {tuple(better_log_probs.shape)}, got {tuple(worse_log_probs.shape)}"
        )
    for name, values in (("better_log_probs", better_log_probs), ("worse_log_probs", worse_log_probs)):
        if not values.is_floating_point():
            raise ShapeError(f"{name}: expected floats, got {values.dtype}")
    return torch.sigmoid(better_log_probs.detach() - worse_log_probs.detach()) - 0.5


def _scored(name: str, logits: Tensor, labels: Tensor, mask: Tensor | None, shift: bool) -> tuple[Tensor, Tensor]:
    """Tokens, 0 where masked, and mask, (B, L) each, at the positions of the logits that predict them."""
    if logits.ndim != 3 or not logits.is_floating_point() or 0 in logits.shape:
        raise ShapeError(f"{name}: expected floats of shape (B, P, V), got {logits.dtype} {tuple(logits.shape)}")
    if labels.shape != logits.shape[:2] or labels.is_floating_point() or labels.dtype == torch.bool:
        raise ShapeError(
            f"labels: expected ints of shape {tuple(logits.shape[:2])} like the {name}, got {labels.dtype} "
            f"{tuple(labels.shape)}; drop positions added before the text, and leave the shift to this function"
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
            f"labels: {int(wrong[0])} is scored but is not a token; expected labels in [0, {logits.shape[-1]}), or "
            f"{IGNORED} for tokens that are not scored"
        )
    return tokens, kept.to(logits.device)


def _check_like(name: str, logits: Tensor, other: Tensor) -> None:
    """The logits of two models must have the same shape."""
    if logits.shape != other.shape or not logits.is_floating_point():
        raise ShapeError(
            f"{name}: expected floats of shape {tuple(other.shape)}, got {logits.dtype} {tuple(logits.shape)}; "
            "both models must have the same vocabulary and input tokens"
        )
