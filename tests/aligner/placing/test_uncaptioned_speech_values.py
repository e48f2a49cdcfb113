"""Stretches of speech: every limit on either side, with symbols at known frames."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.placing.uncaptioned_speech import filler_speech, recognised_speech, uncaptioned_speech
from ctcalign.ctc import FILLER
from ctcalign.emission.emission import Emission
from tests.aligner.spelled_emissions import SHIFT, VOCABULARY


def emission(*frames: int, separators: tuple[int, ...] = (), total: int = 1000) -> Emission:
    """A symbol in each of these frames, alternately a and b; blank in all others."""
    rows = np.full((total, len(VOCABULARY)), -9.0, np.float32)
    labels = np.zeros(total, int)
    labels[list(frames)] = [2 + number % 2 for number in range(len(frames))]
    labels[list(separators)] = 1
    rows[np.arange(total), labels] = -0.01
    return Emission(rows, SHIFT, 0.0, VOCABULARY, total * SHIFT)


def stretches(made: Emission, start: float = 0.0, end: float = 20.0) -> list:
    return [pytest.approx(pair) for pair in recognised_speech(made, start, end)]


def test_from_the_first_to_the_last_symbol():
    assert stretches(emission(100, 110, 120, 130)) == [(2.0, 2.62)]
    assert stretches(emission(100, 110, 120)) == []  # three symbols
    assert stretches(emission()) == []
    assert stretches(emission(100, 110, 120, separators=(130,))) == []


def test_three_symbols_a_second_are_needed():
    assert stretches(emission(100, 122, 144, 165)) == [(2.0, 3.32)]  # 4 in 1.32 s
    assert stretches(emission(100, 122, 144, 167)) == []  # 4 in 1.36 s


def test_pauses_from_symbol_to_symbol():
    first, second = (100, 105, 110, 115), (155, 160, 165, 170)
    assert stretches(emission(*first, *second)) == [(2.0, 3.42)]  # 40 frames: 0.8 s
    later = tuple(frame + 1 for frame in second)
    assert stretches(emission(*first, *later)) == [(2.0, 2.32), (3.12, 3.44)]


def test_the_edges_of_what_is_searched():
    made = emission(100, 105, 110, 115, 120)
    assert stretches(made, 2.0, 2.42) == [(2.0, 2.42)]
    assert stretches(made, 2.1, 20.0) == [(2.1, 2.42)]
    assert stretches(made, 2.12, 20.0) == []
    assert stretches(made, 0.0, 2.32) == [(2.0, 2.32)]
    assert stretches(made, 0.0, 2.3) == []


def test_gaps_of_a_second_between_cues_are_searched():
    made = emission(110, 115, 120, 125)
    assert uncaptioned_speech(made, [(0.0, 2.0), (3.0, 20.0)]) == [pytest.approx((2.2, 2.52))]
    assert uncaptioned_speech(made, [(3.0, 20.0), (0.0, 2.0)]) == [pytest.approx((2.2, 2.52))]
    assert uncaptioned_speech(made, [(0.0, 2.01), (3.0, 20.0)]) == []
    assert uncaptioned_speech(made, [(0.0, 5.0), (1.0, 2.0)]) == []  # a longer cue covers it
    assert uncaptioned_speech(made, []) == [pytest.approx((2.2, 2.52))]
    assert uncaptioned_speech(emission(10, 15, 20, 25), [(1.0, 20.0)]) == [pytest.approx((0.2, 0.52))]
    assert uncaptioned_speech(emission(980, 985, 990, 995), [(0.0, 19.0)]) == [pytest.approx((19.6, 19.92))]


class Path:
    def __init__(self, *nodes: tuple[int, int, int]) -> None:
        self.nodes = np.array([node for node, _, _ in nodes])
        self.spans = [(first, stop) for _, first, stop in nodes]


LABELS = np.array([2, FILLER, FILLER, 3])


def test_speech_of_fillers_is_split_at_a_quarter_of_a_second():
    made = emission(100, 110, 130, 142, 150)
    assert filler_speech(Path((0, 90, 95), (1, 95, 145), (3, 145, 160)), LABELS, made) == [(100, 111), (130, 143)]
    # 0.25 s are 12 frames without a symbol.
    made = emission(100, 112)
    assert filler_speech(Path((1, 95, 145)), LABELS, made) == [(100, 113)]
    made = emission(100, 113)
    assert filler_speech(Path((1, 95, 145)), LABELS, made) == [(100, 101), (113, 114)]


def test_fillers_that_touch_are_one():
    made = emission(100, 105, 110)
    assert filler_speech(Path((1, 95, 105), (2, 105, 120)), LABELS, made) == [(100, 111)]
    assert filler_speech(Path((1, 95, 104), (2, 105, 120)), LABELS, made) == [(100, 101), (105, 111)]
    assert filler_speech(Path((0, 95, 105), (3, 105, 120)), LABELS, made) == []


def test_six_symbols_in_two_seconds_are_enough():
    assert stretches(emission(100, 120, 140, 160, 180, 199)) == [(2.0, 4.0)]
