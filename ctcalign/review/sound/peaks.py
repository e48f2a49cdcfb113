"""The waveform of a recording as loudest samples of short stretches, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FINEST = 200  # peaks per second, at most: 5 ms, below the 10 ms steps of the editor
# A byte each. A page of 10 minutes has 120,000; 3 hours have 100 per second. Beyond this number the resolution halves.
MOST = 1_200_000
LOUD = 0.999  # quantile of the peaks that fills the height: a few clicks do not flatten the rest
SILENCE = 1e-4  # amplitude; a quieter recording is not magnified to the full height


@dataclass(frozen=True)
class Peaks:
    """Loudest absolute samples. `levels`: shape (N,), 255 is the full height. `per_second`: their number per second."""

    levels: NDArray[np.uint8]
    per_second: float


class PeakMeter:
    """Collects the peaks of a recording block by block.

    Args:
        sample_rate: of the blocks, in Hz.
        most: how many peaks are kept; the resolution is halved when there are more.
    """

    def __init__(self, sample_rate: int, most: int = MOST) -> None:
        self._step = max(1, round(sample_rate / FINEST))
        self._rate = sample_rate / self._step
        self._most = most
        self._rest = np.zeros(0, np.float32)
        self._found: list[NDArray[np.float32]] = []
        self._count = 0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples, shape (N,)."""
        loud = np.abs(samples)
        if len(self._rest):
            loud = np.concatenate([self._rest, loud])
        whole = len(loud) // self._step * self._step
        self._rest = loud[whole:].copy()
        self._keep(loud[:whole].reshape(-1, self._step).max(axis=1))

    def _keep(self, peaks: NDArray[np.float32]) -> None:
        self._found.append(peaks)
        self._count += len(peaks)
        while self._count > self._most:
            joined = np.concatenate(self._found)
            even = len(joined) // 2 * 2
            halved = joined[:even].reshape(-1, 2).max(axis=1)
            # An odd last peak becomes raw samples again, so that the next one is joined to it.
            if even < len(joined):
                self._rest = np.concatenate([np.full(self._step, joined[-1], np.float32), self._rest])
            self._step, self._rate = 2 * self._step, self._rate / 2
            self._found, self._count = [halved], len(halved)

    def result(self) -> Peaks:
        """The peaks so far, scaled so that the loud parts fill the height."""
        last = [self._rest.max(keepdims=True)] if len(self._rest) else []
        peaks = np.concatenate([*self._found, *last]) if self._found or last else np.zeros(0, np.float32)
        full = max(float(np.quantile(peaks, LOUD)), SILENCE) if len(peaks) else 1.0
        return Peaks(np.rint(np.minimum(peaks / full, 1.0) * 255).astype(np.uint8), self._rate)
