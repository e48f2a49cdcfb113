"""Compiled: the earliest frame of each node of a token graph, the frames that must follow it, its depth and reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

NEVER = np.iinfo(np.int64).max // 4
FILLER = -2  # as in `graph`; cached kernels may only read globals of their own file
EPSILON = -(2**31)

I64 = NDArray[np.int64]


@jit
def first_frames(labels: I64, arc_start: I64, arc_source: I64) -> I64:
    """(N,) earliest frame in which each node's label can be; NEVER where it cannot be reached.

    An EPSILON node has the earliest frame after which it is passed, -1 before frame 0.
    """
    first = np.full(labels.size, NEVER, np.int64)
    # The label in that frame, after which an equal one must wait for a blank; FILLER where there is a choice or none.
    last = np.maximum(labels, FILLER)
    for j in range(labels.size):
        for a in range(arc_start[j], arc_start[j + 1]):
            p = arc_source[a]
            frame = -1 if p < 0 else first[p]
            spoken = FILLER if p < 0 else last[p]
            if frame == NEVER:
                continue
            if labels[j] != EPSILON:
                first[j] = min(first[j], frame + 1 + (spoken == labels[j] and spoken > FILLER))
            elif frame < first[j]:
                first[j], last[j] = frame, spoken
            elif frame == first[j] and spoken != last[j]:
                last[j] = FILLER
    return first


@jit
def frames_left(labels: I64, arc_start: I64, arc_source: I64, final: NDArray[np.bool_]) -> tuple[I64, I64]:
    """Fewest frames that must follow a frame in the label of each node, and in the blank after it.

    `final` and the second result have N + 1 entries: entry p + 1 is node p, entry 0 is the start. Through EPSILON nodes
    it is a lower bound: a blank that must part equal labels there is not counted.
    """
    n = labels.size
    label = np.full(n, NEVER, np.int64)
    blank = np.full(n + 1, NEVER, np.int64)
    blank[final] = 0
    label[final[1:]] = 0
    for j in range(n - 1, -1, -1):
        if label[j] == NEVER:
            continue
        after = label[j] + (labels[j] != EPSILON)
        for a in range(arc_start[j], arc_start[j + 1]):
            p = arc_source[a]
            blank[p + 1] = min(blank[p + 1], after)
            if p >= 0:
                label[p] = min(label[p], after + (labels[p] == labels[j] and labels[j] > FILLER))
    return label, blank


@jit
def longest_depths(labels: I64, arc_start: I64, arc_source: I64) -> tuple[I64, I64]:
    """Nodes with a frame on the longest path from the start to each node (inclusive), and from each node to an end."""
    n = arc_start.size - 1
    own = (labels != EPSILON).astype(np.int64)
    down, up = own.copy(), own.copy()
    for j in range(n):
        for a in range(arc_start[j], arc_start[j + 1]):
            if arc_source[a] >= 0:
                down[j] = max(down[j], down[arc_source[a]] + own[j])
    for j in range(n - 1, -1, -1):
        for a in range(arc_start[j], arc_start[j + 1]):
            if arc_source[a] >= 0:
                up[arc_source[a]] = max(up[arc_source[a]], up[j] + own[arc_source[a]])
    return down, up


@jit
def furthest_cells(labels: I64, arc_start: I64, arc_source: I64) -> I64:
    """(N + 1,) the last cell that can be entered one frame after each node, EPSILON nodes passed; entry 0: the start.

    Cell j holds node j and the blank before it, so that the blank after an EPSILON node is in the cell after it.
    """
    furthest = np.zeros(labels.size + 1, np.int64)
    for j in range(labels.size - 1, -1, -1):
        cell = max(furthest[j + 1], j + 1) if labels[j] == EPSILON else j
        for a in range(arc_start[j], arc_start[j + 1]):
            furthest[arc_source[a] + 1] = max(furthest[arc_source[a] + 1], cell)
    return furthest
