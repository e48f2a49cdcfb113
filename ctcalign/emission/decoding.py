"""Greedy decoding of an emission: the best label of every frame, and the recognised labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

BLOCK = 50_000  # frames read at a time


@dataclass(frozen=True)
class GreedyDecoding:
    """The best label of every frame; equal neighbours merged and without blanks, these are the recognised labels.

    All frames are counted from the beginning of the emission, also in a part of it (`between`, `alone`).

    Attributes:
        path: best label of each frame from `start` on. (T,)
        labels: recognised labels. (n,)
        frames: frame at which each of them begins, ascending. (n,)
        blank: index of the blank.
        separator: label between words, None if the model has none.
        start: frame of `path[0]`.
    """

    path: NDArray[np.int32]
    labels: NDArray[np.int64]
    frames: NDArray[np.int64]
    blank: int = 0
    separator: int | None = None
    start: int = 0

    @classmethod
    def of(cls, log_probs: NDArray[np.floating], blank: int = 0, separator: int | None = None) -> GreedyDecoding:
        """Decode log-probabilities (T, C), which may be a memory map: they are read in blocks."""
        blocks = range(0, len(log_probs), BLOCK)
        parts = [np.asarray(log_probs[i : i + BLOCK]).argmax(1).astype(np.int32) for i in blocks]
        return cls.of_path(np.concatenate(parts) if parts else np.zeros(0, np.int32), blank, separator)

    @classmethod
    def of_path(
        cls, path: NDArray[np.int32], blank: int = 0, separator: int | None = None, start: int = 0
    ) -> GreedyDecoding:
        """The recognised labels of a path."""
        begins = np.flatnonzero((path != blank) & (np.diff(path, prepend=-1) != 0))
        return cls(path, path[begins].astype(np.int64), begins + start, blank, separator, start)

    def between(self, first: int, stop: int) -> GreedyDecoding:
        """The labels that begin in frames [first, stop)."""
        low, high = np.searchsorted(self.frames, [first, stop])
        at = max(first - self.start, 0)
        path = self.path[at : max(stop - self.start, at)]
        return replace(
            self, path=path, labels=self.labels[low:high], frames=self.frames[low:high], start=at + self.start
        )

    def alone(self, first: int, stop: int) -> GreedyDecoding:
        """The decoding of frames [first, stop) only: a label that began earlier and continues begins at `first`."""
        at = max(first - self.start, 0)
        path = self.path[at : max(stop - self.start, at)]
        return GreedyDecoding.of_path(path, self.blank, self.separator, at + self.start)

    def without_separators(self) -> GreedyDecoding:
        """The same without separators among `labels` and `frames`."""
        if self.separator is None:
            return self
        kept = self.labels != self.separator
        return replace(self, labels=self.labels[kept], frames=self.frames[kept])

    def stretches(self, pause: int) -> list[tuple[int, int]]:
        """Stretches of speech: frames [first, stop) from symbol to symbol, divided by more than `pause` frames.

        Symbols are all labels but blanks and separators; `pause` counts from the last frame of one to the first frame
        of the next.
        """
        symbols = self.symbol_frames
        if not symbols.size:
            return []
        groups = np.split(symbols, np.flatnonzero(np.diff(symbols) > pause) + 1)
        return [(int(group[0]), int(group[-1]) + 1) for group in groups]

    @property
    def symbol_frames(self) -> NDArray[np.int64]:
        """Frames whose best label is neither the blank nor the separator, ascending."""
        speech = self.path != self.blank
        if self.separator is not None:
            speech &= self.path != self.separator
        return np.flatnonzero(speech) + self.start
