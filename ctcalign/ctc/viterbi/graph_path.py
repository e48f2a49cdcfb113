"""The best CTC path through a token graph: parallel readings, optional tokens, wildcards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ctcalign.arguments import checked_arguments, number_array
from ctcalign.ctc.viterbi.emission_rows import EmissionRows, checked_shape, of_same_kind
from ctcalign.ctc.viterbi.graph import EPSILON, FILLER, START, TokenGraph
from ctcalign.ctc.viterbi.outside import RelaxedGraph
from ctcalign.ctc.viterbi.prices import arc_prices
from ctcalign.ctc.viterbi.search import Search, labels_used
from ctcalign.ctc.viterbi.windows import windows
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike, NDArray

    from ctcalign.ctc.viterbi.emission_rows import LogProbs

    Values = torch.Tensor | NDArray[Any]


@dataclass(frozen=True)
class GraphPath:
    """The most probable path through a token graph; arrays for log-probs in an array, tensors for a tensor.

    Attributes:
        path: label of each frame; WILDCARD (-1) or FILLER (-2, ...) in such nodes. (T,) int64.
        score: sum of its log-probs minus the costs of its arcs, in nats, added in float64.
        nodes: ids of the nodes visited, in order, without EPSILON nodes. (V,) int64.
        spans: frames [start, end) of each visited node; blanks lie between the spans. V pairs.
        node_scores: sum of log-probs over each span. (V,) float64.
        certified: whether no path of the graph has a higher score. Always true without band and beam; with
            them only if it is proved, so False means unknown, not wrong.
        frame_scores: log-prob of each frame's label. (T,) float32.
    """

    path: Values
    score: float
    nodes: Values
    spans: list[tuple[int, int]]
    node_scores: Values
    certified: bool
    frame_scores: Values


@checked_arguments
def best_path_graph(
    log_probs: LogProbs,
    graph: TokenGraph,
    blank: int = 0,
    *,
    band: float | None = None,
    beam: float | None = None,
    centre: ArrayLike | None = None,
    max_memory: int | None = None,
    wildcard_penalty: float = 0.0,
    filler_penalty: float | Sequence[float] = 0.0,
    filler_frames: NDArray[np.bool_] | None = None,
    relaxed: RelaxedGraph | None = None,
) -> GraphPath:
    """The most probable path among all that collapse to a token sequence of `graph`.

    A graph that is nearly a chain is searched nearly as fast as one: arcs from a node to the next one cost nothing
    extra, every other arc a few nanoseconds per frame. Text that can be skipped through EPSILON nodes takes no frame:
    any amount of it fits into any recording.

    Args:
        log_probs: natural-log probabilities, (T, C); see `best_path`.
        graph: N nodes; labels in [0, C), WILDCARD, FILLER or EPSILON, not blank.
        blank: index of the blank.
        band, beam, max_memory: see `best_path`.
        centre: frame at which each node is expected, (N,), or its earliest and latest such frame, (N, 2); needs `band`.
            By default nodes are spread evenly by the longest path through the graph.
        wildcard_penalty: nats that a wildcard scores below the best label except blank of its frame, >= 0.
        filler_penalty: nats that a filler scores below the best label of its frame, blank among them, >= 0; several for
            the labels FILLER, FILLER - 1, ...
        filler_frames: frames in which filler penalties apply, (T,) bool; None: all.
        relaxed: lower bounds of the costs of paths of `graph`. With a band and without a beam, the result is then
            certified if paths outside the band cannot be better even at these costs; takes about as long as a band
            of an eighth of all cells.
    Returns:
        GraphPath.
    Raises:
        ShapeError, UsageError, NoPathError: as `best_path`.
    """
    checked_shape(log_probs)
    frames, classes = (int(n) for n in log_probs.shape)
    if not 0 <= blank < classes:
        raise UsageError(f"blank must lie in [0, {classes}), the columns of log_probs, got {blank}")
    fillers = number_array("filler_penalty", filler_penalty).reshape(-1).tolist()
    for name, penalty in (("wildcard_penalty", wildcard_penalty), *(("filler_penalty", price) for price in fillers)):
        if not (math.isfinite(penalty) and penalty >= 0):
            raise UsageError(f"{name} must be finite and >= 0, got {penalty}")
    if beam is not None and not beam > 0:
        raise UsageError(f"beam must be a positive number of nats, got {beam}")
    if max_memory is not None and max_memory <= 0:
        raise UsageError(f"max_memory must be a positive number of bytes, got {max_memory}")
    _check_labels(graph.labels, blank, classes, len(fillers))
    rows = EmissionRows(log_probs, labels_used(graph, blank), wildcard_penalty, fillers, filler_frames)
    limits = windows(graph, frames, band, centre)
    if frames == 0:
        return _result(graph, rows, np.empty(0, np.int64), certified=True)
    found = Search(graph, rows, limits, beam, max_memory).run(relaxed if band is not None and beam is None else None)
    return _result(graph, rows, found.states, found.certified)


def _check_labels(labels: NDArray[np.int64], blank: int, classes: int, fillers: int) -> None:
    wrong = np.flatnonzero((labels <= FILLER - fillers) & (labels != EPSILON) | (labels >= classes))
    if wrong.size:
        raise UsageError(
            f"targets must lie in [0, {classes}), the columns of log_probs, got {labels[wrong[0]]} at {wrong[0]}; "
            "the tokens and the model must share one vocabulary"
        )
    blanks = np.flatnonzero(labels == blank)
    if blanks.size:
        raise UsageError(f"targets contain blank ({blank}) at {blanks[0]}; pass tokens only, the search inserts blanks")


def _result(graph: TokenGraph, rows: EmissionRows, states: NDArray[np.int64], certified: bool) -> GraphPath:
    in_label = (states & 1).astype(np.bool_)
    node_of_frame = np.where(in_label, states >> 1, START)
    path = np.full(states.size, rows.blank, np.int64)
    path[in_label] = graph.labels[node_of_frame[in_label]]
    around = np.concatenate([[START], node_of_frame, [START]])
    starts = np.flatnonzero((around[1:-1] != around[:-2]) & in_label)
    ends = np.flatnonzero((around[1:-1] != around[2:]) & in_label) + 1
    nodes = node_of_frame[starts]
    scores = rows.path_scores(path)
    sums = np.append(0.0, np.cumsum(scores))
    return GraphPath(
        path=of_same_kind(path, rows.log_probs),
        score=float(scores.sum()) - arc_costs(graph, nodes),
        nodes=of_same_kind(nodes, rows.log_probs),
        spans=list(zip(starts.tolist(), ends.tolist(), strict=True)),
        node_scores=of_same_kind(sums[ends] - sums[starts], rows.log_probs),
        certified=certified,
        frame_scores=of_same_kind(scores.astype(np.float32), rows.log_probs),
    )


def arc_costs(graph: TokenGraph, nodes: NDArray[np.int64]) -> float:
    """Costs of the arcs between the visited nodes, and of the end."""
    return float(prices_of(graph, nodes).sum())


def prices_of(graph: TokenGraph, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cost of the way to each visited node from the one before, through EPSILON nodes too, and of the end. (V + 1,)"""
    arcs = graph.arc_start, graph.arc_source, graph.arc_cost
    return arc_prices(graph.labels, *arcs, graph.final, graph.final_cost, nodes)
