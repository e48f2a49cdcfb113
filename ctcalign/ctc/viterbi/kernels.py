"""The compiled search with back-pointers, over a chain of tokens with extra arcs.

Layout. Node j of N has two states: its label, and the blank *before* it (after node j - 1). Both live in cell j of two
separate float64 arrays, `label` and `blank`; cell N holds the blank after the last node. One frame of a chain is then

    blank'[j] = e(blank) + max(blank[j], label[j-1])
    label'[j] = e(y[j])  + max(label[j], blank[j], label[j-1] if y[j] != y[j-1])

where both lines share the maximum of blank[j] and label[j-1]: two bits per cell are all that the traceback needs
(bit 0: label[j-1] > blank[j]; bit 1: label j was entered rather than kept). The loop has no branch and a single
index, so LLVM turns it into SIMD. Arcs that skip nodes are few; they are handled by scalar code around the loop, two
bits per arc. Equal scores: a state is kept rather than entered; as origin, a blank is preferred to a label and the
first arc to a later one. A strictly better candidate is always chosen, so ties never lower the score.

Nodes without a frame. The scores of EPSILON nodes are computed at the beginning of a frame, in the order of the nodes,
from those after the frame before: a run of skipped text is one pass over them, however long it is. The best score alone
is not enough, because a label may not follow an equal one without a blank: each such node keeps the best score with the
label that it comes from, and the best one that comes from another label. Where a blank or filler comes first, anything
may follow, and the second is not needed.

Scores are float64: float32 loses 0.2 nats over 45,000 frames, and the path found is then not the best one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit
from ctcalign.ctc.viterbi.layout import Arcs, Cells, Epsilons, Scores, Trace

TILE = 1024  # cells; the scratch of one tile stays in the first-level cache
FREE = -2  # in place of a label: any label may follow

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]


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
def _cells_before(cells: I64, cell: int) -> int:
    """Number of ascending cells before this one (np.searchsorted takes seconds to compile)."""
    low, high = 0, cells.size
    while low < high:
        middle = (low + high) // 2
        if cells[middle] < cell:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def pass_epsilons(
    eps: Epsilons, first: int, stop: int, state: Scores, far: int, floor: float, direct: I64, choices: U16, place: int
) -> tuple[int, int]:
    """Scores of EPSILON nodes first to stop, from those of the frame before; `state.label` gets the best ones.

    Args:
        far: furthest cell that can be entered now without EPSILON nodes.
        floor: scores below it are not passed on beyond `far`.
        direct: see `Arcs`.
        choices: gets two back-pointers a node from `place` on.
    Returns:
        The first node that was not reached, and the furthest cell that can be entered now.
    """
    blank, label = state.blank, state.label
    node, source, cost, spoken, number = eps.node, eps.source, eps.cost, eps.spoken, eps.number
    last, others, other_label = eps.last, eps.second, eps.other
    for e in range(first, stop):
        if node[e] > far:
            return e, far
        best = second = -np.inf
        one_label = two_label = FREE
        choice = alternative = 0
        a0, a1, middle = eps.start[e], eps.start[e + 1], eps.middle[e]
        for a in range(a0, a1):
            p = source[a]
            if a >= middle:
                q = number[a]
                one, la = label[p] + cost[a], last[q]
                two, lb = -np.inf if la == FREE else others[q] + cost[a], other_label[q]
            else:
                one, la = blank[p + 1] + cost[a], FREE
                two, lb = label[p] + cost[a], spoken[a]
            way = 2 * (a - a0)
            if one > best:
                if la != one_label:
                    second, two_label, alternative = best, one_label, choice
                best, one_label, choice = one, la, way
            elif one_label != FREE and la != one_label and one > second:
                second, two_label, alternative = one, la, way
            if two > best:
                if lb != one_label:
                    second, two_label, alternative = best, one_label, choice
                best, one_label, choice = two, lb, way + 1
            elif one_label != FREE and lb != one_label and two > second:
                second, two_label, alternative = two, lb, way + 1
        last[e], others[e], other_label[e] = one_label, second, two_label
        choices[place + 2 * (e - first)] = choice
        choices[place + 2 * (e - first) + 1] = alternative
        label[node[e]] = best
        if best >= floor:
            far = max(far, direct[node[e]])
    return stop, far


@jit
def forward(rows: F64, arcs: Arcs, eps: Epsilons, cells: Cells, floor: float, state: Scores, trace: Trace) -> None:
    """Advance the scores over a block of frames, with back-pointers.

    Args:
        rows: log-probs of the labels in use; the largest of each frame is 0. (n, K)
        floor: cells at the edges are dropped when they are below this.
    """
    column, same, unchained, source, target = arcs.column, arcs.same, arcs.unchained, arcs.source, arcs.target
    blank_cost, label_cost, guard, guarded = arcs.blank_cost, arcs.label_cost, arcs.guard, arcs.guarded
    last = eps.last
    direct = arcs.direct
    lo, hi = cells.lo, cells.hi
    blank, label, kept = state.blank, state.label, state.kept
    codes, offsets = trace.codes, trace.offsets
    before = np.empty(TILE)
    gain = np.empty(TILE)
    code = np.zeros(TILE + 4, np.uint8)
    candidate = np.empty(source.size)
    arc_code = np.zeros(source.size + 4, np.uint8)
    held = np.empty(unchained.size)
    last_lo, last_hi = kept[0], kept[1]
    a0 = a1 = _cells_before(target, lo[0])
    u0 = u1 = _cells_before(unchained, lo[0])
    e0 = e1 = e_first = e_last = _cells_before(eps.node, last_lo)
    offsets[0] = trace.places[0] = 0
    for t in range(rows.shape[0]):
        row = rows[t]
        first, end = max(lo[t], last_lo), hi[t]
        while e0 < eps.node.size and eps.node[e0] < last_lo:
            last[e0] = FREE
            e0 += 1
        e1 = max(e0, e1)
        while e1 < eps.node.size and eps.node[e1] < end:
            e1 += 1
        while e1 > e0 and eps.node[e1 - 1] >= end:
            e1 -= 1
        place = trace.places[t]
        passed, far = pass_epsilons(eps, e0, e1, state, direct[last_hi - 1], floor, direct, trace.choices, place)
        end = max(first + 1, min(end, far + 1))
        e_last = max(e_last, passed)
        trace.first[t] = e0
        trace.places[t + 1] = place + 2 * (passed - e0)
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
            via_label = label[p] + label_cost[a]
            if last[guard[a]] == guarded[a]:
                via_label = eps.second[guard[a]] + label_cost[a]
            candidate[a] = max(via_blank, via_label)
            arc_code[a] = np.uint8(via_label > via_blank)
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
        at = offsets[t]
        width = end - first
        for tile in range((width - 1) // TILE, -1, -1):
            j0 = first + tile * TILE
            j1 = min(j0 + TILE, end)
            n = j1 - j0
            before[0] = label[j0 - 1] if j0 > 0 else -np.inf
            _copy(label[j0 : j1 - 1], before[1:n])
            _gather(row, column[j0:j1], gain[:n])
            _advance(blank[j0:j1], label[j0:j1], before[:n], gain[:n], same[j0:j1], code, row[0])
            start = at + tile * (TILE // 4)
            _pack(code, codes[start : start + (n + 3) // 4])
        for u in range(u0, u1):
            j = unchained[u]
            label[j] = held[u] + row[column[j]]
        for a in range(a0, a1):
            j = target[a]
            score = candidate[a] + row[column[j]]
            if score > label[j]:
                arc_code[a] |= 2
            label[j] = max(label[j], score)
        for j in range(last_lo, first):
            blank[j] = label[j] = -np.inf
        for j in range(end, last_hi):
            blank[j] = label[j] = -np.inf
        n_arcs = a1 - a0
        offsets[t + 1] = at + _code_bytes(width, n_arcs)
        _pack(arc_code[a0:], codes[offsets[t + 1] - (n_arcs + 3) // 4 : offsets[t + 1]])
        last_lo, last_hi = first, end
        while last_lo < last_hi - 1 and max(blank[last_lo], label[last_lo]) < floor:
            blank[last_lo] = label[last_lo] = -np.inf
            last_lo += 1
        while last_hi - 1 > last_lo and max(blank[last_hi - 1], label[last_hi - 1]) < floor:
            last_hi -= 1
            blank[last_hi] = label[last_hi] = -np.inf
        lo[t], hi[t] = first, end
    kept[0], kept[1] = last_lo, last_hi
    for e in range(e_first, e_last):  # these scores are of no use to another call
        last[e] = FREE


@jit
def earlier_cell(origin: I64, cell: int, frames: int) -> int:
    """Lowest cell from which `cell` can be reached in so many frames; origin[c] is that for one frame."""
    for _ in range(frames):
        if origin[cell] == cell:
            break
        cell = origin[cell]
    return cell
