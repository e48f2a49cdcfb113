"""Pairs from scored hypotheses, and labels of unpaired responses. Dropped hypotheses are counted by reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

from ctcalign.checks import check_choice, check_count, check_number
from ctcalign.errors import ShapeError, UsageError

T = TypeVar("T", bound=Hashable)

# Reasons why a hypothesis is in no pair.
IDENTICAL = "identical"  # the same content as the chosen one or an earlier rejected one
TIE = "tie"  # not more errors than the chosen one
INFEASIBLE = "infeasible"  # does not fit its frames
NO_CHOSEN = "no_chosen"  # there is nothing to prefer
TOO_FEW = "too_few"  # not enough rejected ones for a pair
SURPLUS = "surplus"  # there are enough pairs without it
# Reasons why a response has no label.
BETWEEN = "between"  # neither good nor bad enough
UNKNOWN = "unknown"  # has no value


@dataclass(frozen=True)
class Candidate(Generic[T]):
    """A response that can be chosen or rejected.

    Attributes:
        content: its text, labels or path; candidates with equal content are the same response.
        errors: number of errors, >= 0, such as word errors against the transcript; lower is better.
        score: its log-prob under the model that produced it, in nats; for `rejected="likeliest"`.
        feasible: whether it has an alignment: a transcript may need more frames than there are.
    """

    content: T
    errors: float
    score: float = 0.0
    feasible: bool = True


@dataclass(frozen=True)
class Pair(Generic[T]):
    """A chosen response and at least one rejected response."""

    chosen: T
    rejected: tuple[T, ...]


def pick_pairs(
    candidates: Sequence[Candidate[T]],
    transcript: Candidate[T] | None = None,
    *,
    rejected: str = "worst",
    pairs: int = 1,
    together: int = 1,
    least_gap: float = 0.0,
) -> tuple[list[Pair[T]], Counter[str]]:
    """Pairs of one utterance or prompt: the transcript, or the best hypothesis, against hypotheses with more errors.

    Args:
        candidates: hypotheses in any order; may hold duplicates.
        transcript: the chosen response; None takes the candidate with the fewest errors, the likeliest of several.
        rejected: order of the rejected responses: "worst", most errors first; "best", fewest errors first; "likeliest",
            highest score first. Ties keep the given order.
        pairs: largest number of pairs, >= 1.
        together: rejected responses per pair, >= 1; 2 or more for LOGO.
        least_gap: a rejected response has more than this many errors beyond those of the chosen one, >= 0.
    Returns:
        The pairs, and the number of candidates that are in no pair, by reason. Each candidate is either in a pair or
        counted.
    Raises:
        UsageError: an option is out of range.
    """
    check_choice("rejected", rejected, ("worst", "best", "likeliest"))
    check_count("pairs", pairs)
    check_count("together", together)
    check_number("least_gap", least_gap)
    dropped: Counter[str] = Counter()
    possible = [one for one in candidates if one.feasible]
    dropped[INFEASIBLE] += len(candidates) - len(possible)
    chosen = transcript
    if chosen is None and possible:
        chosen = min(possible, key=lambda one: (one.errors, -one.score))
        possible.remove(chosen)
    if chosen is None or not chosen.feasible:
        dropped[NO_CHOSEN] += len(possible)
        return [], +dropped
    worse: list[Candidate[T]] = []
    seen = {chosen.content}
    for one in possible:
        if one.content in seen:
            dropped[IDENTICAL] += 1
        elif not one.errors > chosen.errors + least_gap:
            dropped[TIE] += 1
        else:
            worse.append(one)
            seen.add(one.content)
    order = {"worst": lambda one: -one.errors, "best": lambda one: one.errors, "likeliest": lambda one: -one.score}
    worse.sort(key=order[rejected])
    found = [
        Pair(chosen.content, tuple(one.content for one in worse[place : place + together]))
        for place in range(0, min(len(worse), pairs * together) - together + 1, together)
    ]
    left = len(worse) - together * len(found)
    dropped[SURPLUS if len(found) == pairs else TOO_FEW] += left
    if not found and transcript is None:
        dropped[TOO_FEW] += 1  # the chosen one
    return found, +dropped


def label_responses(
    values: Sequence[float], desirable_from: float, undesirable_below: float
) -> tuple[list[bool | None], Counter[str]]:
    """Labels of unpaired responses by a value of each, such as the confidence of an alignment.

    Args:
        values: higher is better; NaN for unknown. Negate error rates.
        desirable_from: smallest value of a desirable response.
        undesirable_below: bound below which a response is undesirable, <= desirable_from.
    Returns:
        For each response True, False, or None for no label; and the number of responses without a label, by reason.
    Raises:
        UsageError: the bounds overlap or are NaN.
    Source: the published filter of iterative pseudo-forced alignment keeps scores from -1 and rejects those below -2.
    """
    if not undesirable_below <= desirable_from:
        raise UsageError(
            f"undesirable_below: got {undesirable_below}, expected a number up to desirable_from, {desirable_from}"
        )
    labels: list[bool | None] = []
    dropped: Counter[str] = Counter()
    for value in values:
        if math.isnan(value):
            dropped[UNKNOWN] += 1
            labels.append(None)
        elif undesirable_below <= value < desirable_from:
            dropped[BETWEEN] += 1
            labels.append(None)
        else:
            labels.append(value >= desirable_from)
    return labels, dropped


def differing_range(labels: Tensor) -> Tensor:
    """The range in which responses to one prompt differ: from the first to the last position with different labels.

    LOGO scores only this range.

    Args:
        labels: labels of R responses, (..., R, L) ints. Padding is compared like any other label, so a response that
            has ended differs from one that has not.
    Returns:
        (..., L) bool; all False if the responses are equal.
    Raises:
        ShapeError: fewer than two axes, or no response.
    Source: Tang et al. 2024, LOGO, arXiv:2410.18533, released code.
    """
    if labels.ndim < 2 or labels.shape[-2] < 1 or labels.is_floating_point():
        raise ShapeError(f"labels: expected ints of shape (..., R, L), got {labels.dtype} {tuple(labels.shape)}")
    differ = (labels != labels[..., :1, :]).any(-2)
    from_first = differ.long().cumsum(-1) > 0
    to_last = differ.long().flip(-1).cumsum(-1).flip(-1) > 0
    found: Tensor = torch.logical_and(from_first, to_last)
    return found
