"""Calibration of confidences: ECE, Brier score, ROC AUC, precision and recall at a threshold."""

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
    """Items with a confidence in [low, high), the last bin with 1: how many, what they promise and what is true."""

    low: float
    high: float
    count: int
    confidence: float | None  # mean, None in an empty bin
    right: float | None  # share that is right


@dataclass(frozen=True)
class ReliabilityStats:
    """Of probabilities against what came out.

    Attributes:
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
    """Calibration in `bins` of equal width. None without items.

    Raises:
        UsageError: no bin.    ValueError: the lengths differ, or a confidence lies outside [0, 1].
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
        promised = statistics.fmean(c for c, _ in group) if group else None
        kept = statistics.fmean(float(r) for _, r in group) if group else None
        table.append(Bin(i / bins, (i + 1) / bins, len(group), promised, kept))
        if promised is not None and kept is not None:
            error += len(group) * abs(promised - kept)
    brier = statistics.fmean((c - r) ** 2 for c, r in outcomes)
    return ReliabilityStats(len(outcomes), sum(right), error / len(outcomes), brier, tuple(table))


def ranking(scores: Sequence[float | None], right: Sequence[bool]) -> float | None:
    """Area under the ROC curve: the chance that what is right scores above what is wrong, a tie counting half.

    What has no score (None) ranks below everything. None where all are right or all are wrong.
    """
    keyed = sorted((-math.inf if s is None else s, r) for s, r in zip(scores, right, strict=True))
    good = sum(r for _, r in keyed)
    bad = len(keyed) - good
    if not good or not bad:
        return None
    below, wins = 0, 0.0
    for _, group in itertools.groupby(keyed, key=lambda row: row[0]):
        outcomes = [r for _, r in group]
        here = sum(outcomes)
        wins += here * (below + (len(outcomes) - here) / 2)
        below += len(outcomes) - here
    return wins / (good * bad)


@dataclass(frozen=True)
class Detection:
    """A yes-or-no judgement against the truth."""

    true: int  # yes, rightly
    false: int  # yes, wrongly
    missed: int  # no, wrongly

    @property
    def precision(self) -> float | None:
        """Share of what was said that is so; None where nothing was said."""
        said = self.true + self.false
        return self.true / said if said else None

    @property
    def recall(self) -> float | None:
        """Share of what is so that was said; None where nothing is so."""
        so = self.true + self.missed
        return self.true / so if so else None


def detection(said: Sequence[bool], so: Sequence[bool]) -> Detection:
    """Count a judgement for each item (`said`) against the truth (`so`)."""
    both = list(zip(said, so, strict=True))
    return Detection(
        sum(a and b for a, b in both), sum(a and not b for a, b in both), sum(b and not a for a, b in both)
    )


@dataclass(frozen=True)
class Predictions:
    """Predicted probabilities and outcomes of the same items.

    Attributes:
        confidences: predicted probability that each item is right, in [0, 1]. (n,)
        right: whether it is. (n,)
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
        return ranking(self.confidences.tolist(), self.right.tolist())

    def kept(self, threshold: float) -> Detection:
        """Precision and recall of a filter that keeps confidences of at least `threshold`."""
        return detection((self.confidences >= threshold).tolist(), self.right.tolist())
