"""Concatenation of short recordings to a long one, with pauses of noise like that of the clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.calibration.truth import Utterance

F32 = NDArray[np.float32]

PAUSE = (0.2, 1.2)  # seconds, uniform
FRAME = 0.02  # seconds
# Speech extends from the first to the last frame that is less than BELOW_PEAK below the loudest frame and more than
# ABOVE_FLOOR above the noise floor.
BELOW_PEAK, ABOVE_FLOOR = 40.0, 8.0  # dB


def join(clips: Sequence[F32], texts: Sequence[str], sample_rate: int, seed: int = 0) -> tuple[F32, list[Utterance]]:
    """One recording of the clips in order, and its utterances.

    Args:
        clips: samples, (n,) each, not empty.
        texts: the verbatim text of each.
        sample_rate: of all clips, in Hz.
        seed: of the lengths of the pauses and of their noise.
    Returns:
        Samples, (N,), and one utterance per clip.
    """
    rng = np.random.default_rng(seed)
    parts: list[F32] = []
    found: list[Utterance] = []
    at = 0
    for clip, text in zip(clips, texts, strict=True):
        pause = round(rng.uniform(*PAUSE) * sample_rate)
        parts += [quiet_noise(clip, pause, sample_rate, rng), np.asarray(clip, np.float32)]
        start, end = speech_edges(clip, sample_rate)
        begin = (at + pause) / sample_rate
        borders = (begin, begin + len(clip) / sample_rate)
        found.append(Utterance(text, begin + start, begin + end, clip=borders))
        at += pause + len(clip)
    parts.append(quiet_noise(clips[-1], round(PAUSE[1] * sample_rate), sample_rate, rng))
    return np.concatenate(parts), found


def speech_edges(clip: F32, sample_rate: int) -> tuple[float, float]:
    """Start and end of speech in a clip in seconds, by its energy; accurate to about 0.03 s in clean clips."""
    levels = _levels(clip, sample_rate)
    loud = np.flatnonzero(levels > max(levels.max() - BELOW_PEAK, np.percentile(levels, 2) + ABOVE_FLOOR))
    length = len(clip) / sample_rate
    if not loud.size:
        return 0.0, length
    return float(loud[0] * FRAME), min(length, float((loud[-1] + 1) * FRAME))


def quiet_noise(clip: F32, samples: int, sample_rate: int, rng: np.random.Generator) -> F32:
    """Noise with the spectrum of the quietest fifth of a clip."""
    size = round(FRAME * sample_rate)
    frames = _frames(clip, size)
    levels = _levels(clip, sample_rate)
    quiet = frames[levels <= np.percentile(levels, 20)]
    power = (np.abs(np.fft.rfft(quiet, axis=1)) ** 2).mean(0)
    # White noise of unit variance has a power of `size` in each bin of a frame.
    step = np.fft.rfftfreq(size)
    bins = np.fft.rfftfreq(max(samples, 2))
    gain = np.sqrt(np.interp(bins, step, power) / size)
    shaped = np.fft.irfft(np.fft.rfft(rng.standard_normal(max(samples, 2))) * gain, max(samples, 2))
    return shaped[:samples].astype(np.float32)


def _frames(clip: F32, size: int) -> NDArray[np.float64]:
    padded = np.pad(np.asarray(clip, np.float64), (0, max(0, size - len(clip))))
    return padded[: len(padded) // size * size].reshape(-1, size)


def _levels(clip: F32, sample_rate: int) -> NDArray[np.float64]:
    """Power of each frame in dB."""
    frames = _frames(clip, round(FRAME * sample_rate))
    return np.asarray(10 * np.log10((frames**2).mean(1) + 1e-12))
