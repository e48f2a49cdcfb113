"""Boundaries from spikes and energy: hand-made energy tracks, and properties that must hold for any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.aligner.placing.boundaries import BoundaryRules, quiet_frames, refine

LOUD, SOFT = -4.0, -14.0


def track(seconds: float, *speech: tuple[float, float]) -> np.ndarray:
    energy = np.full(round(seconds * 100), SOFT, np.float32)
    for start, end in speech:
        energy[round(start * 100) : round(end * 100)] = LOUD
    return energy


def test_a_pause_belongs_to_neither_word():
    energy = track(5.0, (1.0, 1.6), (3.0, 3.5))
    (a, b), (c, d) = refine([(1.1, 1.4), (3.1, 3.3)], energy, 0.01, 5.0)
    assert (a, b, c, d) == pytest.approx((1.0, 1.6, 3.0, 3.5), abs=0.025)


def test_words_without_a_pause_meet():
    energy = track(3.0, (0.5, 2.0))
    (_, end), (start, _) = refine([(0.6, 1.0), (1.3, 1.8)], energy, 0.01, 3.0)
    assert end == start
    assert 1.0 <= end <= 1.3


def test_noise_in_a_pause_is_not_given_to_a_word():
    energy = track(6.0, (1.0, 1.5), (2.3, 2.6), (4.0, 4.6))  # a cough between the words
    (_, end), (start, _) = refine([(1.1, 1.4), (4.1, 4.4)], energy, 0.01, 6.0)
    assert end == pytest.approx(1.5, abs=0.025)
    assert start == pytest.approx(4.0, abs=0.025)


def test_a_word_in_steady_noise_gets_the_usual_edges():
    rules = BoundaryRules()
    ((start, end),) = refine([(5.0, 5.2)], np.full(1000, LOUD, np.float32), 0.01, 10.0)
    assert start == pytest.approx(5.0 - rules.usual_onset)
    assert end == pytest.approx(5.2 + rules.usual_tail)


def test_levels_are_local():
    loud_part = track(20.0, (2.0, 4.0), (6.0, 8.0))
    soft_part = track(20.0, (2.0, 4.0), (6.0, 8.0)) - 5.0
    quiet = quiet_frames(np.concatenate([loud_part, soft_part]), 0.01, BoundaryRules())
    assert quiet[[300, 500, 2300, 2500]].tolist() == [False, True, False, True]  # speech and pause in either part


@given(st.lists(st.floats(0, 30), min_size=2, max_size=20), st.integers(0, 2**16))
def test_times_are_ordered_and_inside_the_recording(times, seed):
    times = sorted(times)
    spikes = list(zip(times[::2], times[1::2], strict=False))
    energy = np.random.default_rng(seed).normal(-8, 4, 3000).astype(np.float32)
    found = refine(spikes, energy, 0.01, 30.0)
    edges = [edge for pair in found for edge in pair]
    assert len(found) == len(spikes)
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= 30.0)


def test_no_energy_at_all_still_gives_times():
    assert refine([(0.1, 0.2)], np.zeros(0, np.float32), 0.01, 0.3) == [(pytest.approx(0.05), 0.3)]


def test_the_closure_of_a_final_stop_is_no_end():
    energy = track(4.0, (1.0, 1.5), (1.58, 1.65))  # "eight": a vowel, the closure of t, its burst
    ((_, end),) = refine([(1.1, 1.5)], energy, 0.01, 4.0, delay=0.12)  # the spike of t is at 1.62
    assert end == pytest.approx(1.65, abs=0.025)


def test_a_spike_that_is_corrected_too_far_does_not_begin_in_silence():
    energy = track(4.0, (1.0, 1.5), (2.5, 3.0))
    (_, (start, _)) = refine([(1.1, 1.4), (2.44, 2.8)], energy, 0.01, 4.0, delay=0.12)
    assert start == pytest.approx(2.5, abs=0.025)
