"""Emission times, delays and drift on cases whose answers can be read off."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.errors import ShapeError
from ctcalign.metrics import (
    Delays,
    EmittedToken,
    EmittedWord,
    TimedWord,
    emission_delays,
    emission_drifts,
    emission_times,
    emitted_words,
    match_words,
    mean_delay_interval,
    summarise_delays,
    total_latency,
)

SYMBOLS = ["_", " ", "a", "b", "c"]
NAN = float("nan")


def brute_words(path: list[int]) -> list[tuple[str, int, int, int]]:
    """Character words of a path frame by frame: text, first frame, first and last frame of the last letter."""
    words, open_word, previous = [], False, 0
    for frame, label in enumerate(path):
        if label == 1:
            open_word = False
        elif label > 1:
            fresh = label != previous
            if fresh and not open_word:
                words.append([SYMBOLS[label], frame, frame, frame])
                open_word = True
            elif fresh:
                words[-1][0] += SYMBOLS[label]
                words[-1][2:] = frame, frame
            else:
                words[-1][3] = frame
        previous = label
    return [tuple(word) for word in words]


def test_words_of_random_paths():
    rng = np.random.default_rng(0)
    for _ in range(300):
        path = rng.choice(5, rng.integers(0, 25), p=[0.3, 0.15, 0.25, 0.2, 0.1])
        found = emitted_words(emission_times(path, 0.5), SYMBOLS)
        assert [(w.text, w.start * 2, w.first * 2, w.last * 2) for w in found] == brute_words(path.tolist())


def test_words_of_pieces():
    pieces = ["<blank>", "▁he", "llo", "▁", "you", "▁a"]
    tokens = [EmittedToken(t, 0.1 * i, 0.1 * i) for i, t in enumerate([1, 2, 3, 4, 5])]
    assert [(w.text, w.start, w.first) for w in emitted_words(tokens, pieces)] == [
        ("hello", 0.0, pytest.approx(0.1)),
        ("you", pytest.approx(0.3), pytest.approx(0.3)),
        ("a", pytest.approx(0.4), pytest.approx(0.4)),
    ]


def test_blank_may_be_any_label():
    assert emission_times([4, 4, 0, 4, 1], 0.1, blank=4) == [
        EmittedToken(0, 0.2, 0.2),
        EmittedToken(1, 0.4, 0.4),
    ]


def test_delays_by_hand():
    reference = [TimedWord("a", 0, 1.0), TimedWord("b", 1, 2.0), TimedWord("c", 2, 3.0)]
    hypothesis = [EmittedWord("a", 0.9, 1.1, 1.3), EmittedWord("x", 2.0, 2.0, 2.0), EmittedWord("c", 2.5, 2.8, 3.4)]
    found = emission_delays(reference, hypothesis)
    assert found.values == pytest.approx([0.1, -0.2])
    assert (found.first, found.last) == (pytest.approx(0.1), pytest.approx(-0.2))
    assert (found.unmatched_reference, found.unmatched_hypothesis) == (1, 1)
    assert emission_delays(reference, hypothesis, use_last_frame=True).values == pytest.approx([0.3, 0.4])


def test_a_shift_of_the_path_is_a_shift_of_the_delay():
    path = [0, 2, 0, 1, 3, 3, 0, 1, 4, 0, 0, 0]
    reference = [TimedWord("a", 0.0, 0.1), TimedWord("b", 0.1, 0.4), TimedWord("c", 0.4, 0.7)]
    words = [emitted_words(emission_times([0] * k + path, 0.1), SYMBOLS) for k in (0, 3)]
    gap = emission_delays(reference, words[1]).values - emission_delays(reference, words[0]).values
    assert gap == pytest.approx([0.3] * 3)


def test_the_missing_one_of_two_equal_words_is_told_by_time():
    reference = [TimedWord("one", 0.0, 0.5), TimedWord("one", 3.0, 3.5)]
    found = emission_delays(reference, [EmittedWord("one", 3.4, 3.6, 3.6)])
    assert found.values == pytest.approx([0.1])
    assert (found.first, found.last) == (None, pytest.approx(0.1))


def test_words_without_time_are_matched_but_not_measured():
    reference = [TimedWord("a", NAN, NAN), TimedWord("b", 1, 2.0)]
    hypothesis = [EmittedWord("a", 1, 1, 1), EmittedWord("b", 2.5, 2.5, 2.5)]
    assert match_words(reference, hypothesis) == [(0, 0), (1, 1)]
    found = emission_delays(reference, hypothesis)
    assert found.values == pytest.approx([0.5])
    assert (found.first, found.unmatched_reference, found.unmatched_hypothesis) == (None, 1, 0)


def test_drift_by_hand():
    fixed = emission_times([2, 0, 3, 0, 4], 0.1)
    other = emission_times([0, 2, 0, 0, 4, 4], 0.1)  # misses token 3
    found = emission_drifts(fixed, other)
    assert found.values == pytest.approx([0.1, 0.0])
    assert (found.unmatched_reference, found.unmatched_hypothesis) == (1, 0)
    assert emission_drifts(fixed, fixed).values == pytest.approx([0, 0, 0])
    assert total_latency(0.05, 0.24) == pytest.approx(0.29)


def test_nothing_said():
    found = emission_delays([TimedWord("a", 0, 1)], [])
    assert (found.values.size, found.first, found.last, found.unmatched_reference) == (0, None, None, 1)
    empty = emission_delays([], [EmittedWord("a", 0, 0, 0)])
    assert (empty.values.size, empty.first, empty.last, empty.unmatched_hypothesis) == (0, None, None, 1)
    assert emission_drifts([], []).values.size == 0


def test_summary_against_numpy():
    rng = np.random.default_rng(0)
    delays = [Delays(rng.normal(0.2, 0.1, n), 0.1 * n, None if n == 3 else 0.2, n, 1) for n in (3, 0, 5, 7)]
    pooled = np.concatenate([d.values for d in delays])
    found = summarise_delays(delays)
    assert found.mean == pytest.approx(pooled.mean())
    assert (found.median, found.p50) == (pytest.approx(np.median(pooled)),) * 2
    assert found.p90 == pytest.approx(np.quantile(pooled, 0.9))
    assert found.p99 == pytest.approx(np.quantile(pooled, 0.99))
    assert found.first == pytest.approx(np.mean([0.3, 0.0, 0.5, 0.7]))
    assert found.last == pytest.approx(0.2)
    assert (found.matched, found.unmatched_reference, found.unmatched_hypothesis) == (15, 15, 4)
    interval = mean_delay_interval(delays, samples=500)
    assert interval.value == pytest.approx(pooled.mean())
    assert interval.low < interval.value < interval.high


def test_summary_of_nothing_is_nan():
    found = summarise_delays([])
    assert np.isnan([found.mean, found.median, found.p90, found.p99, found.first, found.last]).all()
    assert found.matched == 0


def test_bad_arguments():
    with pytest.raises(ValueError, match="frame_shift must be above 0"):
        emission_times([0, 1], 0.0)
    with pytest.raises(ShapeError, match=r"path must have shape \(T,\)"):
        emission_times([[0, 1]], 0.1)
    with pytest.raises(ValueError, match="7 is not an index of the 5 symbols"):
        emitted_words([EmittedToken(7, 0, 0)], SYMBOLS)
    with pytest.raises(ValueError, match="look_ahead must be >= 0"):
        total_latency(0.1, -0.1)
