"""Spectrograms of pages."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ctcalign.review.sound.spectrogram import BANDS, TILE, SpectrogramMeter


def columns_of(spectrogram):
    """The pictures side by side, darkness in [0, 1], shape (BANDS, columns), low frequencies first."""
    pictures = [np.asarray(Image.open(io.BytesIO(tile)).convert("L")) for tile in spectrogram.tiles]
    return 1 - np.concatenate(pictures, axis=1)[::-1] / 255


def spectrogram_of(samples, size):
    meter = SpectrogramMeter()
    for start in range(0, len(samples), size):
        meter.add(samples[start : start + size].astype(np.float32))
    return meter.result()


def tone(hertz, seconds):
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 16_000)) / 16_000)


def test_a_tone_is_dark_in_its_band_while_it_sounds():
    samples = np.concatenate([np.zeros(16_000), tone(400, 1), tone(3000, 1), np.zeros(16_000)])
    picture = columns_of(spectrogram_of(samples, 5000))
    assert picture.shape == (BANDS, 200)
    assert picture[:, :48].max() < 0.1
    low, high = picture[:, 52:98].mean(1).argmax(), picture[:, 102:148].mean(1).argmax()
    assert 3 < low < high < BANDS - 3
    assert picture[low, 52:98].min() > 0.5  # pre-emphasis weakens low tones
    assert picture[high, 52:98].max() < 0.5


@pytest.mark.parametrize("size", [100, 479, 16_000, 10**6])
def test_blocks_do_not_matter(size):
    samples = np.random.default_rng(1).normal(0, 0.1, 16_123)
    assert np.array_equal(columns_of(spectrogram_of(samples, size)), columns_of(spectrogram_of(samples, 1600)))


def test_pictures_are_30_seconds_long():
    found = spectrogram_of(np.random.default_rng(1).normal(0, 0.1, 16_000 * 70), 160_000)
    assert [Image.open(io.BytesIO(tile)).size for tile in found.tiles] == [(TILE, BANDS), (TILE, BANDS), (500, BANDS)]
    assert found.seconds == 30.0


def test_nothing_gives_nothing():
    assert SpectrogramMeter().result().tiles == []
