"""Compiled sums over the CTC paths of a caption whose symbols are said near known frames.

Symbols of words stand one behind the other; separators between words are optional. What comes before the first and
behind the last symbol is free: the probabilities of all that may be said there sum to one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


@jit
def _add(a: float, b: float) -> float:
    """log(e^a + e^b)."""
    if b > a:
        a, b = b, a
    if not b > a - 30.0:  # also where both are -inf
        return a
    return a + math.log1p(math.exp(b - a))


@jit
def _at(table: F64, row: int, low: I64, high: I64, t: int) -> float:
    """An entry of a table whose rows begin at frames of their own; -inf outside."""
    if t < low[row] or t >= high[row]:
        return -np.inf
    return float(table[row, t - low[row]])


@jit
def forward_backward(
    rows: F32, labels: I64, optional: NDArray[np.bool_], low: I64, high: I64, blank: int
) -> tuple[F64, F64]:
    """Log-masses of the paths up to each symbol and frame, and from there on.

    Args:
        rows: natural-log probabilities, (T, C).   labels: (L,), not blank.
        optional: symbols that may be left out, (L,); neither the first nor the last, no two in a row.
        low, high: frames [low, high) in which each symbol may be said, (L,); neither ever falls.
    Returns:
        before: paths that are at symbol k in frame t, that frame included. (L, width), frame low[k] in column 0.
        behind: what may follow, that frame not included. (L, width)
    """
    count = labels.size
    width = 0
    for k in range(count):
        width = max(width, high[k] - low[k])
    before = np.full((count, width), -np.inf)
    behind = np.full((count, width), -np.inf)
    # The blank in front of symbol k may be said from the first frame of the symbol before it to the last of its own.
    from_ = low.copy()
    to = high.copy()
    from_[1:] = low[:-1]
    wide = 0
    for k in range(count):
        wide = max(wide, to[k] - from_[k])
    pause = np.full((count, wide), -np.inf)
    for k in range(count):
        if k > 0:
            for t in range(from_[k], to[k]):
                mass = _at(before, k - 1, low, high, t - 1)
                if t > from_[k]:
                    mass = _add(mass, pause[k, t - 1 - from_[k]])
                pause[k, t - from_[k]] = mass + rows[t, blank]
        for t in range(low[k], high[k]):
            mass = 0.0 if k == 0 else -np.inf
            if t > low[k]:
                mass = _add(mass, before[k, t - 1 - low[k]])
            if k > 0:
                mass = _add(mass, _at(pause, k, from_, to, t - 1))
                if labels[k] != labels[k - 1]:
                    mass = _add(mass, _at(before, k - 1, low, high, t - 1))
                if optional[k - 1]:
                    mass = _add(mass, _at(pause, k - 1, from_, to, t - 1))
                    if labels[k] != labels[k - 2]:
                        mass = _add(mass, _at(before, k - 2, low, high, t - 1))
            before[k, t - low[k]] = mass + rows[t, labels[k]]
    pause[:] = -np.inf
    for k in range(count - 1, -1, -1):
        for t in range(high[k] - 1, low[k] - 1, -1):
            if k == count - 1:
                behind[k, t - low[k]] = 0.0
                continue
            mass = -np.inf
            if t + 1 < high[k]:
                mass = behind[k, t + 1 - low[k]] + rows[t + 1, labels[k]]
            if t + 1 < to[k + 1]:
                mass = _add(mass, _at(pause, k + 1, from_, to, t + 1) + rows[t + 1, blank])
            if labels[k] != labels[k + 1] and t + 1 < high[k + 1]:
                mass = _add(mass, _at(behind, k + 1, low, high, t + 1) + rows[t + 1, labels[k + 1]])
            if optional[k + 1] and labels[k] != labels[k + 2] and t + 1 < high[k + 2]:
                mass = _add(mass, _at(behind, k + 2, low, high, t + 1) + rows[t + 1, labels[k + 2]])
            behind[k, t - low[k]] = mass
        if k == 0:
            break
        for t in range(to[k] - 1, from_[k] - 1, -1):
            mass = -np.inf
            if t + 1 < to[k]:
                mass = pause[k, t + 1 - from_[k]] + rows[t + 1, blank]
            if t + 1 < high[k]:
                mass = _add(mass, _at(behind, k, low, high, t + 1) + rows[t + 1, labels[k]])
            if optional[k] and t + 1 < high[k + 1]:
                mass = _add(mass, _at(behind, k + 1, low, high, t + 1) + rows[t + 1, labels[k + 1]])
            pause[k, t - from_[k]] = mass
    return before, behind


@jit
def free_and_silent(quiet: F64, left: F64, left_low: int, right: F64, right_low: int) -> tuple[float, float]:
    """Two ways from the end of one symbol to the beginning of another: anything between, or silence alone.

    Args:
        quiet: log-probability of saying nothing in each frame, (T,).
        left: log-masses of the paths whose last symbol is in frame left_low, left_low + 1, ...
        right: of those that go on in frame right_low, right_low + 1, ..., that frame included.
    Returns:
        log-masses of the best place for either, -inf where there is none.
    """
    free = -np.inf
    silent = -np.inf
    any_ = -np.inf  # best end so far
    still = -np.inf  # mass of ends that nothing followed so far
    for t in range(left_low, right_low + right.size):
        # From here to frame t: ends lie before t.
        if t >= right_low:
            free = max(free, any_ + right[t - right_low])
            silent = max(silent, still + right[t - right_low])
        still += quiet[t]
        if t - left_low < left.size:
            any_ = max(any_, left[t - left_low])
            still = _add(still, left[t - left_low])
    return free, silent
