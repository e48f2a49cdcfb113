"""Mel spectrograms of pictures, on the scale of Slaney's Auditory Toolbox: linear up to 1 kHz, logarithmic beyond."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_LINEAR_HZ = 200 / 3  # of a mel up to 1 kHz
_CORNER_HZ = 1000.0
_CORNER = _CORNER_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27  # 27 mels from 1 to 6.4 kHz


def mel_of(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Mels of frequencies."""
    hz = np.asarray(hertz, np.float64)
    beyond = _CORNER + np.log(np.maximum(hz, _CORNER_HZ) / _CORNER_HZ) / _LOG_STEP
    return np.where(hz < _CORNER_HZ, hz / _LINEAR_HZ, beyond)


def hertz_of(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `mel_of`."""
    beyond = _CORNER_HZ * np.exp(_LOG_STEP * (np.maximum(mels, _CORNER) - _CORNER))
    return np.where(mels < _CORNER, mels * _LINEAR_HZ, beyond)


@lru_cache(maxsize=4)
def mel_filters(rate: int, size: int, bands: int) -> NDArray[np.float32]:
    """Triangles of unit area (per Hz) that are equally wide in mel from 0 Hz to half the rate. (bands, size // 2 + 1)

    Args:
        rate: sample rate in Hz.   size: samples of the Fourier transform.
    """
    edges = hertz_of(np.linspace(0.0, float(mel_of(rate / 2)), bands + 2))
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = np.fft.rfftfreq(size, 1 / rate)
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    found = np.minimum(rising, falling).clip(min=0) * 2 / (right - left)
    return found.astype(np.float32)


def mel_power(samples: NDArray[np.float32], rate: int, window: int, hop: int, bands: int) -> NDArray[np.float32]:
    """Mel power of Hann windows that begin every `hop` samples and lie within the samples. (bands, T)"""
    hann = np.hanning(window + 1)[:-1].astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    spectrum = np.fft.rfft(windows * hann)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
    return np.asarray(mel_filters(rate, window, bands) @ power.T)
