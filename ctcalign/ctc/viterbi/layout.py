"""The arrays that the compiled search works on, made from a token graph."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.viterbi.emission_rows import EmissionRows
from ctcalign.ctc.viterbi.graph import EPSILON, FILLER, START, TokenGraph

FREE = FILLER  # in place of a label: any label may follow
NO_LABEL = FILLER - 1

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]


class Arcs(NamedTuple):
    """A token graph of N nodes for the kernels: the chain from each node to the next, and A extra arcs beside it.

    Arcs into EPSILON nodes are in `Epsilons`; arcs out of them are as those out of other nodes.
    """

    labels: I64  # (N,)
    column: NDArray[np.integer]  # (N + 1,) column of `rows` of the label of each cell
    same: NDArray[np.bool_]  # (N + 1,) whether the label of a cell equals the one before
    chained: NDArray[np.bool_]  # (N + 1,) whether a node can be entered from the node before
    unchained: I64  # nodes that cannot, ascending
    source: I64  # (A,) extra arcs, ascending by target
    target: I64  # (A,)
    start: I64  # (N + 2,) extra arcs into node j are start[j] : start[j + 1]
    blank_cost: F64  # (A,) added when the arc is taken from the blank after `source`
    label_cost: F64  # (A,) the same from its label; -inf where that is not allowed
    guard: I64  # (A,) number of the source among the E nodes of `Epsilons`, if its label may equal that of the target
    guarded: I64  # (A,) the label of the target; in other arcs `guard` is E, and this a number that is no label
    direct: I64  # (N + 1,) furthest cell to which an arc leads from any cell up to this one


class Epsilons(NamedTuple):
    """The E nodes of a token graph that take no frame, the K arcs into them, and where their scores come from."""

    node: I64  # (E,) ascending
    start: I64  # (E + 1,) arcs into each, first those from other nodes
    middle: I64  # (E,) then those from EPSILON nodes
    source: I64  # (K,) node before
    number: I64  # (K,) which of the E nodes that is
    cost: F64  # (K,) added when the arc is taken
    spoken: I64  # (K,) label of the node before, FREE if any label may follow
    # Scratch, of the frame before:
    last: I64  # (E + 1,) label that the best score comes from, or FREE; at the end FREE
    second: F64  # (E,) best score that comes from another label, if `last` is not FREE
    other: I64  # (E,) that label, or FREE


class Cells(NamedTuple):
    """The cells that are searched in each frame, [lo, hi), among those on complete paths, [full_lo, full_hi). (n,)"""

    lo: I64  # with a beam, lo and hi become what was kept, or with back-pointers what these are for
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
    choices: U16  # two for each EPSILON node: 2 * arc, from the node's first, + 1 from a label or from `second`
    first: I64  # (n,) first EPSILON node of each frame
    places: I64  # (n + 1,) where the choices of each frame start


def arcs_of(graph: TokenGraph, rows: EmissionRows) -> Arcs:
    """Split a token graph into a chain, for the vectorised loop, and the extra arcs beside it.

    Arcs into EPSILON nodes are left to `epsilons_of`.
    """
    n = len(graph)
    labels = graph.labels
    into = np.repeat(np.arange(n), np.diff(graph.arc_start))
    guarded = _guarded(graph, into)
    chain = (graph.arc_source == into - 1) & (graph.arc_cost == 0) & ~guarded
    same = np.zeros(n + 1, np.bool_)
    same[1:n] = (labels[1:] == labels[:-1]) & (labels[1:] > FILLER)
    chained = np.zeros(n + 1, np.bool_)
    chained[into[chain]] = True
    extra = ~chain & (labels[into] != EPSILON)
    source, target = graph.arc_source[extra], into[extra]
    blank_cost = -graph.arc_cost[extra]
    equal = (labels[np.maximum(source, 0)] == labels[target]) & (labels[target] > FILLER)
    epsilons = np.flatnonzero(labels == EPSILON)
    direct = np.minimum(np.arange(n + 1) + 1, n)
    for cell in (
        graph.arc_source,
        graph.arc_source + 1,
    ):  # an arc leaves from a label or from the blank in the next cell
        real = cell >= 0
        np.maximum.at(direct, cell[real], into[real])
    return Arcs(
        labels=labels,
        column=rows.column_of(labels),
        same=same,
        chained=chained,
        unchained=np.flatnonzero(~chained[:n] & (labels != EPSILON)),
        source=source,
        target=target,
        start=np.searchsorted(target, np.arange(n + 2)),
        blank_cost=blank_cost,
        label_cost=np.where((source == START) | equal, -np.inf, blank_cost),
        guard=np.where(guarded[extra], np.searchsorted(epsilons, source), epsilons.size),
        guarded=np.where(guarded[extra], labels[target], NO_LABEL),
        direct=np.maximum.accumulate(direct),
    )


def epsilons_of(graph: TokenGraph) -> Epsilons:
    """The EPSILON nodes of a graph and the arcs into them."""
    labels = graph.labels
    node = np.flatnonzero(labels == EPSILON)
    into = np.repeat(np.arange(len(graph)), np.diff(graph.arc_start))
    own = np.flatnonzero(labels[into] == EPSILON)
    inner = (graph.arc_source[own] != START) & (labels[graph.arc_source[own]] == EPSILON)
    order = np.lexsort((inner, into[own]))
    own, inner = own[order], inner[order]
    source = graph.arc_source[own]
    start = np.append(np.searchsorted(into[own], node), own.size)
    sums = np.append(0, np.cumsum(inner))
    return Epsilons(
        node=node,
        start=start,
        middle=start[1:] - np.diff(sums[start]),
        source=source,
        number=np.where(inner, np.searchsorted(node, source), node.size),
        cost=-graph.arc_cost[own],
        spoken=np.where(source == START, FREE, np.maximum(labels[source], FREE)),
        last=np.full(node.size + 1, FREE),
        second=np.full(node.size, -np.inf),
        other=np.full(node.size, FREE),
    )


def _guarded(graph: TokenGraph, into: I64) -> NDArray[np.bool_]:
    """Arcs from an EPSILON node whose target may have the label that comes before the node. (A,)"""
    labels = graph.labels
    epsilon = labels == EPSILON
    if not epsilon.any():
        return np.zeros(into.size, np.bool_)
    before = np.where(graph.arc_source == START, FILLER, labels[np.maximum(graph.arc_source, 0)])
    risky = np.unique(before[epsilon[into] & (before > FILLER)])
    return np.asarray((before == EPSILON) & np.isin(labels[into], risky))
