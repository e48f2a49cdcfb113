"""Log-mel features as Whisper's encoder takes them, on NumPy arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ctcalign.models.features.arrays import BLOCK, Array
from ctcalign.models.features.scale import HOP_SAMPLES, MELS, SAMPLE_RATE

WINDOW_SAMPLES = 400
# Energies below 1e-10, and more than 8 (decades) below the loudest band of the utterance, are raised to that bound.
FLOOR, RANGE = 1e-10, 8.0
# Slaney's mel scale: linear up to 1000 Hz (15 mel), then logarithmic with 27 steps for a factor of 6.4.
_LINEAR, _CORNER_HZ, _STEP = 200.0 / 3, 1000.0, np.log(6.4) / 27.0


def whisper_mel(samples: Array) -> Array:
    """`ctcalign.models.features.whisper.whisper_mel` on arrays: (N,) samples at 16 kHz -> (N // 160, 80)."""
    frames, half = len(samples) // HOP_SAMPLES, WINDOW_SAMPLES // 2
    if frames == 0 or len(samples) <= half:
        return np.zeros((0, MELS), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, half, mode="reflect"), WINDOW_SAMPLES)
    windows = windows[::HOP_SAMPLES][:frames]
    hann = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    energies = np.empty((frames, MELS), np.float32)
    for start in range(0, frames, BLOCK):
        spectrum = np.fft.rfft(windows[start : start + BLOCK] * hann)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
        np.matmul(power, slaney_filters(), out=energies[start : start + BLOCK])
    np.log10(np.maximum(energies, np.float32(FLOOR)), out=energies)
    np.maximum(energies, energies.max() - np.float32(RANGE), out=energies)
    found: Array = (energies + np.float32(4.0)) / np.float32(4.0)
    return found


@lru_cache(maxsize=1)
def slaney_filters() -> npt.NDArray[np.float32]:
    """Triangular filters of equal area between 0 and 8000 Hz on Slaney's mel scale. Shape (201, 80); read only."""
    bins = np.arange(WINDOW_SAMPLES // 2 + 1, dtype=np.float64) * SAMPLE_RATE / WINDOW_SAMPLES
    top = _CORNER_HZ / _LINEAR + np.log(SAMPLE_RATE / 2 / _CORNER_HZ) / _STEP
    mel = np.linspace(0.0, top, MELS + 2)
    corner = _CORNER_HZ / _LINEAR
    edges = np.where(mel < corner, mel * _LINEAR, _CORNER_HZ * np.exp(_STEP * (mel - corner)))
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - left) / (centre - left)
    falling = (right - bins[:, None]) / (right - centre)
    filters: npt.NDArray[np.float32] = (np.minimum(rising, falling).clip(min=0) * 2.0 / (right - left)).astype(
        np.float32
    )
    filters.flags.writeable = False
    return filters
