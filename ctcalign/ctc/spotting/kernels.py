"""The compiled loop of phrase spotting, by token passing: every frame may begin the phrase.

All scores are log-ratios to the best label of each frame, at most 0, so what lies outside the phrase costs nothing.
Each node has two states, its label and the blank after it; a token carries its score and its first frame, so there is
no traceback and memory does not grow with the recording.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class Phrase(NamedTuple):
    """The token graph of a phrase, N nodes and A arcs."""

    labels: I64  # (N,) column of `rows` of each node
    arc_start: I64  # (N + 1,) arcs into node j are arc_start[j] : arc_start[j + 1]
    arc_source: I64  # (A,) predecessor of each arc; -1: the phrase may begin here
    arc_direct: NDArray[np.bool_]  # (A,) whether no blank is needed in between
    size: F64  # (N,) symbols up to a node after which the phrase may end, 0 elsewhere
    patience: I64  # (N,) frames of blank that may follow a node


class Tokens(NamedTuple):
    """The token of each state after the last frame: its score, and the frame in which its phrase began. (N,) each.

    Everything is changed in place.
    """

    label: F64
    label_from: I64
    blank: F64  # the blank after a node
    blank_from: I64
    blank_age: I64  # frames that this token has spent in the blank


class Run(NamedTuple):
    """The best of the adjacent phrase ends that share their first frame; changed in place."""

    score: F64  # (1,) nats per symbol; -inf: there is none
    span: I64  # (2,) its first frame and one past its last


class Candidates(NamedTuple):
    """Receives the best end of each finished run of a block of n frames."""

    scores: F64  # (n + 1,)
    spans: I64  # (n + 1, 2)


@jit
def advance(
    rows: NDArray[np.float32],
    blank: int,
    phrase: Phrase,
    floor: float,
    at: int,
    tokens: Tokens,
    run: Run,
    candidates: Candidates,
) -> int:
    """Advance over a block of frames.

    Args:
        rows: (n, K) log-ratios of labels to the best label of the frame; the last column is that of the wildcard.
        floor: lowest score of a candidate, in nats per symbol.
        at: number of the first frame of the block.
    Returns:
        Number of candidates written.
    """
    labels, arc_start, arc_source, arc_direct = phrase.labels, phrase.arc_start, phrase.arc_source, phrase.arc_direct
    size, patience = phrase.size, phrase.patience
    label, label_from = tokens.label, tokens.label_from
    rest, rest_from, rest_age = tokens.blank, tokens.blank_from, tokens.blank_age
    run_score, run_span, scores, spans = run.score, run.span, candidates.scores, candidates.spans
    found = 0
    nodes = labels.size
    for t in range(rows.shape[0]):
        row = rows[t]
        frame = at + t
        best = -np.inf
        best_from = -1
        for j in range(nodes - 1, -1, -1):  # from the right: predecessors still hold the frame before
            score = label[j]
            first = label_from[j]
            for a in range(arc_start[j], arc_start[j + 1]):
                p = arc_source[a]
                if p < 0:
                    if score < 0.0:
                        score, first = 0.0, frame
                    continue
                if rest[p] > score:
                    score, first = rest[p], rest_from[p]
                if arc_direct[a] and label[p] > score:
                    score, first = label[p], label_from[p]
            # The blank after j takes over the token of its label before the label is updated.
            rest_age[j] += 1
            if rest_age[j] > patience[j]:
                rest[j] = -np.inf
            if label[j] >= rest[j]:
                rest[j], rest_from[j], rest_age[j] = label[j], label_from[j], 1
            rest[j] += row[blank]
            label[j] = score + row[labels[j]]
            label_from[j] = first
            if size[j] > 0 and label[j] > best * size[j]:
                best, best_from = label[j] / size[j], first
        if best < floor or best_from != run_span[0]:
            if run_score[0] >= floor:
                scores[found], spans[found, 0], spans[found, 1] = run_score[0], run_span[0], run_span[1]
                found += 1
            run_score[0] = -np.inf
            run_span[0] = -1
        if best >= floor and best >= run_score[0]:
            run_score[0], run_span[0], run_span[1] = best, best_from, frame + 1
    return found
