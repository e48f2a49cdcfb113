"""Errors of starts and ends, and their statistics. Seconds; an error is positive where the alignment is late."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ctcalign.scoring.items import TimedItem
from ctcalign.scoring.options import Bounds

TOLERANCES = (0.02, 0.05, 0.1, 0.2, 0.5)
RUNAWAY = 1.0
_ROUNDING = 1e-9  # an error of 0.2 s that binary fractions write as 0.20000000000000018 is within 0.2 s


def edge_errors(reference: TimedItem, found: tuple[float, float], bounds: Bounds = "speech") -> tuple[float, float]:
    """Errors of the start and the end.

    Args:
        reference: a spoken item with times.
        found: start and end in the alignment.
        bounds: "speech" compares with the onset and offset of the speech, "clip" with the borders of the clip that the
            speech was cut from; "tolerant" counts nothing between the two, where there is only silence. Without clip
            borders all three are "speech". Of several `occurrences` the nearest counts.
    """
    if reference.occurrences:
        each = [(found[0] - start, found[1] - end) for start, end in reference.occurrences]
        return min(each, key=lambda errors: abs(errors[0]) + abs(errors[1]))
    place = reference.place
    if place is None:
        raise ValueError(f"{reference.text!r}: the reference has no time for it")
    if reference.clip is None or bounds == "speech":
        return found[0] - place[0], found[1] - place[1]
    if bounds == "clip":
        return found[0] - reference.clip[0], found[1] - reference.clip[1]
    return _outside(found[0], place[0], reference.clip[0]), _outside(found[1], place[1], reference.clip[1])


def _outside(time: float, one: float, other: float) -> float:
    """How far `time` lies before or after the stretch between two times; 0 inside of it."""
    low, high = min(one, other), max(one, other)
    return time - low if time < low else time - high if time > high else 0.0


def within(errors: tuple[float, float], tolerance: float) -> bool:
    """Whether both ends are as near as `tolerance` seconds."""
    return max(abs(errors[0]), abs(errors[1])) <= tolerance + _ROUNDING


@dataclass(frozen=True)
class ErrorStatistics:
    """Of absolute errors in seconds. `bias` is the mean with its sign; `shares` are of `TOLERANCES`, in [0, 1]."""

    count: int
    median: float
    mean: float
    p90: float
    p95: float
    max: float
    bias: float
    shares: dict[float, float]


def error_statistics(errors: Sequence[float]) -> ErrorStatistics | None:
    """None without errors. A percentile is the smallest error that at least that part of all others stays below."""
    if not errors:
        return None
    sizes = sorted(abs(error) for error in errors)
    count = len(sizes)
    return ErrorStatistics(
        count,
        statistics.median(sizes),
        statistics.fmean(sizes),
        percentile(sizes, 90),
        percentile(sizes, 95),
        sizes[-1],
        statistics.fmean(errors),
        {t: sum(size <= t + _ROUNDING for size in sizes) / count for t in TOLERANCES},
    )


def percentile(rising: Sequence[float], percent: int) -> float:
    """The first value with at least `percent` % of all values before it, at most the last.

    >>> percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90), percentile([1, 2, 3], 50)
    (10, 2)
    """
    return rising[min(len(rising) - 1, percent * len(rising) // 100)]


@dataclass(frozen=True)
class Ptem:
    """Program Time-Error Metric: medians of the errors of starts and ends and of their sum, and the mean of the sum.

    Errors below the collar count as 0. Source: Albayzin TaSAC-ST 2022.
    """

    collar: float
    start: float
    end: float
    median: float
    mean: float


def ptem(pairs: Sequence[tuple[float, float]], collar: float = 0.0) -> Ptem | None:
    """PTEM of errors of (start, end). None without any."""
    if not pairs:
        return None
    starts = [_above(abs(start), collar) for start, _ in pairs]
    ends = [_above(abs(end), collar) for _, end in pairs]
    sums = [start + end for start, end in zip(starts, ends, strict=True)]
    middle = statistics.median
    return Ptem(collar, middle(starts), middle(ends), middle(sums), statistics.fmean(sums))


def _above(size: float, collar: float) -> float:
    return 0.0 if size < collar - _ROUNDING else size
