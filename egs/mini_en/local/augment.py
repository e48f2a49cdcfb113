"""Augmentation of log-mel features: speed, vocal tract, reverberation, noise, babble, band limits, masks.

All functions take natural-log mel energies (frames, 80): features are computed once and augmented anew in every epoch.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.signal import lfilter

MELS = 80
MEL_TOP = 1127.0 * np.log1p(7600.0 / 700.0)
MEL_LOW = 1127.0 * np.log1p(20.0 / 700.0)
FLOOR = float(np.log(1e-6))


def mel_of(hz: float) -> int:
    """The mel band of a frequency."""
    return int(np.clip((1127.0 * np.log1p(hz / 700.0) - MEL_LOW) / (MEL_TOP - MEL_LOW) * MELS, 0, MELS))


def resample_time(x: np.ndarray, factor: float) -> np.ndarray:
    """Faster for a factor above one. Linear interpolation between frames."""
    frames = max(2, round(len(x) / factor))
    place = np.linspace(0, len(x) - 1, frames, dtype=np.float32)
    low = np.minimum(place.astype(np.int64), len(x) - 2)
    share = (place - low)[:, None]
    return np.asarray(x[low] * (1 - share) + x[low + 1] * share, np.float32)


def warp_bands(x: np.ndarray, factor: float) -> np.ndarray:
    """Stretch the band axis: another length of the vocal tract."""
    place = np.clip(np.arange(MELS, dtype=np.float32) * factor, 0, MELS - 1)
    low = np.minimum(place.astype(np.int64), MELS - 2)
    share = place - low
    return np.asarray(x[:, low] * (1 - share) + x[:, low + 1] * share, np.float32)


def reverberate(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An exponential tail in the power domain, as in a room with RT60 of 0.15 to 0.8 s."""
    rt60 = rng.uniform(0.15, 0.8)
    decay = 10 ** (-6 * 0.01 / rt60)
    ratio = 10 ** (rng.uniform(-12, -1) / 10)  # energy of the tail against the direct sound
    power = np.exp(x)
    tail = lfilter([0.0, 0.0, ratio * (1 - decay)], [1.0, -decay], power, axis=0)
    return np.log(power + tail.astype(np.float32))


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """The short-time spectrum of white noise; cached, because drawing it costs more than everything else."""
    return np.log(np.random.default_rng(0).gamma(3.0, 1 / 3.0, (20_000, MELS)) + 1e-3).astype(np.float32)


def noise_like(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Stationary or fluctuating noise with a random spectral shape."""
    tilt = rng.uniform(-3.5, 1.0) * np.linspace(-0.5, 1.0, MELS)
    bumps = np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 9), rng.normal(0, 0.9, 9))
    first = int(rng.integers(0, max(1, len(_grain()) - frames)))
    noise = _grain()[first : first + frames] + (tilt + bumps).astype(np.float32)
    if rng.random() < 0.5:  # slow rise and fall
        knots = max(2, frames // rng.integers(10, 120))
        level = np.interp(np.arange(frames), np.linspace(0, frames, knots), rng.normal(0, rng.uniform(0.3, 1.5), knots))
        noise = noise + level[:, None].astype(np.float32)
    return np.asarray(noise, np.float32)


def mix(x: np.ndarray, other: np.ndarray, snr_db: float) -> np.ndarray:
    """Add `other` in the power domain; the louder half of the speech is `snr_db` above it."""
    energy = np.exp(x[::2]).mean(1)
    speech = np.log(energy[energy >= np.median(energy)].mean() + 1e-9)
    level = np.log(np.exp(other[::2]).mean() + 1e-9)
    shift = np.float32(speech - level - snr_db * np.log(10) / 10)
    return np.log(np.exp(x) + np.exp(np.asarray(other + shift, np.float32)))


def limit_band(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bandwidth of a telephone or an old recorder: bands outside it fall to a low floor."""
    x = x.copy()
    if rng.random() < 0.7:
        top = mel_of(rng.choice([3400.0, 3700.0, 4000.0, 5500.0, 7000.0]))
        x[:, top:] = np.minimum(x[:, top:], x.min(1, keepdims=True) + rng.uniform(0, 1.5))
    if rng.random() < 0.5:
        low = mel_of(rng.uniform(80, 320))
        x[:, :low] -= np.linspace(rng.uniform(2, 6), 0, low)[None] if low else 0
    return np.maximum(x, FLOOR)


def mask(x: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """SpecAugment: up to two ranges of bands and a few ranges of frames are set to the utterance's mean."""
    x = x.copy()
    mean = x.mean(0)
    for _ in range(2):
        width = int(rng.integers(0, 1 + round(14 * strength)))
        first = int(rng.integers(0, MELS - width))
        x[:, first : first + width] = mean[first : first + width]
    for _ in range(int(rng.integers(0, 1 + round(strength * len(x) / 150)))):
        width = int(rng.integers(0, 18))
        first = int(rng.integers(0, max(1, len(x) - width)))
        x[first : first + width] = mean
    return x


def augment(x: np.ndarray, other: np.ndarray, strength: float, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """One random version of an utterance.

    Args:
        x: log-mel energies, shape (T, 80).  other: another utterance, for babble.  strength: 0 (nearly none) to 1.
    Returns:
        The new features (T', 80) and the factor by which they are faster.
    """
    tempo = 1.0
    if rng.random() < 0.75:
        tempo = float(np.exp(rng.uniform(-0.17, 0.14) * strength))
        x = resample_time(x, tempo)
    if rng.random() < 0.7:
        x = warp_bands(x, float(np.exp(rng.uniform(-0.10, 0.10) * strength)))
    if rng.random() < 0.45 * strength:
        x = reverberate(x, rng)
    # Real recordings have a noise floor, synthetic ones have none.
    x = mix(x, noise_like(len(x), rng), rng.uniform(28, 60))
    if rng.random() < 0.5 * strength:
        x = mix(x, noise_like(len(x), rng), rng.uniform(4, 32))
    if rng.random() < 0.12 * strength:
        repeats = -(-len(x) // len(other))
        x = mix(x, np.tile(other, (repeats, 1))[: len(x)], rng.uniform(6, 24))
    if rng.random() < 0.3 * strength:
        x = limit_band(x, rng)
        if rng.random() < 0.5:
            x = mix(x, noise_like(len(x), rng), rng.uniform(25, 50))
    return mask(x, strength, rng), tempo
