"""The compiled search without back-pointers: the scores of all cells, frame by frame.

The layout of states and the recursion are those of `kernels`, and so are the scores, bit for bit. Without back-pointers
the work for an arc is a few instructions, so here its loops have no branches and unsigned indices: the entries of a
node are collected in one place (`Entries`), and the node is written once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit
from ctcalign.ctc.viterbi.layout import Arcs, Cells, Epsilons, Scores
from ctcalign.ctc.viterbi.outside import Outside
from ctcalign.ctc.viterbi.score_arcs import Entries, Ways

TILE = 1024  # cells; the scratch of one tile stays in the first-level cache
LETTERS = 64  # of a tile outside the band, as in `outside`
FREE = -2  # in place of a label: any label may follow
EPSILON = -(2**31)
U = np.uint64

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Best = tuple[float, int, float, int]


@jit
def _advance(blank: F64, label: F64, before: F64, gain: F64, same: NDArray[np.bool_], e_blank: float) -> None:
    """One frame of one tile. `before` is label shifted by one cell, `same` marks labels equal to the one before."""
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
    for i in range(U(gain.size)):
        gain[i] = row[column[i]]


@jit
def _copy(values: F64, copy: F64) -> None:
    for i in range(copy.size):  # not copy[:] = values, which takes a second to compile
        copy[i] = values[i]


@jit
def _largest(values: F64, lanes: F64) -> None:
    for i in range(values.size):
        lanes[i] = max(lanes[i], values[i])


@jit
def _before(places: I64, at: int, value: int) -> int:
    """Number of ascending places before this value, given that of another value (which is usually near)."""
    while at > 0 and places[at - 1] >= value:
        at -= 1
    while at < places.size and places[at] < value:
        at += 1
    return at


@jit
def _merged(found: Best, come: float, spoken: int) -> Best:
    """The best score with its label, and the best one with another label, after one more with its label."""
    best, one, second, two = found
    if come > best:
        if spoken != one:
            second, two = best, one
        best, one = come, spoken
    elif one != FREE and spoken != one and come > second:
        second, two = come, spoken
    return best, one, second, two


@jit
def _pass_epsilons(
    eps: Epsilons, ways: Ways, first: int, stop: int, state: Scores, far: int, floor: float, direct: I64
) -> tuple[int, int]:
    """Scores of EPSILON nodes first to stop, from those of the frame before; `state.label` gets the best ones.

    Args:
        far: furthest cell that can be entered now without EPSILON nodes.
        floor: scores below it are not passed on beyond `far`.
        direct: see `Arcs`.
    Returns:
        The first node that was not reached, and the furthest cell that can be entered now.
    """
    blank, label = state.blank, state.label
    node, last, second, other = eps.node, eps.last, eps.second, eps.other
    for i in range(U(first), U(stop)):
        rest = blank[ways.free_blank[i]] + ways.free_cost[i]
        come = label[ways.free_label[i]] + ways.mute_cost[i]
        rest = come if come > rest else rest
        come = blank[ways.label_blank[i]] + ways.label_cost[i]
        rest = come if come > rest else rest
        come = label[ways.label[i]] + ways.label_cost[i]
        higher = come > rest
        label[node[i]] = come if higher else rest
        last[i] = ways.spoken[i] if higher else FREE
        second[i], other[i] = rest, FREE
    m = _before(ways.more, 0, first)
    while m < ways.more.size and ways.more[m] < stop:
        i, p = ways.more[m], ways.more_source[m]
        found = label[node[i]], last[i], second[i], other[i]
        found = _merged(found, blank[p + 1] + ways.more_cost[m], FREE)
        found = _merged(found, label[p] + ways.more_cost[m], ways.more_spoken[m])
        label[node[i]], last[i], second[i], other[i] = found
        m += 1
    for i in range(U(first), U(stop)):
        if node[i] > far:
            return int(i), far
        found = label[node[i]], last[i], second[i], other[i]
        for a in range(U(ways.start[i]), U(ways.start[i + U(1)])):
            q = ways.number[a]
            if (last[q] == FREE) & (found[1] == FREE):
                come = label[ways.inner[a]] + ways.inner_cost[a]
                found = (come if come > found[0] else found[0], FREE, found[2], found[3])
                continue
            found = _merged(found, label[ways.inner[a]] + ways.inner_cost[a], last[q])
            if last[q] != FREE:
                found = _merged(found, second[q] + ways.inner_cost[a], other[q])
        label[node[i]], last[i], second[i], other[i] = found
        if found[0] >= floor:
            far = max(far, direct[node[i]])
    return stop, far


@jit
def _return(out: Outside, labels: I64, first: int, end: int, top: int, blank: F64, label: F64) -> None:
    """Scores of the band, cells first to end, after paths have come back into it; those up to `top` were in it before.

    From below, a path comes back near the lower edge, or further on after a skip; from above, in cells that are new.
    """
    below = near = above = -np.inf
    low, reach = out.region[0], out.reach[0]
    for k in range(low + 1):
        below = max(below, out.best[k], out.filler[k], out.rest[k])
        if k >= low - reach:
            near = max(near, out.best[k], out.filler[k], out.rest[k])
    below -= out.prices[2]
    if end > top:
        for k in range(out.region[1], min(out.best.size, out.letters_before[end] // LETTERS + 1)):
            above = max(above, out.best[k], out.filler[k], out.rest[k])
    limit = out.cell[min(max(0, low + reach + 1) * LETTERS, out.cell.size - 1)]
    if max(below, near, above) <= out.dead[0]:
        return
    for j in range(first, end):
        come = below if j >= limit else max(below, near)
        if j >= top:
            come = max(come, above)
        blank[j] = max(blank[j], come)
        if j < labels.size and labels[j] != EPSILON:
            label[j] = max(label[j], come)


@jit
def _largest_of_tile(blank: F32, label: F32, at: int, lanes: F32) -> float:
    n = U(at)
    for i in range(U(16)):
        lanes[i] = max(blank[n + i], label[n + i + U(1)])
    for k in range(U(16), U(LETTERS), U(16)):
        for i in range(U(16)):
            rest, stay = blank[n + k + i], label[n + k + i + U(1)]
            rest = stay if stay > rest else rest
            lanes[i] = rest if rest > lanes[i] else lanes[i]
    best: float = lanes[0]
    for i in range(U(1), U(16)):
        best = max(best, lanes[i])
    return best


@jit
def _advance_outside(out: Outside, row: F64, from_low: float, from_high: float, lowest: int) -> None:
    """One frame of the cells outside the band.

    Args:
        row: log-probs of the frame.
        from_low, from_high: best scores that have left the band at its lower edge, and at the upper one.
        lowest: first tile that the lower edge has left now.
    """
    blank, best, filler, rest, entry, column = out.blank, out.best, out.filler, out.rest, out.entry, out.column
    t = out.region[2]
    out.region[2] += 1
    old, new = out.labels[t & 1], out.labels[1 - (t & 1)]
    values, gain, lanes = out.row, out.gain, out.lanes
    opening, near_skip, far_skip, rounding = out.prices[0], out.prices[1], out.prices[2], out.prices[3]
    low, high = out.region[0], out.region[1]
    none, dead = np.float32(-np.inf), np.float32(out.dead[0])
    low_exit, high_exit = np.float32(from_low) + rounding, np.float32(from_high) + rounding
    for c in range(row.size):
        values[c] = np.float32(row[c]) + rounding
    e_blank, e_filler = values[0], none
    for c in range(out.free.size):
        e_blank = max(e_blank, values[out.free[c]])
    for c in range(out.fillers.size):
        e_filler = max(e_filler, values[out.fillers[c]])
    for a in range(out.source.size):
        p, k = out.source[a], out.gap[a] // LETTERS
        come = max(blank[p + 1], old[p + 1])
        out.candidate[a] = come
        best[k] = max(best[k], come)
    # Gaps first: the scores of a tile before this frame, of the one before it (with 1), of all tiles before these.
    best1 = filler1 = rest1 = all1 = all2 = none
    for k in range(best.size):
        best0, filler0, rest0 = best[k], filler[k], rest[k]
        near = max(best0, best1)
        gap = max(filler0, filler1, rest0, rest1)
        come = all2 - far_skip
        if k >= high:
            come = max(come, high_exit)
        if lowest <= k <= low:
            come = max(come, low_exit)
        if low < k < high:
            entry[k] = filler[k] = rest[k] = none
        else:
            entry[k] = max(come, gap, near - near_skip)
            come = max(come, near - opening, gap - (near_skip - opening))
            one, two = max(come, filler0) + e_filler, max(come, filler0, rest0) + e_blank
            filler[k] = one if one > dead else none
            rest[k] = two if two > dead else none
        all2, all1 = all1, max(all1, best0, filler0, rest0)
        best1, filler1, rest1 = best0, filler0, rest0
    best1 = none
    for k in range(best.size):
        best0, at = best[k], U(k * LETTERS)
        come = max(entry[k], best0, best1)
        if come > dead and not low < k < high:
            enter = entry[k]
            for i in range(U(LETTERS)):
                gain[i] = values[column[at + i]]
            for i in range(U(LETTERS)):
                before, wait, stay = old[at + i], blank[at + i], old[at + i + U(1)]
                wait = before if before > wait else wait
                before = wait if wait > enter else enter
                blank[at + i] = wait + e_blank
                new[at + i + U(1)] = (before if before > stay else stay) + gain[i]
            best[k] = come + rounding if t & 3 else _largest_of_tile(blank, new, k * LETTERS, lanes)
        elif best0 > none:
            for i in range(U(LETTERS)):
                blank[at + i] = old[at + i + U(1)] = new[at + i + U(1)] = none
            best[k] = none
        best1 = best0
    for a in range(out.source.size):
        j, k = out.target[a], out.target[a] // LETTERS
        come = max(out.candidate[a], entry[out.gap[a] // LETTERS])
        if come > dead and not low < k < high:
            new[j + 1] = max(new[j + 1], come + values[column[j]])
            best[k] = max(best[k], new[j + 1])


@jit
def forward_scores(
    rows: F64,
    arcs: Arcs,
    entries: Entries,
    eps: Epsilons,
    ways: Ways,
    cells: Cells,
    beam: float,
    state: Scores,
    out: Outside,
) -> None:
    """Advance the scores over a block of frames.

    Args:
        rows: log-probs of the labels in use; the largest of each frame is 0. (n, K)
        beam: cells at the edges of the window are dropped when they are this much below the best of their frame.
        out: the cells outside the window; without any, what leaves it only raises the bound.
    """
    column, same, source, target = arcs.column, arcs.same, arcs.source, arcs.target
    blank_cost, label_cost, direct, last = arcs.blank_cost, arcs.label_cost, arcs.direct, eps.last
    lo, hi, full_lo, full_hi = cells.lo, cells.hi, cells.full_lo, cells.full_hi
    blank, label, kept, bound = state.blank, state.label, state.kept, state.bound
    before = np.empty(TILE)
    gain = np.empty(TILE)
    lanes = np.empty(TILE)
    best_of = np.empty(entries.node.size)
    least = -np.inf
    last_lo, last_hi = kept[0], kept[1]
    a1 = k0 = k1 = m0 = m1 = g0 = g1 = e0 = e1 = e_last = 0
    e0 = e_first = _before(eps.node, 0, last_lo)
    for t in range(rows.shape[0]):
        row = rows[t]
        first, end = lo[t], hi[t]
        if beam < np.inf:
            first = max(first, last_lo)
        if out.best.size > 0:
            _return(out, arcs.labels, first, end, last_hi, blank, label)
        while e0 < eps.node.size and eps.node[e0] < last_lo:
            last[e0] = FREE
            e0 += 1
        e1 = _before(eps.node, max(e0, e1), end)
        far = direct[last_hi - 1] if beam < np.inf else label.size
        passed, far = _pass_epsilons(eps, ways, e0, e1, state, far, least, direct)
        end = max(first + 1, min(end, far + 1))
        e_last = max(e_last, passed)
        # What leaves the window here, at the score it has: log-probs are <= 0 from here on. If the window begins with
        # the first cell on a complete path, nothing does that could come to an end.
        low = high = -np.inf
        if first > full_lo[t]:
            for j in range(last_lo, min(first, last_hi)):
                low = max(low, blank[j], label[j])
        if full_hi[t] > end:
            a1 = _before(target, a1, end)
            high = max(blank[end], label[end - 1] if end > 0 else -np.inf)
            for a in range(a1, target.size):
                if target[a] > direct[end - 1]:
                    break
                p = source[a]
                if p < end:
                    high = max(high, blank[p + 1] + blank_cost[a], label[p] + label_cost[a])
            for e in range(passed, eps.node.size):
                if eps.node[e] > direct[end - 1]:
                    break
                for a in range(eps.start[e], eps.start[e + 1]):
                    p = eps.source[a]
                    if p < end:
                        high = max(high, blank[p + 1] + eps.cost[a], label[p] + eps.cost[a])
        bound[0] = max(bound[0], low, high)
        if out.best.size > 0:
            out.region[0] = out.letters_before[first] // LETTERS if first > 0 else -1
            out.region[1] = out.letters_before[end] // LETTERS if end < label.size else out.best.size
            _advance_outside(out, row, low, high, out.letters_before[last_lo] // LETTERS)
        # Entries other than from the node before need the scores of the frame before.
        k0, k1 = _before(entries.node, k0, first), _before(entries.node, k1, end)
        m0, m1 = _before(entries.more, m0, k0), _before(entries.more, m1, k1)
        g0, g1 = _before(entries.guarded, g0, k0), _before(entries.guarded, g1, k1)
        for k in range(U(k0), U(k1)):
            rest = blank[entries.blank_at[k]] + entries.blank_cost[k]
            come = label[entries.label_at[k]] + entries.label_cost[k]
            stay = label[entries.node[k]] + entries.stay[k]
            come = come if come > rest else rest
            best_of[k] = come if come > stay else stay
        for m in range(U(m0), U(m1)):
            k = entries.more[m]
            rest = blank[entries.more_blank_at[m]] + entries.more_blank_cost[m]
            come = label[entries.more_label_at[m]] + entries.more_label_cost[m]
            come = come if come > rest else rest
            best_of[k] = come if come > best_of[k] else best_of[k]
        for g in range(U(g0), U(g1)):
            k, e, p = entries.guarded[g], entries.guard[g], entries.guarded_at[g]
            come = eps.second[e] if last[e] == entries.guarded_label[g] else label[p]
            come += entries.guarded_cost[g]
            rest = blank[p + U(1)] + entries.guarded_cost[g]
            come = come if come > rest else rest
            best_of[k] = come if come > best_of[k] else best_of[k]
        # The chain, tile by tile from the right: a tile reads the cell on its left before that one changes.
        for tile in range((end - first - 1) // TILE, -1, -1):
            j0 = first + tile * TILE
            j1 = min(j0 + TILE, end)
            n = j1 - j0
            before[0] = label[j0 - 1] if j0 > 0 else -np.inf
            _copy(label[j0 : j1 - 1], before[1:n])
            _gather(row, column[j0:j1], gain[:n])
            _advance(blank[j0:j1], label[j0:j1], before[:n], gain[:n], same[j0:j1], row[0])
        for k in range(U(k0), U(k1)):
            j = entries.node[k]
            come = best_of[k] + row[column[j]]
            stay = label[j] + entries.chained[k]
            label[j] = come if come > stay else stay
        for j in range(last_lo, first):
            blank[j] = label[j] = -np.inf
        for j in range(end, last_hi):
            blank[j] = label[j] = -np.inf
        last_lo, last_hi = first, end
        if beam < np.inf:
            for i in range(TILE):
                lanes[i] = -np.inf
            for j0 in range(first, end, TILE):
                _largest(blank[j0 : min(j0 + TILE, end)], lanes)
                _largest(label[j0 : min(j0 + TILE, end)], lanes)
            best = -np.inf
            for i in range(TILE):
                best = max(best, lanes[i])
            least = best - beam
            while last_lo < last_hi - 1 and max(blank[last_lo], label[last_lo]) < least:
                bound[0] = max(bound[0], blank[last_lo], label[last_lo])
                blank[last_lo] = label[last_lo] = -np.inf
                last_lo += 1
            while last_hi - 1 > last_lo and max(blank[last_hi - 1], label[last_hi - 1]) < least:
                last_hi -= 1
                bound[0] = max(bound[0], blank[last_hi], label[last_hi])
                blank[last_hi] = label[last_hi] = -np.inf
            lo[t], hi[t] = last_lo, last_hi
    kept[0], kept[1] = last_lo, last_hi
    for e in range(e_first, e_last):  # these scores are of no use to another call
        last[e] = FREE
