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


SILENT = np.float32(np.log(1e-10))


def noisy(seconds: float = 30.0) -> np.ndarray:
    """Speech of 1.2 s every 2 s, over noise, with ramps of 0.1 s."""
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * 100)) / 100
    speech = np.clip((0.6 - np.abs(time % 2 - 1.0)) / 0.1, 0, 1)
    return (SOFT + (LOUD - SOFT) * speech + rng.normal(0, 0.3, len(time))).astype(np.float32)


@pytest.mark.parametrize(
    "muted",
    [
        [(0.0, 4.0)],
        [(26.0, 30.0)],
        [(0.0, 2.0), (28.0, 30.0)],
        [(9.75, 10.3)],  # in a pause
        [(11.0, 12.2), (13.7, 14.3), (19.9, 20.1)],
        [(time, time + 0.03) for time in np.arange(0.3, 30, 0.47)],  # dropouts
    ],
)
def test_a_muted_part_changes_nothing_beside_it(muted: list[tuple[float, float]]) -> None:
    energy = noisy()
    expected = quiet_frames(energy, 0.01, BoundaryRules())
    inside = np.zeros(len(energy), bool)
    for start, end in muted:
        inside[round(start * 100) : round(end * 100)] = True
    found = quiet_frames(np.where(inside, SILENT, energy), 0.01, BoundaryRules())
    assert found[inside].all()
    assert (found != expected)[~inside].mean() < 0.01


@pytest.mark.parametrize("seconds", [0.01, 0.02, 0.03, 2.0])
def test_digital_silence_alone_is_quiet(seconds: float) -> None:
    energy = np.full(round(seconds * 100), SILENT)
    assert quiet_frames(energy, 0.01, BoundaryRules()).all()


def test_zeros_of_a_noise_gate_are_the_floor() -> None:
    """All that is soft is zero: the threshold is the one that counts the zeros, as if they were noise."""
    energy = noisy()
    gated = np.where(energy < -11, SILENT, energy)
    found = quiet_frames(gated, 0.01, BoundaryRules())
    np.testing.assert_array_equal(found[5:-5], (np.convolve(gated, np.ones(3) / 3, "same") < -17.3)[5:-5])
