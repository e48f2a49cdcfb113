"""Calibration of confidences: reliability bins, ECE, Brier score, ROC AUC; precision and recall of decisions."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.errors import UsageError


@dataclass(frozen=True)
class Bin:
    """Items with a confidence in [low, high); the last bin includes 1.

    Attributes:
        count: items.  confidence: their mean confidence, None in an empty bin.
        right: fraction of them that is correct, None in an empty bin.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    right: float | None


@dataclass(frozen=True)
class ReliabilityStats:
    """How well confidences agree with outcomes.

    Attributes:
        count, right: items, and how many of them are correct.
        ece: expected calibration error: |confidence - right| of the bins, weighted by their counts. Source: Naeini et
            al. 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning.
        brier: mean of (confidence - outcome) squared. Source: Brier 1950.
    """

    count: int
    right: int
    ece: float
    brier: float
    bins: tuple[Bin, ...]


def reliability_stats(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> ReliabilityStats | None:
    """Calibration of confidences over bins of equal width; None without items.

    Args:
        confidences: probabilities, (N,).  right: whether each item is correct, (N,).  bins: their number, >= 1.
    Raises:
        UsageError: bins is below 1.  ValueError: the lengths differ, or a confidence lies outside [0, 1].
    """
    if bins < 1:
        raise UsageError(f"bins is {bins}, expected at least 1")
    outcomes = list(zip(confidences, right, strict=True))
    wrong = next((c for c in confidences if not 0.0 <= c <= 1.0), None)
    if wrong is not None:
        raise ValueError(f"a confidence is {wrong}, expected a probability in [0, 1]")
    if not outcomes:
        return None
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, outcome in outcomes:
        groups[min(int(round(confidence * bins, 9)), bins - 1)].append((confidence, outcome))
    table = []
    error = 0.0
    for i, group in enumerate(groups):
        confidence_mean = statistics.fmean(c for c, _ in group) if group else None
        fraction_right = statistics.fmean(float(r) for _, r in group) if group else None
        table.append(Bin(i / bins, (i + 1) / bins, len(group), confidence_mean, fraction_right))
        if confidence_mean is not None and fraction_right is not None:
            error += len(group) * abs(confidence_mean - fraction_right)
    brier = statistics.fmean((c - r) ** 2 for c, r in outcomes)
    return ReliabilityStats(len(outcomes), sum(right), error / len(outcomes), brier, tuple(table))


def roc_auc(scores: Sequence[float | None], right: Sequence[bool]) -> float | None:
    """Area under the ROC curve: the probability that a correct item scores above a wrong one; a tie counts half.

    An item without a score (None) ranks below all others. The area is None where all items are right or all are wrong.
    """
    ranked = sorted((-math.inf if s is None else s, r) for s, r in zip(scores, right, strict=True))
    good = sum(r for _, r in ranked)
    bad = len(ranked) - good
    if not good or not bad:
        return None
    below, wins = 0, 0.0
    for _, group in itertools.groupby(ranked, key=lambda row: row[0]):
        outcomes = [r for _, r in group]
        here = sum(outcomes)
        wins += here * (below + (len(outcomes) - here) / 2)
        below += len(outcomes) - here
    return wins / (good * bad)


@dataclass(frozen=True)
class Detection:
    """Counts of binary decisions against the truth.

    Attributes:
        true, false: true and false positives.  missed: false negatives.
    """

    true: int
    false: int
    missed: int

    @property
    def precision(self) -> float | None:
        """True positives over all positive decisions; None without any."""
        positive = self.true + self.false
        return self.true / positive if positive else None

    @property
    def recall(self) -> float | None:
        """True positives over all items that are true; None without any."""
        actual = self.true + self.missed
        return self.true / actual if actual else None


def detection(decisions: Sequence[bool], truth: Sequence[bool]) -> Detection:
    """Count the decisions on items against their truth, (N,) both."""
    both = list(zip(decisions, truth, strict=True))
    return Detection(
        sum(a and b for a, b in both), sum(a and not b for a, b in both), sum(b and not a for a, b in both)
    )


@dataclass(frozen=True)
class Predictions:
    """Predicted probabilities and outcomes of the same items.

    Attributes:
        confidences: predicted probability that each item is correct, in [0, 1], (n,).
        right: whether it is, (n,).
    """

    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]

    @property
    def reliability(self) -> ReliabilityStats | None:
        """Calibration in ten bins of equal width; None without items."""
        return reliability_stats(self.confidences.tolist(), self.right.tolist())

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve; None where all items are right or all are wrong."""
        return roc_auc(self.confidences.tolist(), self.right.tolist())

    def kept(self, threshold: float) -> Detection:
        """Precision and recall of a filter that keeps confidences of at least `threshold`."""
        return detection((self.confidences >= threshold).tolist(), self.right.tolist())
