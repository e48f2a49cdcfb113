"""Compiled: the path from the back-pointers of the search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit
from ctcalign.ctc.viterbi.layout import Arcs, Cells, Epsilons, Trace

TILE = 1024  # as in `kernels`; cached kernels may only read globals of their own file
FREE = -2
EPSILON = -(2**31)

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]


@jit
def _unpack(codes: U8, start: int, size: int, index: int) -> int:
    q = (size + 3) // 4
    code: int = (codes[start + index % q] >> (2 * (index // q))) & 3
    return code


@jit
def _arcs_before(target: I64, cell: int) -> int:
    """Number of arcs that end in a cell before this one (np.searchsorted takes seconds to compile)."""
    low, high = 0, target.size
    while low < high:
        middle = (low + high) // 2
        if target[middle] < cell:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def before_epsilon(eps: Epsilons, node: int, after: int, labels: I64, choices: U16, first: int, place: int) -> int:
    """The state in the frame before from which an EPSILON node was passed.

    Args:
        node: the EPSILON node.
        after: label that follows, FREE for a blank or filler.
        choices, first, place: back-pointers of the frame, see `Trace`.
    """
    low, high = first, eps.node.size
    while low < high:
        middle = (low + high) // 2
        if eps.node[middle] < node:
            low = middle + 1
        else:
            high = middle
    state = 0
    for way in range(2):  # the best one; the second if an equal label follows the label of that
        e, side = low, way
        while True:
            choice = choices[place + 2 * (e - first) + side]
            arc = eps.start[e] + (choice >> 1)
            side = choice & 1
            if arc < eps.middle[e]:
                state = 2 * eps.source[arc] + 1 if side else 2 * (eps.source[arc] + 1)
                break
            e = eps.number[arc]
        if state & 1 == 0 or after <= FREE or labels[state >> 1] != after:
            break
    return state


@jit
def traceback(cells: Cells, arcs: Arcs, eps: Epsilons, trace: Trace, state: int, states: I64) -> int:
    """Follow the back-pointers of a block from its last frame to its first.

    Args:
        state: at the last frame of the block: 2 * cell + 1 for a label, 2 * cell for the blank before it.
        states: (n,) receives the states.
    Returns:
        The state one frame before the block.
    """
    lo, hi, codes, offsets = cells.lo, cells.hi, trace.codes, trace.offsets
    same, chained, source, target, arc_start = arcs.same, arcs.chained, arcs.source, arcs.target, arcs.start
    labels = arcs.labels
    for t in range(states.size - 1, -1, -1):
        states[t] = state
        cell = state >> 1
        width = hi[t] - lo[t]
        index = cell - lo[t]
        tile = index // TILE
        size = min(TILE, width - tile * TILE)
        code = _unpack(codes, offsets[t] + tile * (TILE // 4), size, index - tile * TILE)
        after = FREE
        moved = False
        if state & 1 == 0:
            moved = True
            if code & 1:
                state = 2 * (cell - 1) + 1
        else:
            after = labels[cell]
        if not moved and arc_start[cell + 1] > arc_start[cell]:
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
        if state & 1 and labels[state >> 1] == EPSILON:
            state = before_epsilon(eps, state >> 1, after, labels, trace.choices, trace.first[t], trace.places[t])
    return state
