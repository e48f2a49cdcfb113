"""From hypotheses and what is known of them to pairs and labels. What cannot be used is dropped and counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

from ctcalign.checks import check_choice
from ctcalign.errors import ShapeError, UsageError

T = TypeVar("T", bound=Hashable)

# Why a hypothesis is in no pair.
IDENTICAL, TIE, INFEASIBLE = "identical", "tie", "infeasible"  # the chosen text again; no more errors; does not fit
NO_CHOSEN, TOO_FEW, SURPLUS = "no_chosen", "too_few", "surplus"  # nothing to prefer; not enough beside it; enough
# Why a response has no label.
BETWEEN, UNKNOWN = "between", "unknown"  # neither good nor bad enough; nothing is known of it


@dataclass(frozen=True)
class Candidate(Generic[T]):
    """A response that may be preferred, or dispreferred.

    Attributes:
        content: its text, labels or path; two with equal content are the same response.
        errors: what it is judged by, >= 0, fewer is better; such as word errors against the transcript.
        score: its log-prob under the model that it is from, in nats; for `rejected="likeliest"`.
        feasible: whether the model can say it at all: a transcript may need more frames than there are.
    """

    content: T
    errors: float
    score: float = 0.0
    feasible: bool = True


@dataclass(frozen=True)
class Pair(Generic[T]):
    """One response and those that it is to be preferred to, at least one."""

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
    """Pairs of one utterance or prompt: the transcript, or the best hypothesis, against worse ones.

    Args:
        candidates: hypotheses in any order; the same one may come several times.
        transcript: what is chosen; None takes the candidate with the fewest errors, the likeliest of several.
        rejected: which of the worse ones come first: "worst", the most errors; "best", the fewest; "likeliest", by
            their scores. Ties keep the order given.
        pairs: how many at most, >= 1.
        together: rejected responses of each pair, >= 1: 2 or more for LOGO.
        least_gap: the rejected response must have more than so many errors beyond the chosen one, >= 0.
    Returns:
        The pairs, and how many candidates are in none, by reason; with those chosen or rejected they are all.
    Raises:
        UsageError: an option out of range.
    """
    check_choice("rejected", rejected, ("worst", "best", "likeliest"))
    for name, value in (("pairs", pairs), ("together", together)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise UsageError(f"{name}: got {value!r}, expected a whole number, 1 or more")
    if not (math.isfinite(least_gap) and least_gap >= 0):
        raise UsageError(f"least_gap: got {least_gap}, expected a finite number >= 0")
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
        dropped[TOO_FEW] += 1  # the chosen one, alone
    return found, +dropped


def label_responses(
    values: Sequence[float], desirable_from: float, undesirable_below: float
) -> tuple[list[bool | None], Counter[str]]:
    """Labels of unpaired responses by what is known of them, such as the confidence of an alignment.

    Args:
        values: higher is better; NaN where nothing is known. Word error rates go in with a minus sign.
        desirable_from: least value of a desirable one.
        undesirable_below: an undesirable one has less; <= desirable_from.
    Returns:
        For each True, False, or None: no label; and how many have none, by reason.
    Raises:
        UsageError: the bounds overlap or are NaN.
    Source: the published filter of iterative pseudo-forced alignment keeps -1 and more and calls less than -2 wrong.
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
    """Where responses to one prompt differ: from the first to the last position at which not all labels are equal.
    LOGO scores nothing else.

    Args:
        labels: of R responses side by side, (..., R, L) ints; padding is a label like any other, so where one has
            ended and another goes on they differ.
    Returns:
        (..., L) bool; all False where the responses are the same.
    Raises:
        ShapeError: there are no two axes, or no response.
    Source: Tang et al. 2024, LOGO, arXiv:2410.18533, released code.
    """
    if labels.ndim < 2 or labels.shape[-2] < 1 or labels.is_floating_point():
        raise ShapeError(f"labels: expected ints of shape (..., R, L), got {labels.dtype} {tuple(labels.shape)}")
    differ = (labels != labels[..., :1, :]).any(-2)
    begun = differ.long().cumsum(-1) > 0
    going_on = differ.long().flip(-1).cumsum(-1).flip(-1) > 0
    found: Tensor = torch.logical_and(begun, going_on)
    return found
