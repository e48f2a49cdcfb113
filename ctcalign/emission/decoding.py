"""What the model hears without a text: labels with their frames, and how far a text is from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 50_000


class FreeDecoding:
    """The best label of every frame, equal neighbours merged, blanks left out.

    Args:
        log_probs: (T, C), may be a memory map: it is read in blocks.
        blank: index of the blank.

    Attributes:
        labels: (n,) int64.   frames: frame at which each one begins, (n,).
    """

    def __init__(self, log_probs: NDArray[np.floating], blank: int = 0) -> None:
        parts = [
            np.asarray(log_probs[i : i + BLOCK]).argmax(1).astype(np.int64) for i in range(0, len(log_probs), BLOCK)
        ]
        path = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        new = np.flatnonzero((path != blank) & (np.diff(path, prepend=-1) != 0))
        self.labels: NDArray[np.int64] = path[new]
        self.frames: NDArray[np.int64] = new

    def between(self, start: int, stop: int) -> NDArray[np.int64]:
        """Labels that begin in frames [start, stop)."""
        low, high = np.searchsorted(self.frames, [start, stop])
        return self.labels[low:high]

    def frames_between(self, start: int, stop: int) -> NDArray[np.int64]:
        """Frames in [start, stop) at which labels begin."""
        low, high = np.searchsorted(self.frames, [start, stop])
        return self.frames[low:high]
