"""Log-mel features of one recording or window on NumPy arrays: stateless, with bounded context."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ctcalign.models.features.scale import (
    FFT_SAMPLES,
    FLOOR,
    HOP_SAMPLES,
    LEVEL,
    MEAN_FRAMES,
    MELS,
    PREEMPHASIS,
    WINDOW_SAMPLES,
    mel_filters,
)

Array = npt.NDArray[np.float32]
BLOCK = 1024  # frames transformed at a time


def log_mel(samples: Array) -> Array:
    """Natural-log mel energies of 25 ms windows every 10 ms; frame t is centred at (t + 0.5) * 10 ms.

    Args:
        samples: at 16 kHz in [-1, 1]. Shape (N,).
    Returns:
        Shape (N // 160, 80).
    """
    frames = len(samples) // HOP_SAMPLES
    energies = np.empty((frames, MELS), np.float32)
    if frames == 0:
        return energies
    left = (WINDOW_SAMPLES - HOP_SAMPLES) // 2
    padded = np.zeros(len(samples) + WINDOW_SAMPLES - HOP_SAMPLES, np.float32)
    inner = padded[left : left + len(samples)]
    inner[:] = samples
    inner[1:] -= np.float32(PREEMPHASIS) * samples[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES]
    hann = np.hanning(WINDOW_SAMPLES).astype(np.float32)
    filters = mel_filters()
    for start in range(0, frames, BLOCK):
        stop = min(start + BLOCK, frames)
        spectrum = np.fft.rfft(windows[start:stop] * hann, n=FFT_SAMPLES)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
        np.matmul(power, filters, out=energies[start:stop])
    energies += np.float32(FLOOR)
    return np.log(energies, out=energies)


def subtract_running_mean(features: Array) -> Array:
    """Subtract the mean of each band over 2 s on either side.

    Like a mean over the whole recording, a running mean removes the spectral shape of the channel. But the context of a
    frame is bounded, so that windows of a recording have the same emission as the whole.

    Args:
        features: shape (T, 80).
    Returns:
        Shape (T, 80).
    """
    frames = len(features)
    found = features - np.float32(LEVEL)
    running = np.zeros((frames + 1, features.shape[1]), np.float64)
    np.cumsum(found, axis=0, dtype=np.float64, out=running[1:])
    for start in range(0, frames, BLOCK):  # all at once, 80 doubles a frame, would need more memory than the model
        place = np.arange(start, min(start + BLOCK, frames))
        first, last = np.maximum(place - MEAN_FRAMES, 0), np.minimum(place + MEAN_FRAMES + 1, frames)
        mean = running[last]
        mean -= running[first]
        mean /= (last - first)[:, None]
        found[start : start + BLOCK] -= mean
    return found
