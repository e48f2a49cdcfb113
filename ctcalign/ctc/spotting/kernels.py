"""The compiled loop of phrase spotting: every frame may begin a phrase, and each token remembers where its own did.

All scores are log-ratios to the best label of each frame, at most 0, so what lies outside the phrase costs nothing.
Each node has two states, its label and the blank behind it; a token carries its score and its first frame, so there is
no traceback and memory does not grow with the recording.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@jit
def advance(
    rows: NDArray[np.float32],  # (n, K) log-ratios of labels to the best one; the last column is the wildcard's
    blank: int,
    labels: I64,  # (N,) column of each node
    arc_start: I64,  # (N + 1,)
    arc_source: I64,  # (A,) -1: the phrase begins
    arc_direct: NDArray[np.bool_],  # (A,) may be taken without a blank between
    size: F64,  # (N,) symbols up to a node behind which the phrase may end, 0 elsewhere
    patience: I64,  # (N,) frames of blank that may follow a node
    floor: float,  # lowest score a symbol of a candidate
    at: int,  # number of the first row
    said: F64,  # (N,) scores of the labels, and of the blanks behind them; changed in place, like all below
    said_from: I64,
    rest: F64,
    rest_from: I64,
    rest_age: I64,
    run: F64,  # (1,) best score a symbol of the run of ends that share a beginning, -inf: there is none
    run_span: I64,  # (2,) its first frame and one past its last
    scores: F64,  # (n + 1,) receives candidates
    spans: I64,  # (n + 1, 2)
) -> int:
    """Advance over a block; returns the number of candidates written: the best end of each run."""
    found = 0
    nodes = labels.size
    for t in range(rows.shape[0]):
        row = rows[t]
        frame = at + t
        best = -np.inf
        best_from = -1
        for j in range(nodes - 1, -1, -1):  # from the right: predecessors still have the frame before
            score = said[j]
            first = said_from[j]
            for a in range(arc_start[j], arc_start[j + 1]):
                p = arc_source[a]
                if p < 0:
                    if score < 0.0:
                        score, first = 0.0, frame
                    continue
                if rest[p] > score:
                    score, first = rest[p], rest_from[p]
                if arc_direct[a] and said[p] > score:
                    score, first = said[p], said_from[p]
            # The blank behind j takes over from its label before that one moves on.
            rest_age[j] += 1
            if rest_age[j] > patience[j]:
                rest[j] = -np.inf
            if said[j] >= rest[j]:
                rest[j], rest_from[j], rest_age[j] = said[j], said_from[j], 1
            rest[j] += row[blank]
            said[j] = score + row[labels[j]]
            said_from[j] = first
            if size[j] > 0 and said[j] > best * size[j]:
                best, best_from = said[j] / size[j], first
        if best < floor or best_from != run_span[0]:
            if run[0] >= floor:
                scores[found], spans[found, 0], spans[found, 1] = run[0], run_span[0], run_span[1]
                found += 1
            run[0] = -np.inf
            run_span[0] = -1
        if best >= floor and best >= run[0]:
            run[0], run_span[0], run_span[1] = best, best_from, frame + 1
    return found
