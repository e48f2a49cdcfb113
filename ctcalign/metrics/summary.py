"""One row of numbers from the delays of a test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctcalign.metrics.bootstrap import Interval, bootstrap_interval
from ctcalign.metrics.latency import Delays


@dataclass(frozen=True)
class DelaySummary:
    """Seconds, over all matched words of a set; nan where nothing was matched.

    Attributes:
        mean, median, p50, p90, p99: of all matched words.  first, last: mean over the utterances' first and last words.
        matched: words with a delay.  unmatched_reference, unmatched_hypothesis: words left out, by side.
    """

    mean: float
    median: float
    p90: float
    p99: float
    first: float
    last: float
    matched: int
    unmatched_reference: int
    unmatched_hypothesis: int

    @property
    def p50(self) -> float:
        return self.median


def summarise_delays(delays: Sequence[Delays]) -> DelaySummary:
    """Pool the words of all utterances. Percentiles interpolate linearly between words.

    >>> summarise_delays([Delays(np.array([0.1, 0.3]), 0.1, 0.3, 1, 0)]).median
    0.2
    """
    values = np.concatenate([d.values for d in delays]) if delays else np.empty(0)
    median, p90, p99 = np.percentile(values, (50, 90, 99)).tolist() if values.size else [float("nan")] * 3
    return DelaySummary(
        _mean(values.tolist()),
        median,
        p90,
        p99,
        _mean([d.first for d in delays if d.first is not None]),
        _mean([d.last for d in delays if d.last is not None]),
        int(values.size),
        sum(d.unmatched_reference for d in delays),
        sum(d.unmatched_hypothesis for d in delays),
    )


def mean_delay_interval(delays: Sequence[Delays], samples: int = 10_000, seed: int = 0) -> Interval:
    """Mean delay with its 95 % bootstrap interval; whole utterances are drawn.

    Raises:
        ShapeError: no utterance.  ValueError: no word matched.
    """
    return bootstrap_interval(
        [d.values.sum() for d in delays], [d.values.size for d in delays], samples=samples, seed=seed
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
