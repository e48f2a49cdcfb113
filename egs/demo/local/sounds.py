"""Sounds of the demo other than speech: chords, applause, wind and rain. float32, peak below 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def music(seconds: float, rate: int, rng: np.random.Generator) -> Samples:
    """Four plucked chords, each a few decaying partials."""
    out = np.zeros(int(seconds * rate))
    step = seconds / 4
    for i, chord in enumerate(((220, 277, 330), (196, 247, 294), (175, 220, 262), (220, 277, 440))):
        t = np.arange(len(out) - int(i * step * rate)) / rate
        for note in chord:
            for partial in range(1, 6):
                decay = np.exp(-t * (1.5 + partial))
                phase = rng.uniform(0, 2 * np.pi)
                out[len(out) - len(t) :] += decay / partial * np.sin(2 * np.pi * note * partial * t + phase)
    fade = np.minimum(1, (seconds - np.arange(len(out)) / rate) / 0.5)
    return (0.25 * out * fade / np.abs(out).max()).astype(np.float32)


def applause(seconds: float, rate: int, rng: np.random.Generator) -> Samples:
    """Thirty people, each of whom claps about four times a second."""
    out = np.zeros(int(seconds * rate) + rate // 10)
    clap = np.exp(-np.arange(rate // 50) / (rate / 250))
    for _ in range(30):
        at, loud = rng.uniform(0, 0.4), rng.uniform(0.3, 1)
        while at < seconds - 0.05:
            begin = int(at * rate)
            out[begin : begin + len(clap)] += loud * clap * rng.standard_normal(len(clap))
            at += rng.uniform(0.2, 0.3)
    out = out[: int(seconds * rate)]
    swell = np.sin(np.pi * np.linspace(0, 1, len(out))) ** 0.5
    return (0.3 * out * swell / np.abs(out * swell).max()).astype(np.float32)


def storm(seconds: float, rate: int, rng: np.random.Generator) -> Samples:
    """Wind (low, slowly changing) and rain (white, steady); about 0.02 RMS."""
    count = int(seconds * rate)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / rate)
    wind = np.fft.irfft(spectrum / np.maximum(hertz, 60.0), count)
    knots = np.arange(int(seconds) + 2)  # a gust a second
    slow = np.interp(np.arange(count) / rate, knots, rng.uniform(0.4, 1, len(knots)))
    rain = rng.standard_normal(count)
    mix = 0.8 * slow * wind / wind.std() + 0.6 * rain
    edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / rate)
    return (0.02 * mix * edge / mix.std()).astype(np.float32)


SOUNDS = {"music": music, "applause": applause}
