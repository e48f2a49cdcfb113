"""Token scores of a CTC recogniser as input of the losses.

Three kinds of units can be scored: the tokens of the transcript, each given the tokens before it (exact; needed by
token-level losses); the transcript as a whole; or the frames of an alignment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, checked_lengths
from ctcalign.ctc import next_token_log_probs, token_log_probs, total_score
from ctcalign.errors import ShapeError
from ctcalign.preference.token_scores.language_model import IGNORED, TokenScores, lm_token_scores

NORMS = ("labels", "frames", "none")


@dataclass(frozen=True)
class CtcTokenScores(TokenScores):
    """Input of the losses for one batch of transcripts; see `TokenScores`.

    Attributes:
        reference_log_probs: log-prob of each token under the reference model, without gradient; None without a
            reference.
    """

    reference_log_probs: Tensor | None = None


@checked_arguments
def ctc_token_scores(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
    *,
    reference_log_probs: Tensor | None = None,
    log_collision: bool = False,
) -> CtcTokenScores:
    """Score each token of the transcripts, and the end of the text, given the tokens before it and the audio.

    Exact: the scores of a transcript sum to its CTC log-likelihood.

    Args:
        log_probs: log-probs of the policy, (B, T, C), natural log; rows are normalised here.
        targets: labels without blanks, (B, L).
        input_lengths: frames of each utterance, (B,) counts; None means all T.
        target_lengths: tokens of each transcript, (B,) counts; None means all L.
        blank: label of the blank; in next-token distributions its index stands for the end of the text.
        reference_log_probs: log-probs of the reference model on the same audio, (B, T, C), for `kl` and
            `reference_log_probs`. No gradient flows to it.
        log_collision: compute `log_collision` too (WPO).
    Returns:
        Scores of L + 1 positions; the last scored one is the end. In a transcript that does not fit its frames,
        positions with an impossible prefix have log-probs of -inf and KLs and collisions of 0. They are scored, so
        losses raise an error: drop such rows, for example with `ctc.feasible`. The KL is inf where a token is possible
        under the reference but not under the policy. Differentiable once, with respect to log_probs.
    Raises:
        ShapeError, UsageError: as `ctc.next_token_log_probs`, or the outputs of the two models differ in shape.
    """
    arguments = (targets, input_lengths, target_lengths, blank)
    if reference_log_probs is None and not log_collision:
        scores = token_log_probs(log_probs, *arguments)
        mask = ctc_token_labels(targets, target_lengths, blank).to(scores.device) != IGNORED
        return CtcTokenScores(scores, mask)
    nexts = next_token_log_probs(log_probs, *arguments)
    labels = ctc_token_labels(targets, target_lengths, blank).to(nexts.device)
    mask = labels != IGNORED
    reached = mask & (nexts.detach().amax(-1) > -math.inf)
    others, theirs = None, None
    if reference_log_probs is not None:
        _check_like(reference_log_probs, log_probs)
        with torch.no_grad():
            others = next_token_log_probs(reference_log_probs, *arguments).to(nexts.dtype)
        theirs = others.gather(-1, labels.masked_fill(~mask, blank)[..., None])[..., 0].masked_fill_(~mask, 0.0)
        # A prefix that is impossible under the reference has no next-token distribution: let its KL be 0.
        others = torch.where((others.amax(-1) > -math.inf)[..., None], others, nexts.detach())
    found = lm_token_scores(nexts, labels, reached, reference_logits=others, log_collision=log_collision, shift=False)
    scores = found.log_probs.masked_fill(mask & ~reached, -math.inf)
    return CtcTokenScores(scores, mask, found.kl, found.log_collision, theirs)


@checked_arguments
def ctc_token_labels(targets: Tensor, target_lengths: Tensor | None = None, blank: int = 0) -> Tensor:
    """Transcripts as labels of `ctc.next_token_log_probs`: the tokens, the blank as the end of the text, and -100.

    With these labels and `shift=False` functions on the logits of a language model work for a recogniser:
    `critical_token_scores(next_token_log_probs(good, ...), next_token_log_probs(bad, ...), labels, shift=False)`.

    Args:
        targets: (B, L) ints.  target_lengths: (B,) counts, None means all L.  blank: label of the blank.
    Returns:
        (B, L + 1) int64, on the device of targets.
    Raises:
        ShapeError: targets are not (B, L) ints, or target_lengths not B counts.  BatchError: a length above L.
    """
    if targets.ndim != 2 or not targets.shape[0] or targets.is_floating_point() or targets.dtype == torch.bool:
        raise ShapeError(f"targets: expected ints of shape (B, L), got {targets.dtype} {tuple(targets.shape)}")
    rows, longest = targets.shape
    counts = checked_lengths("target_lengths", target_lengths, rows, longest, targets.device)
    place, counts = torch.arange(longest + 1, device=targets.device)[None], counts[:, None]
    labels = torch.cat([targets.long(), targets.new_zeros(rows, 1).long()], 1)
    return labels.masked_fill(place == counts, blank).masked_fill(place > counts, IGNORED)


@checked_arguments
def ctc_sequence_scores(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
) -> TokenScores:
    """Score transcripts as a whole, for losses that use only sums: one position per transcript, its CTC log-likelihood.

    The same sums as `ctc_token_scores` at half the cost.

    Args: those of `ctc_token_scores`.
    Returns:
        log_probs and mask (B, 1); a transcript that does not fit its frames has -inf and is scored. Losses that average
        over tokens need `ctc_lengths`.
    Raises: as `ctc.total_score`.
    """
    scores = total_score(_normalised(log_probs), targets, input_lengths, target_lengths, blank)[:, None]
    return TokenScores(scores, torch.ones_like(scores, dtype=torch.bool))


@checked_arguments
def ctc_path_scores(
    log_probs: Tensor,
    paths: Tensor,
    input_lengths: Tensor | None = None,
    *,
    reference_log_probs: Tensor | None = None,
    log_collision: bool = False,
) -> TokenScores:
    """Score alignments: one position per frame. Frames are independent, so two paths of an utterance have the same KL.

    Args:
        log_probs: log-probs of the policy, (B, T, C), natural log; rows are normalised here.
        paths: label of each frame, (B, T) ints.
        input_lengths: frames of each utterance, (B,) counts; None means all T.
        reference_log_probs: log-probs of the reference model, (B, T, C), for `kl`. No gradient flows to it.
        log_collision: compute `log_collision` too (WPO).
    Returns:
        Scores, (B, T), masked beyond the frames of an utterance.
    Raises:
        ShapeError: shapes do not agree.  BatchError: a label out of range.
    """
    mask = None
    if input_lengths is not None:
        if paths.ndim != 2 or not paths.shape[0]:
            raise ShapeError(f"paths: expected ints of shape (B, T), got {paths.dtype} {tuple(paths.shape)}")
        counts = checked_lengths("input_lengths", input_lengths, len(paths), paths.shape[1], paths.device)
        mask = torch.arange(paths.shape[-1], device=paths.device)[None] < counts[:, None]
    return lm_token_scores(
        log_probs, paths, mask, reference_logits=reference_log_probs, log_collision=log_collision, shift=False
    )


@checked_arguments
def ctc_lengths(norm: str, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """Divisors for losses that average over tokens, for their argument `lengths` or `chosen_lengths`.

    Args:
        norm: "labels": number of tokens plus one for the end; "frames": number of frames; "none": 1.
        input_lengths, target_lengths: (B,) counts.
    Returns:
        (B,) float32.
    Raises:
        UsageError: unknown norm.
    """
    check_choice("norm", norm, NORMS)
    if norm == "none":
        return torch.ones(target_lengths.shape, device=target_lengths.device)
    return input_lengths.float() if norm == "frames" else target_lengths.float() + 1.0


def _normalised(log_probs: Tensor) -> Tensor:
    """Log-softmax of each row, in float32 or wider; a row of only -inf stays unchanged."""
    if not log_probs.is_floating_point() or not log_probs.ndim or not log_probs.shape[-1]:
        return log_probs  # `total_score` reports it
    wide = log_probs.to(torch.promote_types(log_probs.dtype, torch.float32))
    total = wide.logsumexp(-1, keepdim=True)
    return wide - total.masked_fill(total == -math.inf, 0.0)


def _check_like(reference: Tensor, policy: Tensor) -> None:
    """The outputs of two recognisers must have the same shape."""
    if reference.shape != policy.shape:
        raise ShapeError(
            f"reference_log_probs: expected shape {tuple(policy.shape)} like log_probs, got {tuple(reference.shape)}; "
            "both models must have the same vocabulary and frame rate"
        )
