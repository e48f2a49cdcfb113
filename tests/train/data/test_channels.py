"""Rooms, bands, noise and codecs: what each of them changes, and what it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.errors import UsageError
from ctcalign.train.data.channels import (
    ChannelConfig,
    in_band,
    in_room,
    mu_law,
    through_channel,
    with_coloured_noise,
)

RATE = 16_000


def tones(*frequencies: float) -> np.ndarray:
    time = np.arange(RATE) / RATE
    return sum(0.2 * np.sin(2 * np.pi * f * time) for f in frequencies).astype(np.float32)


def power(samples: np.ndarray, frequency: float) -> float:
    return float(np.abs(np.fft.rfft(samples)[int(frequency)]) ** 2)


def test_a_band_keeps_what_is_in_it_and_removes_the_rest():
    samples = tones(100, 1000, 6000)
    found = in_band(samples, 300, 3400, RATE)
    assert power(found, 1000) == pytest.approx(power(samples, 1000), rel=1e-3)
    assert power(found, 100) < 1e-6 * power(samples, 100)
    assert power(found, 6000) < 1e-6 * power(samples, 6000)


def test_a_room_adds_a_tail_of_its_length():
    click = np.zeros(RATE, np.float32)
    click[1000] = 1.0
    found = in_room(click, 0.3, np.random.default_rng(1), RATE)
    assert np.abs(found[:1000]).max() < 1e-6
    assert np.argmax(np.abs(found)) == 1000
    assert np.abs(found[1000 + int(0.01 * RATE) : 1000 + int(0.2 * RATE)]).max() > 1e-4
    assert np.abs(found[1000 + int(0.31 * RATE) :]).max() < 1e-6


def test_noise_has_the_asked_level():
    samples = tones(700)
    noise = with_coloured_noise(samples, 10.0, np.random.default_rng(2)) - samples
    assert 10 * np.log10(np.mean(samples**2) / np.mean(noise**2)) == pytest.approx(10.0, abs=0.01)


def test_mu_law_has_at_most_255_values_close_to_the_samples():
    samples = tones(700, 910)
    found = mu_law(samples)
    assert len(np.unique(found)) <= 255
    assert 0 < np.abs(found - samples).max() < 0.03


def test_the_length_stays_and_the_same_seed_gives_the_same_sound():
    config = ChannelConfig(room=1.0, band=1.0, noise=1.0, codec=1.0, gain=6.0)
    first, second, other = (
        through_channel(tones(440), config, np.random.default_rng(seed), RATE) for seed in (3, 3, 4)
    )
    assert first.shape == (RATE,)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(
        through_channel(tones(440), ChannelConfig(), np.random.default_rng(3), RATE), tones(440)
    )
    assert through_channel(np.zeros(0, np.float32), config, np.random.default_rng(3), RATE).shape == (0,)


@pytest.mark.parametrize(
    "wrong", [{"room": 1.5}, {"codec": -0.1}, {"shortest": 0.0}, {"least_snr": 40.0}, {"gain": -1}]
)
def test_numbers_out_of_range(wrong):
    with pytest.raises(UsageError, match="channel"):
        ChannelConfig(**wrong)
