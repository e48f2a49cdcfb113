"""Following the packed back-pointers that `kernels.forward` wrote."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit
from ctcalign.ctc.viterbi.kernels import I64, TILE, U8


@jit
def _unpack(codes: U8, start: int, size: int, index: int) -> int:
    q = (size + 3) // 4
    code: int = (codes[start + index % q] >> (2 * (index // q))) & 3
    return code


@jit
def _arcs_before(target: I64, cell: int) -> int:
    """How many arcs end in a cell before this one (np.searchsorted takes seconds to compile)."""
    low, high = 0, target.size
    while low < high:
        middle = (low + high) // 2
        if target[middle] < cell:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def earlier_cell(origin: I64, cell: int, frames: int) -> int:
    """Lowest cell from which `cell` can be reached in so many frames; origin[c] is that for one frame."""
    for _ in range(frames):
        if origin[cell] == cell:
            break
        cell = origin[cell]
    return cell


@jit
def traceback(
    lo: I64,
    hi: I64,
    same: NDArray[np.bool_],
    chained: NDArray[np.bool_],  # (N + 1,)
    source: I64,
    target: I64,
    arc_start: I64,  # (N + 2,) extra arcs into each node
    codes: U8,
    offsets: I64,
    state: int,  # 2 * cell + 1 for a label, 2 * cell for the blank before it, at the block's last frame
    states: I64,  # (n,) receives the states
) -> int:
    """Follow the back-pointers of a block from its last frame to its first; the state one frame before the block."""
    for t in range(states.size - 1, -1, -1):
        states[t] = state
        cell = state >> 1
        cells = hi[t] - lo[t]
        index = cell - lo[t]
        tile = index // TILE
        size = min(TILE, cells - tile * TILE)
        code = _unpack(codes, offsets[t] + tile * (TILE // 4), size, index - tile * TILE)
        if state & 1 == 0:
            if code & 1:
                state = 2 * (cell - 1) + 1
            continue
        moved = False
        if arc_start[cell + 1] > arc_start[cell]:
            a0 = _arcs_before(target, lo[t])
            n_arcs = _arcs_before(target, hi[t]) - a0
            for a in range(arc_start[cell + 1] - 1, arc_start[cell] - 1, -1):
                arc = _unpack(codes, offsets[t + 1] - (n_arcs + 3) // 4, n_arcs, a - a0)
                if arc & 2:
                    state = 2 * source[a] + 1 if arc & 1 else 2 * (source[a] + 1)
                    moved = True
                    break
        if not moved and chained[cell] and code & 2:
            state = 2 * (cell - 1) + 1 if code & 1 and not same[cell] else 2 * cell
    return state
