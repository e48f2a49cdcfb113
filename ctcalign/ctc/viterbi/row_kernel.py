"""Compiled: rows of an emission in the form that the search reads, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

LANES = 32  # maxima side by side, so that the loop vectorises

F64 = NDArray[np.float64]


@jit
def _largest(row: NDArray[Any], start: int, stop: int, lanes: NDArray[Any]) -> float:
    """Of row[start:stop]; -inf of nothing."""
    best = -np.inf
    at = start
    if stop - start >= LANES:
        for i in range(LANES):
            lanes[i] = row[start + i]
        at += LANES
        while at + LANES <= stop:
            part = row[at : at + LANES]
            for i in range(LANES):
                lanes[i] = part[i] if part[i] > lanes[i] else lanes[i]
            at += LANES
        for i in range(LANES):
            best = max(best, np.float64(lanes[i]))
    for i in range(at, stop):
        best = max(best, np.float64(row[i]))
    return best


@jit
def fill_rows(
    raw: NDArray[Any],
    used: NDArray[np.uint64],
    blank: int,
    filler: bool,
    prices: F64,
    charged: NDArray[np.bool_],
    wildcard: bool,
    penalty: float,
    rows: F64,
) -> int:
    """Fill in rows of `EmissionRows.block`; returns the first frame without a finite value, or -1.

    Args:
        raw: frames of log-probs. (n, C)
        used: labels in use.
        filler, wildcard: whether there are any; otherwise their columns are -inf.
        prices: of each kind of filler, in the order of their columns, in frames that are `charged` (n,).
        penalty: of the wildcard.
        rows: gets the labels in use, a column of -inf, the fillers, the wildcard; the largest of each row is 0. (n, K)
    """
    count = used.size
    lanes = np.empty(LANES, raw.dtype)
    for t in range(raw.shape[0]):
        row, filled = raw[t], rows[t]
        top = -np.inf
        for i in range(np.uint64(count)):
            value = np.float64(row[used[i]])
            filled[i] = value
            top = value if value > top else top
        for i in range(count, filled.size):
            filled[i] = -np.inf
        if filler or wildcard:
            spoken = max(_largest(row, 0, blank, lanes), _largest(row, blank + 1, row.size, lanes))
            if filler:
                best = max(spoken, np.float64(row[blank]))
                for i in range(prices.size):
                    filled[count + 1 + i] = best - prices[i] * charged[t]
                    top = max(top, filled[count + 1 + i])
            if wildcard:
                filled[filled.size - 1] = spoken - penalty
                top = max(top, filled[filled.size - 1])
        if top == -np.inf:
            return t
        for i in range(filled.size):
            filled[i] -= top
    return -1
