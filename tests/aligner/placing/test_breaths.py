"""Cues take in the breath before them, and neither silence, a room's tone nor a neighbour's speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.aligner.placing.breaths import BreathRules, with_breaths

DB = np.log(10) / 10


def track(*parts: tuple[float, float]) -> np.ndarray:
    """Stretches of (seconds, decibels), one behind the other, with a little noise."""
    levels = np.concatenate([np.full(round(seconds * 100), level) for seconds, level in parts])
    return ((levels + np.random.default_rng(0).normal(0, 1, len(levels))) * DB).astype(np.float32)


# A cue of two words with a pause between them: the pause has the level of the room.
SPOKEN = ((0.8, -20.0), (0.4, -65.0), (0.8, -20.0))


def test_a_breath_before_the_first_word_belongs_to_the_cue():
    energy = track((2.2, -65), (0.2, -48), (0.1, -65), *SPOKEN, (2.0, -65))
    ((start, end),) = with_breaths([(2.5, 4.5)], [], energy, 0.01)
    assert start == pytest.approx(2.2, abs=0.03)
    assert end == pytest.approx(4.5, abs=0.03)


def test_of_a_long_breath_only_the_last_part():
    energy = track((1.9, -65), (0.5, -48), (0.1, -65), *SPOKEN, (2.0, -65))
    ((start, _),) = with_breaths([(2.5, 4.5)], [], energy, 0.01)
    assert start == pytest.approx(2.5 - BreathRules().most)


def test_the_tone_of_the_room_does_not():
    energy = track((0.5, -80), (2.0, -65), *SPOKEN, (2.0, -65))  # digital silence before the room tone
    assert with_breaths([(2.5, 4.5)], [], energy, 0.01) == [(2.5, 4.5)]


@pytest.mark.parametrize("level", [-48, -30])
def test_noise_that_goes_on_is_no_breath(level):
    energy = track((1.0, -65), (1.5, level), *SPOKEN, (1.5, level), (1.0, -65))
    assert with_breaths([(2.5, 4.5)], [], energy, 0.01) == [(2.5, 4.5)]


def test_a_click_of_the_lips_is_part_of_a_breath():
    energy = track((2.0, -65), (0.2, -48), (0.02, -22), (0.2, -48), (0.08, -65), *SPOKEN, (2.0, -65))
    ((start, _),) = with_breaths([(2.5, 4.5)], [], energy, 0.01)
    assert start == pytest.approx(2.5 - BreathRules().most)


def test_a_clap_is_no_breath():
    energy = track((2.0, -65), (0.3, -25), (0.2, -65), *SPOKEN, (0.1, -65), (0.3, -25), (2.0, -65))
    assert with_breaths([(2.5, 4.5)], [], energy, 0.01) == [(2.5, 4.5)]


def test_nothing_is_heard_in_noise():
    spoken = ((0.8, -20.0), (0.4, -36.0), (0.8, -20.0))
    energy = track((2.0, -38), (0.3, -33), (0.2, -38), *spoken, (2.0, -38))
    assert with_breaths([(2.5, 4.5)], [], energy, 0.01) == [(2.5, 4.5)]


def test_what_reaches_too_far_is_no_breath():
    energy = track((1.0, -65), (0.6, -48), (0.2, -65), (0.5, -48), (0.2, -65), *SPOKEN, (2.0, -65))
    assert with_breaths([(2.5, 4.5)], [], energy, 0.01, BreathRules(reach=1.0, most=2.0)) == [(2.5, 4.5)]
    ((start, _),) = with_breaths([(2.5, 4.5)], [], energy, 0.01, BreathRules(reach=2.0, most=2.0))
    assert start == pytest.approx(1.0, abs=0.02)


def test_the_speech_of_nobody_is_left_to_nobody():
    energy = track((2.0, -65), (0.4, -30), (0.1, -65), *SPOKEN, (0.3, -30), (2.0, -65))
    assert with_breaths([(2.5, 4.5)], [(2.0, 2.5), (4.5, 4.8)], energy, 0.01) == [(2.5, 4.5)]


def test_a_breath_between_two_cues_is_cut_in_two():
    energy = track((0.5, -65), *SPOKEN, (0.4, -48), *SPOKEN, (0.5, -65))
    (_, end), (start, _) = with_breaths([(0.5, 2.5), (2.9, 4.9)], [], energy, 0.01)
    assert end == start == pytest.approx(2.7, abs=0.02)


@given(st.lists(st.floats(0, 20), min_size=2, max_size=12), st.integers(0, 2**16))
def test_cues_only_grow_and_stay_in_order(times, seed):
    times = sorted(times)
    spans = list(zip(times[::2], times[1::2], strict=False))
    cues, speech = spans[::2], spans[1::2]
    energy = np.random.default_rng(seed).normal(-8, 4, 2000).astype(np.float32)
    wide = with_breaths(cues, speech, energy, 0.01)
    for (a, b), (c, d) in zip(cues, wide, strict=True):
        assert 0 <= c <= a <= b <= d
    for (_, b), (c, _) in pairwise(wide):
        assert b <= c
    for a, b in speech:
        assert all(min(b, d) - max(a, c) <= 1e-6 for c, d in wide)  # no cue grows over them
