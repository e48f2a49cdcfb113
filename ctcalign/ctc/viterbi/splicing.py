"""Splice two paths through one graph: wherever they diverge and meet again, choose one of the two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ctcalign.arguments import checked_arguments
from ctcalign.ctc.viterbi.emission_rows import of_same_kind
from ctcalign.ctc.viterbi.graph import START, TokenGraph
from ctcalign.ctc.viterbi.graph_path import GraphPath, arc_costs, prices_of
from ctcalign.errors import ShapeError, UsageError

I64 = NDArray[np.int64]
# (frames in which the paths differ, nats by which the first scores higher there) -> whether to use the second
Choice = Callable[[slice, float], bool]


@checked_arguments
def splice(first: GraphPath, second: GraphPath, graph: TokenGraph, take_second: Choice) -> GraphPath:
    """The first path with the stretches of the second that `take_second` chooses.

    Stretches are maximal runs of frames in which the paths are in different states: before and after them both are in
    the same node, or in the blank after the same node, so the paths can be exchanged.

    Args:
        first, second: paths of the same graph over the same frames.
        graph: the graph of both paths.
        take_second: called with the frames of a stretch and the score of the first path there minus that of the
            second, in nats, arc costs included.
    Returns:
        A path of the graph; `certified` only if the first path is returned unchanged.
    """
    if not callable(take_second):
        raise UsageError(f"take_second: expected a function, got {type(take_second).__name__}")
    if len(first.path) != len(second.path):
        raise ShapeError(f"first, second: expected equally many frames, got {len(first.path)} and {len(second.path)}")
    states = _states(first), _states(second)
    scores = np.asarray(first.frame_scores, np.float64), np.asarray(second.frame_scores, np.float64)
    costs = _costs_by_frame(first, graph, len(states[0])), _costs_by_frame(second, graph, len(states[1]))
    differ = states[0] != states[1]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], differ, [False]]).astype(np.int8)))
    chosen = np.zeros(len(differ), np.bool_)
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        # The arc out of a stretch is charged in the frame after it; for the last stretch, at the end.
        totals = [
            score[start:stop].sum() - cost[start : stop + 1].sum() for score, cost in zip(scores, costs, strict=True)
        ]
        chosen[start:stop] = take_second(slice(start, stop), float(totals[0] - totals[1]))
    if not chosen.any():
        return first
    frame_scores = np.where(chosen, scores[1], scores[0])
    path = np.where(chosen, np.asarray(second.path), np.asarray(first.path))
    nodes, spans = _visits(np.where(chosen, states[1], states[0]))
    sums = np.append(0.0, np.cumsum(frame_scores))
    starts, stops = np.array([a for a, _ in spans], np.int64), np.array([b for _, b in spans], np.int64)
    kind = first.frame_scores
    return GraphPath(
        path=of_same_kind(path, kind),
        score=float(frame_scores.sum()) - arc_costs(graph, nodes),
        nodes=of_same_kind(nodes, kind),
        spans=spans,
        node_scores=of_same_kind(sums[stops] - sums[starts], kind),
        certified=False,
        frame_scores=of_same_kind(frame_scores.astype(np.float32), kind),
    )


def _states(path: GraphPath) -> I64:
    """2 * node + 1 in the frames of a node, 2 * (node + 1) in the blanks after it, 0 before the first node. (T,)"""
    states = np.zeros(len(path.path), np.int64)
    nexts = [*(start for start, _ in path.spans[1:]), len(states)]
    for node, (start, stop), after in zip(path.nodes.tolist(), path.spans, nexts, strict=False):
        states[start:stop] = 2 * node + 1
        states[stop:after] = 2 * (node + 1)
    return states


def _visits(states: I64) -> tuple[I64, list[tuple[int, int]]]:
    """The inverse of `_states`: nodes in order, and their frames."""
    in_label = (states & 1).astype(np.bool_)
    around = np.concatenate([[START], np.where(in_label, states, START), [START]])
    starts = np.flatnonzero((around[1:-1] != around[:-2]) & in_label)
    stops = np.flatnonzero((around[1:-1] != around[2:]) & in_label) + 1
    return states[starts] >> 1, list(zip(starts.tolist(), stops.tolist(), strict=True))


def _costs_by_frame(path: GraphPath, graph: TokenGraph, frames: int) -> NDArray[np.float64]:
    """Arc costs, each in the frame in which its target node begins; the cost of the end in frame T. (T + 1,)"""
    costs = np.zeros(frames + 1)
    starts = np.array([*(start for start, _ in path.spans), frames], np.int64)
    costs[starts] = prices_of(graph, np.asarray(path.nodes))
    return costs
