"""Peaks of waveforms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.review.sound.peaks import FINEST, PeakMeter


def peaks_of(samples, rate, cuts, most=10**9):
    meter = PeakMeter(rate, most)
    for part in np.split(samples, sorted(cuts)):
        meter.add(part.astype(np.float32))
    return meter.result()


@settings(max_examples=50, deadline=None)
@given(
    length=st.integers(1, 5000),
    cuts=st.lists(st.integers(0, 5000), max_size=6),
    most=st.sampled_from([3, 10, 50, 10**6]),
    seed=st.integers(0, 100),
)
def test_blocks_do_not_matter_and_each_peak_is_the_loudest_of_its_stretch(length, cuts, most, seed):
    samples = np.random.default_rng(seed).uniform(-1, 1, length).astype(np.float32)
    found = peaks_of(samples, 1000, [min(cut, length) for cut in cuts], most)
    step = round(1000 / found.per_second)
    expected = np.array([np.abs(samples[i : i + step]).max() for i in range(0, length, step)])
    full = max(np.quantile(expected, 0.999), 1e-4)
    assert np.array_equal(found.levels, np.rint(np.minimum(expected / full, 1) * 255).astype(np.uint8))
    assert len(found.levels) <= most + 1
    assert step in {5 * 2**k for k in range(12)}


def test_the_resolution_depends_on_the_length():
    silence = np.zeros(8000 * 60, np.float32)
    assert peaks_of(silence, 8000, [], most=12_000).per_second == FINEST
    assert peaks_of(silence, 8000, [], most=11_999).per_second == FINEST / 2


def test_silence_is_not_magnified():
    assert peaks_of(np.full(1000, 1e-6), 1000, []).levels.max() <= 3


def test_no_samples_give_no_peaks():
    assert len(PeakMeter(16_000).result().levels) == 0


def test_a_click_does_not_flatten_the_rest():
    samples = np.full(16_000 * 20, 0.1, np.float32)
    samples[5] = 1.0
    assert np.median(peaks_of(samples, 16_000, []).levels) == pytest.approx(255, abs=1)
