"""Bootstrap intervals against every possible resample, against theory, and on cases with a known answer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ctcalign.errors import ShapeError
from ctcalign.metrics import bootstrap_interval, paired_bootstrap


def all_rates(errors: list[float], sizes: list[float]) -> np.ndarray:
    """The rate of each of the U^U equally likely resamples."""
    draws = itertools.product(range(len(errors)), repeat=len(errors))
    return np.array([sum(errors[i] for i in d) / sum(sizes[i] for i in d) for d in draws])


def test_the_interval_is_that_of_all_resamples():
    errors, sizes = [0, 1, 4, 2, 0], [3, 5, 8, 2, 6]
    found = bootstrap_interval(errors, sizes, samples=50_000, level=0.9)
    assert found.value == 7 / 24
    low, high = np.quantile(all_rates(errors, sizes), (0.05, 0.95))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(300):
        errors = rng.binomial(10, 0.2, 80)
        found = bootstrap_interval(errors, np.full(80, 10), samples=400, seed=trial)
        hits += found.low <= 0.2 <= found.high
    assert 0.90 < hits / 300 < 0.985


def test_a_seed_is_a_sample_too():
    sizes = np.full(50, 10)
    alike = np.stack([np.full(50, 2)] * 4)
    assert bootstrap_interval(alike, sizes).low == bootstrap_interval(alike, sizes).high == 0.2
    apart = np.stack([np.full(50, k) for k in (1, 2, 3, 2)])  # no spread over utterances, only over seeds
    found = bootstrap_interval(apart, sizes, samples=40_000)
    assert found.value == pytest.approx(0.2)
    low, high = np.quantile([np.mean(d) / 10 for d in itertools.product((1, 2, 3, 2), repeat=4)], (0.025, 0.975))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.011)


def test_pairs_see_a_small_gain_that_separate_intervals_do_not():
    rng = np.random.default_rng(0)
    first = rng.poisson(3, 300)
    second = first - (rng.random(300) < 0.15) * (first > 0)
    sizes = np.full(300, 20)
    found = paired_bootstrap(first, second, sizes)
    assert found.difference.high < 0
    assert found.p_value < 0.01
    assert found.p_improvement > 0.995
    assert bootstrap_interval(first, sizes).low < bootstrap_interval(second, sizes).high
    assert found.relative.value == pytest.approx((second.sum() - first.sum()) / first.sum())


def test_the_p_value_is_that_of_all_resamples():
    first, second, sizes = [3, 1, 2, 4, 0], [2, 2, 1, 3, 1], [5, 5, 5, 5, 5]
    gaps = all_rates(second, sizes) - all_rates(first, sizes)  # the same draws in the same order
    found = paired_bootstrap(first, second, sizes, samples=50_000)
    assert found.p_improvement == pytest.approx((gaps < -1e-12).mean() + (abs(gaps) < 1e-12).mean() / 2, abs=0.01)
    assert found.p_value == pytest.approx(min(1, 2 * min((gaps < 1e-12).mean(), (gaps > -1e-12).mean())), abs=0.02)


def test_no_difference_is_not_significant():
    same = paired_bootstrap([1, 2, 3], [1, 2, 3], [4, 4, 4], samples=500)
    assert (same.difference.value, same.p_value, same.p_improvement) == (0, 1.0, 0.5)
    rng = np.random.default_rng(3)
    small = 0
    for trial in range(200):
        a, b = rng.poisson(2, (2, 60))
        small += paired_bootstrap(a, b, np.full(60, 10), samples=400, seed=trial).p_value < 0.05
    assert small / 200 < 0.11


def test_a_gain_of_one_lucky_seed_is_not_significant():
    sizes = np.full(100, 10)
    first = np.full((3, 100), 2)
    lucky = np.stack([np.full(100, 1), np.full(100, 2), np.full(100, 2)])
    assert paired_bootstrap(first, lucky, sizes).p_value > 0.05
    assert paired_bootstrap(first, np.full((3, 100), 1), sizes).p_value < 0.001


def test_sizes_may_differ_between_systems():
    found = paired_bootstrap([1.0, 2.0], [1.0, 2.0], [10, 10], [5, 5], samples=200)
    assert found.difference.value == pytest.approx(0.15)


def test_equal_seeds_give_equal_numbers():
    one, two, other = (bootstrap_interval([1, 0, 2], [3, 3, 4], samples=50, seed=s) for s in (5, 5, 6))
    assert one == two != other


@pytest.mark.parametrize(
    ("errors", "sizes", "options", "message"),
    [
        ([], [], {}, r"errors must be \(U,\) or \(S, U\) with at least one utterance"),
        ([1, 2], [1, 2, 3], {}, "must share one shape"),
        ([1, 2], [0, 0], {}, "not all zero"),
        ([1, 2], [1, -1], {}, "must be >= 0"),
        ([1, float("nan")], [1, 1], {}, "errors must be finite"),
        ([1, 2], [1, 1], {"level": 1.0}, "level must lie between 0 and 1"),
        ([1, 2], [1, 1], {"samples": 0}, "samples must be at least 1"),
    ],
)
def test_bad_arguments(errors, sizes, options, message):
    with pytest.raises((ShapeError, ValueError), match=message):
        bootstrap_interval(errors, sizes, **options)
