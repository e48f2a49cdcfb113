"""From a CTC recogniser to the losses. What is a token? One of the transcript, given those before it (exact, and what
token-level losses need); the whole transcript; or a frame of an alignment."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.checks import check_choice
from ctcalign.ctc import next_token_log_probs, token_log_probs, total_score
from ctcalign.errors import ShapeError
from ctcalign.preference.from_lm import IGNORED, TokenScores, lm_token_scores

NORMS = ("labels", "frames", "none")


@dataclass(frozen=True)
class CtcTokenScores(TokenScores):
    """What the losses take, for one batch of transcripts.

    Attributes:
        reference_log_probs: log-prob of each token under the reference model, without gradient; None unless there is
            one.
    """

    reference_log_probs: Tensor | None = None


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
    """Score the tokens of transcripts as a language model would, given the audio: each after those before it, and the
    end of the text. Exact: the scores of a transcript sum to its CTC log-likelihood.

    Args:
        log_probs: of the policy, (B, T, C), natural log, normalised.
        targets: labels without blanks, (B, L).
        input_lengths: frames of each utterance, (B,) counts; None means all T.
        target_lengths: tokens of each transcript, (B,) counts; None means all L.
        blank: label of the blank; among the next tokens its place is that of the end.
        reference_log_probs: of the reference model on the same audio, (B, T, C), for `kl` and
            `reference_log_probs`. No gradient flows to it.
        log_collision: give `log_collision` too (WPO).
    Returns:
        Scores of L + 1 positions, the end is the last that is scored. A transcript that does not fit its frames has
        log-probs of -inf, KLs and collisions of 0 where a prefix is impossible already, and is still scored: losses
        refuse it, so drop the row, for example by `ctc.feasible`. The KL is inf where the reference can say a token
        that the policy cannot. Differentiable once, with respect to log_probs.
    Raises:
        ShapeError, UsageError: as `ctc.next_token_log_probs`; or the two models differ in shape.
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
        # A prefix that the reference rules out: no distribution to be far from.
        others = torch.where((others.amax(-1) > -math.inf)[..., None], others, nexts.detach())
    found = lm_token_scores(nexts, labels, reached, reference_logits=others, log_collision=log_collision, shift=False)
    scores = found.log_probs.masked_fill(mask & ~reached, -math.inf)
    return CtcTokenScores(scores, mask, found.kl, found.log_collision, theirs)


def ctc_token_labels(targets: Tensor, target_lengths: Tensor | None = None, blank: int = 0) -> Tensor:
    """Transcripts as labels of `ctc.next_token_log_probs`: the tokens, the blank as the end of the text, and -100.

    With `shift=False` they make of any function on a language model's logits one on a recogniser:
    `critical_token_scores(next_token_log_probs(good, ...), next_token_log_probs(bad, ...), labels, shift=False)`.

    Args:
        targets: (B, L) ints.  target_lengths: (B,) counts, None means all L.  blank: label of the blank.
    Returns:
        (B, L + 1) int64, on the device of targets.
    """
    rows, longest = targets.shape
    counts = torch.full((rows,), longest) if target_lengths is None else torch.as_tensor(target_lengths)
    place, counts = torch.arange(longest + 1, device=targets.device)[None], counts.to(targets.device)[:, None]
    labels = torch.cat([targets.long(), targets.new_zeros(rows, 1).long()], 1)
    return labels.masked_fill(place == counts, blank).masked_fill(place > counts, IGNORED)


def ctc_sequence_scores(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
) -> TokenScores:
    """Score transcripts as a whole, for losses that look at sums alone: one position a transcript, its CTC
    log-likelihood. The same sums as `ctc_token_scores` at half the cost.

    Args: those of `ctc_token_scores`.
    Returns:
        log_probs and mask (B, 1); -inf, and still scored, where a transcript does not fit. Losses that average over
        tokens need `ctc_lengths`.
    Raises: as `ctc.total_score`.
    """
    scores = total_score(log_probs, targets, input_lengths, target_lengths, blank)[:, None]
    return TokenScores(scores, torch.ones_like(scores, dtype=torch.bool))


def ctc_path_scores(
    log_probs: Tensor,
    paths: Tensor,
    input_lengths: Tensor | None = None,
    *,
    reference_log_probs: Tensor | None = None,
    log_collision: bool = False,
) -> TokenScores:
    """Score alignments: one position a frame. Frames do not depend on each other, so two paths of one utterance have
    the same KL.

    Args:
        log_probs: of the policy, (B, T, C), natural log; rows are normalised.
        paths: label of each frame, (B, T) ints.
        input_lengths: frames of each utterance, (B,) counts; None means all T.
        reference_log_probs: of the reference model, (B, T, C), for `kl`. No gradient flows to it.
        log_collision: give `log_collision` too (WPO).
    Returns:
        Scores, (B, T), masked beyond an utterance's frames.
    Raises:
        ShapeError: shapes do not agree.  BatchError: a label that is none.
    """
    mask = None
    if input_lengths is not None:
        counts = torch.as_tensor(input_lengths).to(paths.device)
        if counts.shape != paths.shape[:1]:
            raise ShapeError(f"input_lengths: expected {len(paths)} counts, got shape {tuple(counts.shape)}")
        mask = torch.arange(paths.shape[-1], device=paths.device)[None] < counts[:, None]
    return lm_token_scores(
        log_probs, paths, mask, reference_logits=reference_log_probs, log_collision=log_collision, shift=False
    )


def ctc_lengths(norm: str, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """What losses that average over tokens divide by, for their argument `lengths` or `chosen_lengths`.

    Args:
        norm: "labels": tokens and the end; "frames"; or "none": 1.
        input_lengths, target_lengths: (B,) counts.
    Returns:
        (B,) float32.
    Raises:
        UsageError: no such norm.
    """
    check_choice("norm", norm, NORMS)
    if norm == "none":
        return torch.ones(target_lengths.shape, device=target_lengths.device)
    return input_lengths.float() if norm == "frames" else target_lengths.float() + 1.0


def _check_like(reference: Tensor, policy: Tensor) -> None:
    """Two recognisers must have given frames of one shape."""
    if reference.shape != policy.shape:
        raise ShapeError(
            f"reference_log_probs: expected shape {tuple(policy.shape)} like log_probs, got {tuple(reference.shape)}; "
            "both models must have one vocabulary and one frame rate"
        )
