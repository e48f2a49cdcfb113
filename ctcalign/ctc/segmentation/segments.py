"""CTC segmentation: times of consecutive utterances in an emission, with the published confidence of each.

It is not the CTC topology: blanks between equal neighbours are not forced, a symbol may continue over blanks, and
frames before the first and after the last symbol cost nothing. `best_path` is the exact CTC alignment; this method is
provided because published results and existing data were made with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.segmentation.kernels import OUTSIDE, best_row, empty_table, fill, fill_band, trace
from ctcalign.ctc.viterbi.emission_rows import as_numpy, check_values, checked_shape
from ctcalign.errors import NoPathError, ShapeError, UsageError

if TYPE_CHECKING:
    from ctcalign.ctc.viterbi.emission_rows import LogProbs

LOWEST = -1e4  # nats; smaller log-probs (-inf) are raised to this, because the traceback subtracts scores
NO_FRAME = -1e10  # score of an utterance without frames
WINDOW = 8000  # frames of the first window of the original program
WIDEST_WINDOW = 100_000  # frames at which the original program gives up
MARGIN = 0.5  # seconds of margin before the first and after the last symbol of an utterance, at most


@dataclass(frozen=True)
class SegmentationRules:
    """Options of the published program.

    Attributes:
        free_blank: staying at a separator costs nothing.
        free_preamble: frames before the first symbol cost nothing.
        from_last_frame: the path ends at the last frame instead of at the frame where the last symbol scores best.
        window: frames of a table that follows the path, WINDOW in the original; it may then miss the best path
            without notice. None: all frames, 4 bytes per frame and symbol.
    """

    free_blank: bool = False
    free_preamble: bool = True
    from_last_frame: bool = False
    window: int | None = None


@dataclass(frozen=True)
class Segmentation:
    """A path through the trellis.

    Attributes:
        frames: frame at which each symbol is entered; 0 for the start marker. (N,)
        frame_scores: log-prob of each frame: the best of its symbol's labels where a symbol is entered, the better of
            blank and symbol where it stays; 0 at frame 0 and after the end. (T,)
        states: label that a frame enters, -1 where it stays, -2 at frame 0 and after the end. (T,)
    """

    frames: NDArray[np.int64]
    frame_scores: NDArray[np.float64]
    states: NDArray[np.int64]


@dataclass(frozen=True)
class Utterance:
    """Times of an utterance in seconds from frame 0; `score` is its published confidence: nats, at most 0."""

    start: float
    end: float
    score: float


class Trellis:
    """The scores of all symbols at all frames. One trellis serves every prefix of its text.

    Args:
        log_probs: natural-log probabilities of one utterance, (T, C).
        symbols: labels with a start marker -1 at index 0, as `utterance_symbols` writes them: (N,), or (N, S).
        blank: index of the blank.
        rules: see `SegmentationRules`; None for its defaults.
    Raises:
        NoPathError: more symbols than frames.   ShapeError, UsageError: not log-probs, or labels outside [0, C).
    """

    def __init__(
        self, log_probs: LogProbs, symbols: NDArray[np.int64], blank: int = 0, rules: SegmentationRules | None = None
    ) -> None:
        self.rules = rules or SegmentationRules()
        checked_shape(log_probs)
        labels = np.asarray(symbols, np.int64)
        if labels.ndim not in (1, 2) or labels.size == 0:
            raise ShapeError(f"symbols: expected shape (N,) or (N, S) with N >= 1, got {labels.shape}")
        self._symbols = np.ascontiguousarray(labels.reshape(len(labels), -1))
        self._blank = blank
        frames, classes = (int(n) for n in log_probs.shape)
        if self._symbols.min() < -1 or self._symbols.max() >= classes:
            found = f"{labels.min()} to {labels.max()}"
            raise ShapeError(f"symbols: expected a start marker -1 and labels in [0, {classes}), got {found}")
        if not 0 <= blank < classes:
            raise ShapeError(f"blank: expected a label in [0, {classes}), got {blank}")
        if self._symbols.shape[1] == 1 and (self._symbols[1:] < 0).any():
            raise ShapeError("symbols: only the start marker may be -1")
        if len(labels) > frames:
            raise NoPathError(f"the text has {len(labels)} symbols but there are only {frames} frames; give more audio")
        raw = as_numpy(log_probs[:])
        check_values(raw, 0)
        self._log_probs = np.ascontiguousarray(np.maximum(raw, np.float32(LOWEST)), np.float32)
        self._window = frames if self.rules.window is None else min(self.rules.window, frames)
        self._fill()

    def __len__(self) -> int:
        return len(self._symbols)

    def _fill(self) -> None:
        self._offsets = np.zeros(len(self), np.int64)
        self._table = empty_table(self._window, len(self))
        rules = self.rules
        if self._window == len(self._log_probs) and self._symbols.shape[1] == 1:
            flat = np.ascontiguousarray(self._symbols[:, 0])
            fill(self._table, self._log_probs, flat, self._blank, rules.free_blank, rules.free_preamble)
        else:
            fill_band(
                self._table,
                self._log_probs,
                self._symbols,
                self._offsets,
                self._blank,
                rules.free_blank,
                rules.free_preamble,
            )

    def path(self, last: int | None = None) -> Segmentation:
        """The best path that ends at symbol `last` (default: the last one).

        Raises:
            NoPathError: the path leaves the window, even in the widest one.
        """
        column = len(self) - 1 if last is None else last
        while True:
            row = self._window - 1 if self.rules.from_last_frame else best_row(self._table, column)
            frames = np.zeros(column + 1, np.int64)
            frame_scores = np.zeros(len(self._log_probs))
            states = np.full(len(self._log_probs), OUTSIDE, np.int64)
            if trace(
                self._table,
                self._log_probs,
                self._symbols,
                self._offsets,
                self._blank,
                row,
                column,
                frames,
                frame_scores,
                states,
            ):
                return Segmentation(frames, frame_scores, states)
            if self._window == len(self._log_probs) or 2 * self._window >= WIDEST_WINDOW:
                raise NoPathError(
                    f"no path through a window of {self._window} frames; the text probably does not match the audio"
                )
            self._window = min(2 * self._window, len(self._log_probs))
            self._fill()


def utterance_symbols(utterances: Sequence[Sequence[int]], blank: int = 0) -> tuple[NDArray[np.int64], list[int]]:
    """Symbols of several utterances: a start marker, then a blank before each utterance and after the last.

    Returns:
        The symbols (N,), the index of the blank before each utterance, and the index of the last blank.
    Raises:
        UsageError: an utterance is empty.
    """
    symbols = [-1]
    begins: list[int] = []
    for number, utterance in enumerate(utterances):
        if len(utterance) == 0:
            raise UsageError(f"utterances: number {number} has no label; remove it")
        begins.append(len(symbols))
        symbols += [blank, *(int(label) for label in utterance)]
    begins.append(len(symbols))
    symbols.append(blank)
    return np.array(symbols, np.int64), begins


def utterance_times(
    segmentation: Segmentation,
    begins: Sequence[int],
    frame_shift: float,
    length: int = 30,
    last_window: bool = False,
    *,
    cores: bool = False,
) -> list[Utterance]:
    """Times and published confidence of each utterance.

    An utterance begins halfway between the symbols around its separator, but at most MARGIN before its first symbol;
    its end is determined likewise.

    Args:
        segmentation: a path.
        begins: indices of the separators among the symbols, including the last one.
        frame_shift: seconds per frame.
        length: frames of the windows whose smallest mean is the score, >= 1.
        last_window: include the window that ends with the utterance, which the original program omits.
        cores: from the frame that enters the first symbol to the one that enters the last, without margins.
    """
    seconds = segmentation.frames * frame_shift
    found = []
    for first, stop in pairwise(begins):
        if cores:
            start, end = seconds[first + 1], seconds[stop - 1] + frame_shift
        else:
            start = max(seconds[first + 1] - MARGIN, (seconds[first] + seconds[first - 1]) / 2)
            end = min(seconds[stop - 1] + MARGIN, (seconds[stop] + seconds[stop - 1]) / 2)
        score = min_mean(
            segmentation.frame_scores, round(start / frame_shift), round(end / frame_shift), length, last_window
        )
        found.append(Utterance(float(start), float(end), score))
    return found


def min_mean(
    frame_scores: NDArray[np.float64], start: int, stop: int, length: int = 30, last_window: bool = False
) -> float:
    """The published confidence: the smallest mean of `length` frames' log-probs within [start, stop), in nats.

    A span of at most `length` frames is one window; an empty span gives NO_FRAME. Never above 0 for longer spans.
    """
    if stop <= start:
        return NO_FRAME
    part = frame_scores[start:stop]
    if stop - start <= length:
        return float(part.mean())
    sums = np.concatenate([[0.0], np.cumsum(part)])
    means = (sums[length:] - sums[:-length]) / length
    return float(min(0.0, (means if last_window else means[:-1]).min()))


def segment_utterances(
    log_probs: LogProbs,
    utterances: Sequence[Sequence[int]],
    frame_shift: float,
    *,
    blank: int = 0,
    length: int = 30,
    last_window: bool = False,
    rules: SegmentationRules | None = None,
) -> list[Utterance]:
    """Find consecutive utterances in an emission.

    Args:
        log_probs: natural log, (T, C).
        utterances: labels of each, none empty.
        frame_shift: seconds per frame.
        blank, rules: see `Trellis`.   length, last_window: see `min_mean`.
    Returns:
        Start and end in seconds and the score of each utterance, in order.
    Raises:
        NoPathError: more labels than frames.   ShapeError, UsageError: invalid arguments.
    Source: Kürzinger et al. 2020, CTC-Segmentation of Large Corpora, arXiv:2007.09127; the package ctc-segmentation
        1.7.5. Differs from it: log-probs below LOWEST are raised to it; no window unless `rules` has one.
    """
    symbols, begins = utterance_symbols(utterances, blank)
    path = Trellis(log_probs, symbols, blank, rules).path()
    return utterance_times(path, begins, frame_shift, length, last_window)
