"""Bootstrap intervals of rates over utterances and training seeds, and the paired comparison of two systems.

A rate is sum(errors) / sum(sizes) over utterances, such as word errors over words, or delays over matched words.
Source: Bisani and Ney 2004, Bootstrap estimates for confidence intervals in ASR performance evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ctcalign.errors import ShapeError

Floats = NDArray[np.float64]
_BLOCK = 4_000_000  # numbers drawn at a time, which bounds memory to some tens of megabytes


@dataclass(frozen=True)
class Interval:
    """A rate with the percentile interval of its bootstrap distribution."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Rate of the second system minus that of the first.

    Attributes:
        difference: second minus first, with its interval; negative where the second is better.
        relative: difference over the rate of the first system, with its interval; nan where that rate is zero.
        p_improvement: fraction of the resamples in which the rate of the second is lower; equal rates count half.
        p_value: two-sided, twice the smaller tail of the difference around zero, at least 2 / (samples + 1).
    """

    difference: Interval
    relative: Interval
    p_improvement: float
    p_value: float


def bootstrap_interval(
    errors: ArrayLike, sizes: ArrayLike, *, samples: int = 10_000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Interval of sum(errors) / sum(sizes).

    Args:
        errors: numerator of each utterance, (U,), or of each seed and utterance, (S, U). With seeds the value is the
            mean of their rates, and both seeds and utterances are resampled.
        sizes: denominator of each utterance, >= 0, (U,) or (S, U).
        samples: number of resamples.  level: of the interval, in (0, 1).  seed: of the generator.
    Raises:
        ShapeError: shapes differ, or there is no utterance.  ValueError: not finite, negative or no sizes, bad level.
    """
    rates, drawn = _resampled([errors], [sizes], samples, seed)
    return _interval(rates[0], drawn[0], level)


def paired_bootstrap(
    first: ArrayLike,
    second: ArrayLike,
    sizes: ArrayLike,
    second_sizes: ArrayLike | None = None,
    *,
    samples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare the rates of two systems on the same utterances.

    Args:
        first, second: numerators, both (U,), or (S, U) where row s of both belongs to the same training seed. Seeds
            are then resampled in pairs too, so that the interval covers another training as well.
        sizes: denominators, (U,) or (S, U).  second_sizes: those of the second system where they differ, such as
            numbers of matched words.
        samples, level, seed: as in `bootstrap_interval`.
    Raises:
        ShapeError: shapes differ, or there is no utterance.  ValueError: not finite, negative or no sizes, bad level.
    """
    rates, drawn = _resampled([first, second], [sizes, sizes if second_sizes is None else second_sizes], samples, seed)
    gaps = drawn[1] - drawn[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = _interval((rates[1] - rates[0]) / rates[0], gaps / drawn[0], level)
    below, above = int((gaps < 0).sum()), int((gaps > 0).sum())
    ties = samples - below - above
    # One more in each count: the observed data are one of the possible draws, and p is never zero.
    p_value = min(1.0, 2 * (min(below, above) + ties + 1) / (samples + 1))
    return Comparison(_interval(rates[1] - rates[0], gaps, level), relative, (below + ties / 2) / samples, p_value)


def _interval(value: float | np.floating, drawn: Floats, level: float) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    tail = (1 - level) / 2
    finite = drawn[np.isfinite(drawn)]
    low, high = np.quantile(finite, (tail, 1 - tail)) if finite.size else (np.nan, np.nan)
    return Interval(float(value), float(low), float(high))


def _resampled(
    numerators: list[ArrayLike], denominators: list[ArrayLike], samples: int, seed: int
) -> tuple[list[np.float64], list[Floats]]:
    """The rate of each system as observed, and in every resample (samples,); the systems share the draws."""
    if samples < 1:
        raise ValueError(f"samples must be at least 1, got {samples}")
    top = [_table(one, "errors") for one in numerators]
    seeds, utterances = top[0].shape
    bottom = [_table(one, "sizes") for one in denominators]
    bottom = [np.broadcast_to(one, (seeds, one.shape[1])) if len(one) == 1 else one for one in bottom]
    for one in (*top, *bottom):
        if one.shape != (seeds, utterances):
            raise ShapeError(f"errors and sizes must share one shape, got {(seeds, utterances)} and {one.shape}")
    for one in bottom:
        if (one < 0).any() or (one.sum(1) <= 0).any():
            raise ValueError("sizes must be >= 0 and not all zero; an empty test set has no rate")
    rates = [np.mean(a.sum(1) / b.sum(1)) for a, b in zip(top, bottom, strict=True)]
    generator = np.random.default_rng(seed)
    drawn: list[list[Floats]] = [[] for _ in top]
    block = max(1, _BLOCK // utterances)
    for begin in range(0, samples, block):
        count = min(block, samples - begin)
        # How often each utterance is drawn; one matrix product gives the sums of all seeds.
        times = generator.multinomial(utterances, np.full(utterances, 1 / utterances), size=count).astype(np.float64)
        chosen = generator.integers(seeds, size=(count, seeds))
        for rows, a, b in zip(drawn, top, bottom, strict=True):
            with np.errstate(divide="ignore", invalid="ignore"):
                by_seed = (times @ a.T) / (times @ b.T)  # (count, S)
            rows.append(np.take_along_axis(by_seed, chosen, 1).mean(1))
    return rates, [np.concatenate(rows) for rows in drawn]


def _table(values: ArrayLike, name: str) -> Floats:
    table = np.atleast_2d(np.asarray(values, np.float64))
    if table.ndim != 2 or not table.shape[1] or not table.shape[0]:
        raise ShapeError(f"{name} must be (U,) or (S, U) with at least one utterance, got {np.shape(values)}")
    if not np.isfinite(table).all():
        raise ValueError(f"{name} must be finite")
    return table
