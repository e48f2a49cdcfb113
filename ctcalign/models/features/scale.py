"""Frames, bands and filters of the log-mel features."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
HOP_SAMPLES = 160  # 10 ms
WINDOW_SAMPLES = 400  # 25 ms
FFT_SAMPLES = 512
MELS = 80
PREEMPHASIS = 0.97
# Added to each mel energy before the logarithm: about the energy of 16-bit rounding noise in one band, so that
# digital silence resembles recorded silence.
FLOOR = 1e-6
# Frames on either side (2 s) over which the running mean of each band is computed.
MEAN_FRAMES = 200
# Typical log energy of a band: subtracted before running sums, it keeps them small and exact.
LEVEL = -7.0
LOWEST, HIGHEST = 20.0, 7600.0  # Hz


def _hz_to_mel(hz: float) -> float:
    return 1127.0 * math.log1p(hz / 700.0)


@lru_cache(maxsize=1)
def mel_filters() -> npt.NDArray[np.float32]:
    """Triangular filters between 20 and 7600 Hz on the mel scale. Shape (257, 80); read only."""
    bins = np.arange(FFT_SAMPLES // 2 + 1, dtype=np.float64) * SAMPLE_RATE / FFT_SAMPLES
    mel = 1127.0 * np.log1p(bins / 700.0)
    edges = np.linspace(_hz_to_mel(LOWEST), _hz_to_mel(HIGHEST), MELS + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (mel[:, None] - left) / (centre - left)
    falling = (right - mel[:, None]) / (right - centre)
    filters = np.minimum(rising, falling).clip(min=0).astype(np.float32)
    filters.flags.writeable = False
    return filters
