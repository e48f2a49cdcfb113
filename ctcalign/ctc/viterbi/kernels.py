"""The compiled loops of the CTC Viterbi search over a chain of tokens with extra arcs, and of its traceback.

Layout. Node j of N has two states: its label, and the blank *before* it (after node j - 1). Both live in cell j of two
separate float64 arrays, `label` and `blank`; cell N holds the blank after the last node. One frame of a chain is then

    blank'[j] = e(blank) + max(blank[j], label[j-1])
    label'[j] = e(y[j])  + max(label[j], blank[j], label[j-1] if y[j] != y[j-1])

where both lines share the maximum of blank[j] and label[j-1]: two bits per cell are all that the traceback needs
(bit 0: label[j-1] > blank[j]; bit 1: label j was entered rather than kept). The loop has no branch and a single
index, so LLVM turns it into SIMD. Arcs that skip nodes are few; they are handled by scalar code around the loop, two
bits per arc. Equal scores: a state is kept rather than entered; as origin, a blank is preferred to a label and the
first arc to a later one. A strictly better candidate is always chosen, so ties never lower the score.

Scores are float64: float32 loses 0.2 nats over 45,000 frames, and the path found is then not the best one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

TILE = 1024  # cells; the scratch of one tile stays in the first-level cache

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]


class Arcs(NamedTuple):
    """A token graph of N nodes for the kernels: the chain from each node to the next, and A extra arcs beside it."""

    column: NDArray[np.integer]  # (N + 1,) column of `rows` of the label of each cell
    same: NDArray[np.bool_]  # (N + 1,) whether the label of a cell equals the one before
    chained: NDArray[np.bool_]  # (N + 1,) whether a node can be entered from the node before
    unchained: I64  # nodes that cannot, ascending
    source: I64  # (A,) extra arcs, ascending by target
    target: I64  # (A,)
    start: I64  # (N + 2,) extra arcs into node j are start[j] : start[j + 1]
    blank_cost: F64  # (A,) added when the arc is taken from the blank after `source`
    label_cost: F64  # (A,) the same from its label; -inf where that is not allowed
    reach: I64  # (N + 1,) furthest cell that any cell up to this one can enter in one frame


class Cells(NamedTuple):
    """The cells that are searched in each frame, [lo, hi), among those on complete paths, [full_lo, full_hi). (n,)"""

    lo: I64  # with a beam, lo and hi become what was kept
    hi: I64
    full_lo: I64
    full_hi: I64


class Scores(NamedTuple):
    """Scores after the last frame seen; everything is changed in place."""

    blank: F64  # (N + 1,)
    label: F64  # (N + 1,)
    kept: I64  # (2,) cells that are not -inf, [first, stop)
    bound: F64  # (1,) highest score at which anything was pruned


class Trace(NamedTuple):
    """Packed back-pointers of a block of n frames."""

    codes: U8  # empty where only scores are wanted
    offsets: I64  # (n + 1,) where the back-pointers of each frame start


def code_bytes(cells: Any, arcs: Any) -> Any:
    """Bytes of back-pointers of a frame (ints or arrays): four cells a byte in each tile, then four arcs a byte."""
    return (cells // TILE) * (TILE // 4) + (cells % TILE + 3) // 4 + (arcs + 3) // 4


_code_bytes = jit(code_bytes)


@jit
def _advance(blank: F64, label: F64, before: F64, gain: F64, same: NDArray[np.bool_], code: U8, e_blank: float) -> None:
    """One frame of one tile. `before` is label shifted by one cell, `same` marks labels equal to the one before."""
    for i in range(blank.size):
        stay = label[i]
        rest = blank[i]
        come = before[i]
        from_label = come > rest
        best = come if from_label else rest
        origin = rest if same[i] else best
        enter = origin > stay
        blank[i] = best + e_blank
        label[i] = (origin if enter else stay) + gain[i]
        code[i] = np.uint8(from_label) | (np.uint8(enter) << np.uint8(1))


@jit
def _score(blank: F64, label: F64, before: F64, gain: F64, same: NDArray[np.bool_], e_blank: float) -> None:
    """The same scores, bit for bit, without back-pointers: half the work."""
    for i in range(blank.size):
        stay = label[i]
        rest = blank[i]
        come = before[i]
        best = come if come > rest else rest
        origin = rest if same[i] else best
        blank[i] = best + e_blank
        label[i] = (origin if origin > stay else stay) + gain[i]


@jit
def _gather(row: F64, column: NDArray[np.integer], gain: F64) -> None:
    for i in range(gain.size):
        gain[i] = row[column[i]]


@jit
def _copy(values: F64, copy: F64) -> None:
    for i in range(copy.size):  # not copy[:] = values, which takes a second to compile
        copy[i] = values[i]


@jit
def _pack(code: U8, packed: U8) -> None:
    """Four two-bit codes a byte: byte i holds codes i, i + q, i + 2q, i + 3q, so that the loop vectorises."""
    q = packed.size
    for i in range(q):
        packed[i] = code[i] | (code[i + q] << 2) | (code[i + 2 * q] << 4) | (code[i + 3 * q] << 6)


@jit
def _largest(values: F64, lanes: F64) -> None:
    for i in range(values.size):
        lanes[i] = max(lanes[i], values[i])


@jit
def forward(rows: F64, arcs: Arcs, cells: Cells, beam: float, state: Scores, trace: Trace) -> None:
    """Advance the scores over a block of frames, with back-pointers or without.

    `rows` (n, K) are log-probs of the labels in use; the largest of each frame is 0.
    """
    column, same, unchained, source, target = arcs.column, arcs.same, arcs.unchained, arcs.source, arcs.target
    blank_cost, label_cost, reach = arcs.blank_cost, arcs.label_cost, arcs.reach
    lo, hi, full_lo, full_hi = cells.lo, cells.hi, cells.full_lo, cells.full_hi
    blank, label, kept, bound = state.blank, state.label, state.kept, state.bound
    codes, offsets = trace.codes, trace.offsets
    before = np.empty(TILE)
    gain = np.empty(TILE)
    code = np.zeros(TILE + 4, np.uint8)
    lanes = np.empty(TILE)
    candidate = np.empty(source.size)
    arc_code = np.zeros(source.size + 4, np.uint8)
    held = np.empty(unchained.size)
    pruning = beam < np.inf
    tracing = codes.size > 0
    last_lo, last_hi = kept[0], kept[1]
    a0 = a1 = u0 = u1 = 0
    if tracing:
        offsets[0] = 0
    for t in range(rows.shape[0]):
        row = rows[t]
        first, end = lo[t], hi[t]
        if pruning:
            first = max(first, last_lo)
            end = max(first + 1, min(end, reach[last_hi - 1] + 1))
        # What leaves the window here, at the score it has: log-probs are <= 0 from here on.
        for j in range(max(last_lo, full_lo[t]), min(first, last_hi)):
            bound[0] = max(bound[0], blank[j], label[j])
        if full_hi[t] > end and end > 0:
            bound[0] = max(bound[0], label[end - 1])
        # Extra arcs and nodes without a chain arc need the scores of the frame before.
        while a0 < target.size and target[a0] < first:
            a0 += 1
        a1 = max(a0, a1)
        while a1 < target.size and target[a1] < end:
            a1 += 1
        while a1 > a0 and target[a1 - 1] >= end:
            a1 -= 1
        for a in range(a0, a1):
            p = source[a]
            via_blank = blank[p + 1] + blank_cost[a]
            via_label = label[max(p, 0)] + label_cost[a]
            candidate[a] = max(via_blank, via_label)
            arc_code[a] = np.uint8(via_label > via_blank)
        if full_hi[t] > end:
            for a in range(a1, target.size):
                if target[a] > reach[end - 1]:
                    break
                p = source[a]
                if p < end:
                    bound[0] = max(bound[0], blank[p + 1] + blank_cost[a], label[max(p, 0)] + label_cost[a])
        while u0 < unchained.size and unchained[u0] < first:
            u0 += 1
        u1 = max(u0, u1)
        while u1 < unchained.size and unchained[u1] < end:
            u1 += 1
        while u1 > u0 and unchained[u1 - 1] >= end:
            u1 -= 1
        for u in range(u0, u1):
            held[u] = label[unchained[u]]
        # The chain, tile by tile from the right: a tile reads the cell on its left before that one changes.
        at = offsets[t] if tracing else 0
        width = end - first
        for tile in range((width - 1) // TILE, -1, -1):
            j0 = first + tile * TILE
            j1 = min(j0 + TILE, end)
            n = j1 - j0
            before[0] = label[j0 - 1] if j0 > 0 else -np.inf
            _copy(label[j0 : j1 - 1], before[1:n])
            _gather(row, column[j0:j1], gain[:n])
            if tracing:
                _advance(blank[j0:j1], label[j0:j1], before[:n], gain[:n], same[j0:j1], code, row[0])
                start = at + tile * (TILE // 4)
                _pack(code, codes[start : start + (n + 3) // 4])
            else:
                _score(blank[j0:j1], label[j0:j1], before[:n], gain[:n], same[j0:j1], row[0])
        for u in range(u0, u1):
            j = unchained[u]
            label[j] = held[u] + row[column[j]]
        for a in range(a0, a1):
            j = target[a]
            score = candidate[a] + row[column[j]]
            if score > label[j]:
                label[j] = score
                arc_code[a] |= 2
        for j in range(last_lo, min(first, last_hi)):
            blank[j] = label[j] = -np.inf
        for j in range(end, last_hi):
            blank[j] = label[j] = -np.inf
        if tracing:
            n_arcs = a1 - a0
            offsets[t + 1] = at + _code_bytes(width, n_arcs)
            _pack(arc_code[a0:], codes[offsets[t + 1] - (n_arcs + 3) // 4 : offsets[t + 1]])
        last_lo, last_hi = first, end
        if pruning:
            for i in range(TILE):
                lanes[i] = -np.inf
            for j0 in range(first, end, TILE):
                _largest(blank[j0 : min(j0 + TILE, end)], lanes)
                _largest(label[j0 : min(j0 + TILE, end)], lanes)
            best = -np.inf
            for i in range(TILE):
                best = max(best, lanes[i])
            floor = best - beam
            while last_lo < last_hi - 1 and max(blank[last_lo], label[last_lo]) < floor:
                bound[0] = max(bound[0], blank[last_lo], label[last_lo])
                blank[last_lo] = label[last_lo] = -np.inf
                last_lo += 1
            while last_hi - 1 > last_lo and max(blank[last_hi - 1], label[last_hi - 1]) < floor:
                last_hi -= 1
                bound[0] = max(bound[0], blank[last_hi], label[last_hi])
                blank[last_hi] = label[last_hi] = -np.inf
            lo[t], hi[t] = last_lo, last_hi
    kept[0], kept[1] = last_lo, last_hi


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
def earlier_cell(origin: I64, cell: int, frames: int) -> int:
    """Lowest cell from which `cell` can be reached in so many frames; origin[c] is that for one frame."""
    for _ in range(frames):
        if origin[cell] == cell:
            break
        cell = origin[cell]
    return cell


@jit
def traceback(cells: Cells, arcs: Arcs, trace: Trace, state: int, states: I64) -> int:
    """Follow the back-pointers of a block from its last frame to its first.

    Args:
        state: at the last frame of the block: 2 * cell + 1 for a label, 2 * cell for the blank before it.
        states: (n,) receives the states.
    Returns:
        The state one frame before the block.
    """
    lo, hi, codes, offsets = cells.lo, cells.hi, trace.codes, trace.offsets
    same, chained, source, target, arc_start = arcs.same, arcs.chained, arcs.source, arcs.target, arcs.start
    for t in range(states.size - 1, -1, -1):
        states[t] = state
        cell = state >> 1
        width = hi[t] - lo[t]
        index = cell - lo[t]
        tile = index // TILE
        size = min(TILE, width - tile * TILE)
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
