"""Compiled: the earliest frame of each node of a token graph, the frames that must follow it, and its depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

NEVER = np.iinfo(np.int64).max // 4
FILLER = -2  # as in `graph`; cached kernels may only read globals of their own file

I64 = NDArray[np.int64]


@jit
def first_frames(labels: I64, arc_start: I64, arc_source: I64) -> I64:
    """(N,) earliest frame in which each node's label can be; NEVER where it cannot be reached."""
    first = np.full(labels.size, NEVER, np.int64)
    for j in range(labels.size):
        for a in range(arc_start[j], arc_start[j + 1]):
            p = arc_source[a]
            if p < 0:
                first[j] = 0
            elif first[p] < NEVER:
                first[j] = min(first[j], first[p] + 1 + (labels[p] == labels[j] and labels[j] > FILLER))
    return first


@jit
def frames_left(labels: I64, arc_start: I64, arc_source: I64, final: NDArray[np.bool_]) -> tuple[I64, I64]:
    """Fewest frames that must follow a frame in the label of each node, and in the blank after it.

    `final` and the second result have N + 1 entries: entry p + 1 is node p, entry 0 is the start.
    """
    n = labels.size
    label = np.full(n, NEVER, np.int64)
    blank = np.full(n + 1, NEVER, np.int64)
    blank[final] = 0
    label[final[1:]] = 0
    for j in range(n - 1, -1, -1):
        if label[j] == NEVER:
            continue
        for a in range(arc_start[j], arc_start[j + 1]):
            p = arc_source[a]
            blank[p + 1] = min(blank[p + 1], label[j] + 1)
            if p >= 0:
                label[p] = min(label[p], label[j] + 1 + (labels[p] == labels[j] and labels[j] > FILLER))
    return label, blank


@jit
def longest_depths(arc_start: I64, arc_source: I64) -> tuple[I64, I64]:
    """Length in nodes of the longest path from the start to each node (inclusive), and from each node to an end."""
    n = arc_start.size - 1
    down = np.ones(n, np.int64)
    up = np.ones(n, np.int64)
    for j in range(n):
        for a in range(arc_start[j], arc_start[j + 1]):
            if arc_source[a] >= 0:
                down[j] = max(down[j], down[arc_source[a]] + 1)
    for j in range(n - 1, -1, -1):
        for a in range(arc_start[j], arc_start[j + 1]):
            if arc_source[a] >= 0:
                up[arc_source[a]] = max(up[arc_source[a]], up[j] + 1)
    return down, up
