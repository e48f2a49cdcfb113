"""The compiled loops of CTC segmentation: a trellis of symbols without forced blanks, and its traceback.

Every line follows the arithmetic of the published program (float32, order of operations, floors), so that even ties
and rounding agree. Symbols are a matrix (N, S): column s holds the label that spells symbols
i - s .. i as one, or -1; all but a vocabulary of multi-letter symbols over plain text has S = 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

NEVER = np.float32(-1e9)  # trellis value of cells without a predecessor
FLOOR = np.float32(-1e10)  # traceback value of an impossible transition
STAY = -1  # in `states`: this frame stays at its symbol
OUTSIDE = -2  # in `states`: before the first and after the last symbol


@jit
def fill(table: F32, log_probs: F32, symbols: I64, blank: int, free_blank: bool, free_preamble: bool) -> None:
    """The whole trellis, (T, N), for S = 1: frame by frame, so that the inner loop becomes SIMD."""
    frames, count = table.shape
    gain = np.empty(count, np.float32)
    keep = np.empty(count, np.float32)
    never = np.float32(NEVER)
    zero = np.float32(0)
    for c in range(count):
        table[0, c] = never
    table[0, 0] = zero
    for t in range(1, frames):
        row = log_probs[t]
        before = table[t - 1]
        here = table[t]
        rest = row[blank]
        for c in range(1, count):
            gain[c] = row[symbols[c]]
        for c in range(1, count):
            keep[c] = max(rest, gain[c])
        if free_blank:
            for c in range(1, count):
                if symbols[c] == blank:
                    keep[c] = zero
        here[0] = zero if free_preamble else before[0] + rest
        for c in range(1, count):
            here[c] = max(max(never, before[c - 1] + gain[c]), before[c] + keep[c])


@jit
def fill_band(
    table: F32,  # (window, N)
    log_probs: F32,  # (T, C)
    symbols: I64,  # (N, S)
    offsets: I64,  # (N,) receives the frame at which each column's window begins
    blank: int,
    free_blank: bool,
    free_preamble: bool,
) -> None:
    """The trellis symbol by symbol in a window of frames that follows the largest score of the column before."""
    window, count = table.shape
    spans = symbols.shape[1]
    never = np.float32(NEVER)
    shift = np.full(spans, -1, np.int64)  # frames between this column's window and that of each origin
    widest = int((log_probs.shape[0] - window) / count) + 1
    total = 0
    top_row = -1
    table[0, 0] = np.float32(0)
    for c in range(count):
        if c > 0:
            step = min(max(0, top_row - window // 2), min(widest, log_probs.shape[0] - window - total))
            for s in range(spans - 1):
                shift[s + 1] = shift[s] + step
            shift[0] = step
            total += step
        offsets[c] = total
        top_row = -1
        top = np.float32(0)
        for t in range(1 if c == 0 else 0, window):
            switch = never
            gain = never
            for s in range(spans):
                label = symbols[c, s]
                if label == -1:
                    continue
                come = never
                if c > s and 0 <= t - 1 + shift[s] < window:
                    come = table[t - 1 + shift[s], c - 1 - s] + log_probs[t + total, label]
                switch = max(switch, come)
                gain = max(gain, log_probs[t + total, label])
            if t == 0:
                stay = never
            elif c == 0 and free_preamble:
                stay = np.float32(0)
            elif free_blank and symbols[c, 0] == blank:
                stay = table[t - 1, c]
            else:
                stay = table[t - 1, c] + max(log_probs[t + total, blank], gain)
            table[t, c] = max(switch, stay)
            if top_row == -1 or top < table[t, c]:
                top = table[t, c]
                top_row = t


@jit
def trace(
    table: F32,  # (window, N)
    log_probs: F32,  # (T, C)
    symbols: I64,  # (N, S)
    offsets: I64,  # (N,)
    blank: int,
    row: int,  # where the path ends
    column: int,
    frames: I64,  # (N,) receives the frame at which each symbol is entered
    frame_scores: F64,  # (T,) receives the log-prob of each frame
    states: I64,  # (T,) receives the label that a frame enters, or STAY
) -> bool:
    """Walk back from a cell: of switch and stay the one whose increment is nearer to the difference of scores.

    Returns False where the walk leaves the window; indices below zero count from the end, as in the original.
    """
    window = table.shape[0]
    length = log_probs.shape[0]
    spans = symbols.shape[1]
    floor = np.float32(FLOOR)
    t, c = row, column
    step = 0
    while t != 0 or c != 0:
        here = t if t >= 0 else t + window
        frame = t + offsets[c]
        if frame < 0:
            frame += length
        if here < 0 or frame < 0 or frame >= length:
            return False
        span = -1
        nearest = np.float32(np.inf)
        gain = floor
        for s in range(spans):
            label = symbols[c, s]
            if label == -1:
                continue
            origin = c - 1 - s
            step = offsets[c] - (offsets[origin] if origin >= 0 and c > s else 0)
            switch = log_probs[frame, label] if c > 0 else floor
            at = t - 1 + step
            if at < 0:
                at += window
            if at < 0 or at >= window:
                return False
            distance = abs(switch - (table[here, c] - table[at, origin]))
            if distance < nearest:
                nearest = distance
                span = s
            gain = max(gain, switch)
        stay = max(log_probs[frame, blank], gain) if t > 0 else floor
        below = t - 1
        if below < 0:
            below += window
        if below < 0:
            return False
        if abs(stay - (table[here, c] - table[below, c])) > nearest:
            if span < 0:
                return False
            if c > 0:
                for s in range(span + 1):
                    frames[c - s] = offsets[c] + t
                frame_scores[frame] = gain
                states[frame] = symbols[c, span]
            c -= 1 + span
            t -= 1 - step
            if c < 0:
                return False
        else:
            frame_scores[frame] = stay
            states[frame] = STAY
            t -= 1
    return True


def best_row(table: F32, column: int) -> int:
    """Row of the largest score of a column, the first of equals."""
    return int(np.asarray(table[:, column]).argmax())


def empty_table(frames: int, count: int) -> NDArray[Any]:
    """Room for a trellis, not yet written."""
    return np.empty((frames, count), np.float32)
