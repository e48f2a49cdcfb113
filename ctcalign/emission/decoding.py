"""What the model hears without a text: labels with their frames, and how far a text is from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

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


def label_errors(text: Sequence[int] | NDArray[np.int64], heard: Sequence[int] | NDArray[np.int64]) -> int:
    """Fewest substitutions, deletions and insertions of labels between two sequences.

    >>> label_errors([1, 2, 3], [1, 3, 4])
    2
    """
    return int(prefix_errors(text, heard)[-1])


def prefix_errors(
    text: Sequence[int] | NDArray[np.int64], heard: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.int64]:
    """Errors between a text and the first 0, 1, 2, ... of the labels heard. (n + 1,)"""
    row = np.arange(len(heard) + 1)
    _advance(np.asarray(text, np.int64), np.asarray(heard, np.int64), row)
    return row


def substring_errors(
    text: Sequence[int] | NDArray[np.int64], heard: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.int64]:
    """Fewest errors between a text and any run of the labels heard that ends before place 0, 1, 2, ... (n + 1,)

    >>> substring_errors([1, 2, 3], [7, 1, 2, 3, 7]).tolist()
    [3, 3, 2, 1, 0, 1]
    """
    row = np.zeros(len(heard) + 1, np.int64)
    _advance(np.asarray(text, np.int64), np.asarray(heard, np.int64), row)
    return row


@jit
def _advance(text: NDArray[np.int64], heard: NDArray[np.int64], row: NDArray[np.int64]) -> None:
    for i in range(text.size):
        corner = row[0]
        row[0] = i + 1
        for j in range(heard.size):
            cost = corner + (0 if text[i] == heard[j] else 1)
            corner = row[j + 1]
            row[j + 1] = min(cost, corner + 1, row[j] + 1)
