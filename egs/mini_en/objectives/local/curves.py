"""Curves of word error rate against latency: the gap between two methods at equal latency, with its interval."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.metrics import Interval
from recipes.awp.entries import Entry

Floats = NDArray[np.float64]

LEAST_RANGE = 0.01  # seconds of latency that two curves must have in common to be compared


@dataclass(frozen=True)
class Points:
    """One point of a curve for each row: what its rates are computed from, for every seed and utterance.

    Attributes:
        errors, words: word errors and reference words.  delays: sum of the delays of recognised words in seconds.
        matched: their number.  Shapes (S, U), (U,), (S, U), (S, U).
        look_ahead: seconds.
    """

    errors: Floats
    words: Floats
    delays: Floats
    matched: Floats
    look_ahead: float

    def at(self, seeds: NDArray[np.int64], utterances: NDArray[np.int64]) -> tuple[float, float]:
        """Latency in seconds and word error rate of a resample."""
        chosen = np.ix_(seeds % len(self.errors), utterances)
        latency = self.delays[chosen].sum() / self.matched[chosen].sum() + self.look_ahead
        return float(latency), float(self.errors[chosen].sum() / (len(seeds) * self.words[utterances].sum()))


def points(entry: Entry, seeds: Collection[int]) -> Points:
    """What the rates of an entry are computed from; of these seeds, or of all if there are none of them."""
    look_ahead = entry.numbers["latency"][0] - entry.numbers["mean"][0]
    own = [rows for seed, rows in zip(entry.seeds, entry.rows, strict=True) if seed in seeds] or entry.rows
    return Points(
        np.array([[row.errors for row in rows] for rows in own], float),
        np.array([row.words for row in own[0]], float),
        np.array([[sum(row.delays) for row in rows] for rows in own], float),
        np.array([[len(row.delays) for row in rows] for rows in own], float),
        float(look_ahead),
    )


def gap(curve: Sequence[Entry], other: Sequence[Entry], samples: int = 2000, seed: int = 0) -> Interval | None:
    """Mean word error rate of one curve minus that of another at equal latency, in parts of one.

    Both are interpolated linearly between their points (the best word error rate at that latency or less) and compared
    at the latencies that both reach, over the seeds that all points have: a point with one seed, compared with the mean
    of three, would be compared with the luck of that seed. The interval is a bootstrap over seeds and utterances, the
    same for all points.

    Args:
        curve, other: points of two methods on the same utterances; several seeds each.
    Returns:
        None where the latencies of the two overlap by less than `LEAST_RANGE`.
    """
    shared = set.intersection(*(set(entry.seeds) for entry in (*curve, *other)))
    mine, its = [points(entry, shared) for entry in curve], [points(entry, shared) for entry in other]
    utterances = len(mine[0].words)
    seeds = max(len(one.errors) for one in (*mine, *its))

    def value(drawn_seeds: NDArray[np.int64], drawn: NDArray[np.int64]) -> float:
        a, b = (sorted(one.at(drawn_seeds, drawn) for one in line) for line in (mine, its))
        low, high = max(a[0][0], b[0][0]), min(a[-1][0], b[-1][0])
        if high - low < LEAST_RANGE:
            return float("nan")
        grid = np.linspace(low, high, 50)
        return float(np.mean(_frontier(a, grid) - _frontier(b, grid)))

    observed = value(np.arange(seeds), np.arange(utterances))
    if np.isnan(observed):
        return None
    rng = np.random.default_rng(seed)
    drawn = np.array(
        [value(rng.integers(0, seeds, seeds), rng.integers(0, utterances, utterances)) for _ in range(samples)]
    )
    finite = drawn[np.isfinite(drawn)]
    low, high = np.quantile(finite, (0.025, 0.975))
    return Interval(observed, float(low), float(high))


def _frontier(curve: Sequence[tuple[float, float]], grid: Floats) -> Floats:
    """The least word error rate at each latency or below, linear between points that are sorted by latency."""
    latency, errors = (np.array([point[axis] for point in curve]) for axis in (0, 1))
    return np.asarray(np.interp(grid, latency, np.minimum.accumulate(errors)), np.float64)
