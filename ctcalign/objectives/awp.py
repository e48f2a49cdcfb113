"""Align With Purpose: a hinge loss over pairs of paths, a sampled one and the one that a property improved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, check_log_probs, check_number, check_paths, checked_lengths, valid_frames
from ctcalign.errors import BatchError, ShapeError


@dataclass(frozen=True)
class PreferencePairs:
    """The counted pairs as input of a preference loss.

    Attributes:
        chosen: score of the improved path, log-probability per frame in nats, (P,). Differentiable.
        rejected: score of the sampled path, (P,). Differentiable.
        utterance: index of each pair's utterance in the batch, (P,).
    """

    chosen: Tensor
    rejected: Tensor
    utterance: Tensor


@dataclass(frozen=True)
class AwpPairs:
    """Scores of all pairs of a batch, each tensor (B, N).

    Attributes:
        sampled, improved: mean log-probability of a path over the valid frames of its utterance, nats per frame.
        hinge: max(0, sampled - improved + margin); 0 where the pair is not counted. Differentiable.
        changed: the property changed the path within the valid frames.
        counted: changed, and both scores are finite: a path of probability zero has no gradient.
    """

    sampled: Tensor
    improved: Tensor
    hinge: Tensor
    changed: Tensor
    counted: Tensor

    def loss(self, reduction: str = "mean") -> Tensor:
        """Scalar: "mean" over all pairs, with dropped ones as zero, or "sum_paths": mean over the batch only."""
        check_choice("reduction", reduction, ("mean", "sum_paths"))
        batch, paths = self.hinge.shape
        return self.hinge.sum() / (batch * paths if reduction == "mean" else batch)

    def statistics(self) -> dict[str, Tensor]:
        """Statistics for the log, 0-dim tensors without gradient.

        share_unchanged: fraction of pairs that the property did not change.
        hinge_activity: fraction of the counted pairs whose hinge is above zero.
        mean_gain: mean of improved - sampled over the counted pairs, nats per frame; rises as the property is learnt.
        """
        counted, total = self.counted, self.counted.sum().clamp(min=1)
        gain = torch.where(counted, self.improved - self.sampled, torch.zeros_like(self.sampled))
        return {
            "share_unchanged": 1 - self.changed.float().mean(),
            "hinge_activity": (self.hinge.detach() > 0).sum() / total,
            "mean_gain": gain.detach().sum() / total,
        }

    def statistics_weights(self) -> dict[str, Tensor]:
        """Number of pairs averaged in each statistic that is not a mean over all pairs."""
        counted = self.counted.sum()
        return {"hinge_activity": counted, "mean_gain": counted}

    def preferences(self) -> PreferencePairs:
        """The counted pairs as chosen and rejected scores.

        The reference-free hinge of SimPO and CPO on them, with beta = 1 and the same margin, equals this loss.
        """
        utterance = self.counted.nonzero()[:, 0]
        return PreferencePairs(self.improved[self.counted], self.sampled[self.counted], utterance)


@checked_arguments
def awp_pairs(
    log_probs: Tensor,
    sampled: Tensor,
    improved: Tensor,
    input_lengths: Tensor | None = None,
    *,
    margin: float = 0.0,
    changed: Tensor | None = None,
) -> AwpPairs:
    """Score pairs of paths.

    Args:
        log_probs: (B, T, C), natural log, normalised over C. Gradient flows through both paths.
        sampled: labels of the sampled paths, (B, N, T) ints; frames from input_lengths on may hold anything.
        improved: the improved paths, (B, N, T).
        input_lengths: valid frames, (B,) counts; None means all T. An utterance without frames counts as unchanged.
        margin: >= 0, nats per frame.
        changed: (B, N) bool, if the caller knows it; None compares the labels of the valid frames. Scores are not
            compared, since a changed path can have the same score.
    Raises:
        ShapeError: shapes do not agree.  BatchError: empty batch, NaN on a path, length or label out of range.
        UsageError: the margin is negative or not finite.
    """
    check_log_probs(log_probs)
    check_number("margin", margin)
    batch, frames, classes = log_probs.shape
    check_paths("sampled", sampled, batch, frames)
    check_paths("improved", improved, batch, frames)
    if improved.shape != sampled.shape:
        raise ShapeError(f"improved: expected {tuple(sampled.shape)} like sampled, got {tuple(improved.shape)}")
    lengths = checked_lengths("input_lengths", input_lengths, batch, frames, log_probs.device)
    valid = valid_frames(lengths, frames)
    number = sampled.shape[1]
    both = torch.cat([sampled.to(log_probs.device), improved.to(log_probs.device)], 1).long()
    both = both.masked_fill(~valid[:, None, :], 0)
    if int(both.min()) < 0 or int(both.max()) >= classes:
        raise BatchError(
            f"sampled, improved: expected labels in [0, {classes}) before input_lengths, got "
            f"{int(both.min())} to {int(both.max())}; remove infeasible utterances"
        )
    if changed is None:
        changed = (both[:, :number] != both[:, number:]).any(-1)
    elif changed.shape != sampled.shape[:2] or changed.dtype != torch.bool:
        raise ShapeError(
            f"changed: expected bool {tuple(sampled.shape[:2])}, got {changed.dtype} {tuple(changed.shape)}"
        )
    scores = _mean_scores(log_probs, both, valid, lengths)
    if torch.isnan(scores).any():
        utterance = int(torch.isnan(scores).any(1).nonzero()[0])
        raise BatchError(
            f"log_probs: NaN in utterance {utterance}; the model diverged or its input is invalid: "
            "lower the learning rate or skip the batch"
        )
    before, after = scores[:, :number], scores[:, number:]
    counted = changed.to(scores.device) & torch.isfinite(before) & torch.isfinite(after)
    hinge = torch.where(counted, (before - after + margin).clamp(min=0), torch.zeros_like(before))
    return AwpPairs(before, after, hinge, changed, counted)


@checked_arguments
def align_with_purpose_loss(
    log_probs: Tensor,
    sampled: Tensor,
    improved: Tensor,
    input_lengths: Tensor | None = None,
    margin: float = 0.0,
    reduction: str = "mean",
    *,
    changed: Tensor | None = None,
) -> Tensor:
    """Hinge loss of Align With Purpose over pairs of paths.

    max(0, s(sampled) - s(improved) + margin), where s is the mean log-probability of a path over the valid frames of
    the utterance. Pairs that the property did not change are dropped, whatever the margin.

    Args: those of `awp_pairs`, and
        reduction: "mean": over the N pairs and the batch. "sum_paths": sum over the pairs, mean over the batch, as in
            the published code. That is N times "mean", so a weight tuned for "sum_paths" is multiplied by N for "mean".
    Returns:
        Scalar; float32 or wider, whatever the type of log_probs.
    Source: Segev et al. 2024, Align With Purpose, arXiv:2307.01715, equation of L_AWP. Differs from its published code:
        log-softmax without the 1e-7 in the logarithm; unchanged pairs are recognised by their labels.
    """
    check_choice("reduction", reduction, ("mean", "sum_paths"))
    pairs = awp_pairs(log_probs, sampled, improved, input_lengths, margin=margin, changed=changed)
    return pairs.loss(reduction)


def _mean_scores(log_probs: Tensor, paths: Tensor, valid: Tensor, lengths: Tensor) -> Tensor:
    """Mean log-probability of paths (B, N, T) over the valid frames, (B, N)."""
    found = log_probs.gather(2, paths.transpose(1, 2))  # (B, T, N): log_probs is not copied for each path
    if found.dtype in (torch.float16, torch.bfloat16):
        found = found.float()
    found = torch.where(valid[:, :, None], found, torch.zeros_like(found))
    # An utterance without frames scores 0 for both paths.
    return found.sum(1) / lengths.clamp(min=1)[:, None]
