"""Earliest frames, frames left, depths, reach and costs of the nodes of a graph, against all of its paths."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import EPSILON, FILLER, START, WILDCARD, GraphBuilder, TokenGraph
from ctcalign.ctc.viterbi.depths import NEVER, first_frames, frames_left, furthest_cells, longest_depths
from ctcalign.ctc.viterbi.prices import arc_prices

LABELS = [1, 1, 2, WILDCARD, FILLER, FILLER - 1, EPSILON, EPSILON]


@st.composite
def graphs(draw: st.DrawFn) -> TokenGraph:
    builder = GraphBuilder()
    nodes = draw(st.integers(1, 6))
    for node in range(nodes):
        sources = draw(st.lists(st.integers(START, node - 1), min_size=1, max_size=3))
        builder.add(draw(st.sampled_from(LABELS)), sources, [float(draw(st.integers(0, 3))) for _ in sources])
    return builder.build(draw(st.lists(st.integers(START, nodes - 1), min_size=1, max_size=2)))


def arcs_of(graph: TokenGraph) -> list[tuple[int, int, float]]:
    nodes = np.repeat(np.arange(len(graph)), np.diff(graph.arc_start))
    return list(zip(graph.arc_source.tolist(), nodes.tolist(), graph.arc_cost.tolist(), strict=True))


def ways(graph: TokenGraph, start: int) -> list[list[int]]:
    """All sequences of nodes that follow `start`, of any length."""
    found, stack = [], [[start]]
    while stack:
        way = stack.pop()
        found.append(way)
        stack += [[*way, node] for source, node, _ in arcs_of(graph) if source == way[-1]]
    return found


def frames_of(labels: list[int], adjacent_only: bool = False) -> int:
    """Fewest frames of a label sequence, with the blanks between equal labels.

    adjacent_only: not between those with a node without a frame in between.
    """
    spoken = labels if adjacent_only else [label for label in labels if label != EPSILON]
    repeats = sum(a == b > FILLER for a, b in itertools.pairwise(spoken))
    return sum(label != EPSILON for label in labels) + repeats


def first_by_hand(graph: TokenGraph) -> list[int]:
    found = [NEVER] * len(graph)
    for way in ways(graph, START):
        if len(way) > 1:
            need = frames_of([int(graph.labels[node]) for node in way[1:]]) - 1
            found[way[-1]] = min(found[way[-1]], need)
    return found


@settings(max_examples=120, deadline=None)
@given(graphs())
def test_the_earliest_frame_of_each_node(graph: TokenGraph) -> None:
    assert first_frames(graph.labels, graph.arc_start, graph.arc_source).tolist() == first_by_hand(graph)


@settings(max_examples=120, deadline=None)
@given(graphs())
def test_frames_that_must_follow(graph: TokenGraph) -> None:
    final = np.zeros(len(graph) + 1, np.bool_)
    final[graph.final + 1] = True
    label, blank = frames_left(graph.labels, graph.arc_start, graph.arc_source, final)
    for node in range(START, len(graph)):
        after = [way[1:] for way in ways(graph, node) if final[way[-1] + 1]]
        own = [int(graph.labels[node])] if node >= 0 else []
        spoken = [[int(graph.labels[one]) for one in way] for way in after]
        least = min((frames_of(labels, adjacent_only=True) for labels in spoken), default=NEVER)
        assert blank[node + 1] == least
        if node >= 0:
            count = frames_of(own)
            least = min((frames_of([*own, *labels], adjacent_only=True) - count for labels in spoken), default=NEVER)
            assert label[node] == least


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_the_longest_way_to_a_node_and_from_it(graph: TokenGraph) -> None:
    down, up = longest_depths(graph.labels, graph.arc_start, graph.arc_source)
    timed = graph.labels != EPSILON
    for node in range(len(graph)):
        to_node = [way for start in range(START, node + 1) for way in ways(graph, start) if way[-1] == node]
        assert down[node] == max(sum(timed[one] for one in way if one >= 0) for way in to_node)
        assert up[node] == max(sum(timed[one] for one in way) for way in ways(graph, node))


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_the_furthest_cell_one_frame_later(graph: TokenGraph) -> None:
    found = furthest_cells(graph.labels, graph.arc_start, graph.arc_source)
    for node in range(START, len(graph)):
        cells = [0]
        for way in ways(graph, node):
            if len(way) > 1 and all(graph.labels[one] == EPSILON for one in way[1:-1]):
                cells.append(way[-1] + (graph.labels[way[-1]] == EPSILON))  # or the blank after it
        assert found[node + 1] == max(cells)


@settings(max_examples=120, deadline=None)
@given(graphs(), st.data())
def test_costs_of_the_way_between_visited_nodes(graph: TokenGraph, data: st.DataObject) -> None:
    timed = [node for node in range(len(graph)) if graph.labels[node] != EPSILON]
    visited = sorted(data.draw(st.sets(st.sampled_from(timed), max_size=3))) if timed else []
    cost = {}
    for source, node, price in arcs_of(graph):
        cost[source, node] = min(price, cost.get((source, node), math.inf))
    final = {}
    for node, price in zip(graph.final.tolist(), graph.final_cost.tolist(), strict=True):
        final[node] = min(price + 0.0, final.get(node, math.inf))

    def cheapest(start: int, end: int | None) -> float:
        prices = [math.inf]
        for way in ways(graph, start):
            between = way[1:-1] if end is not None else way[1:]
            if all(graph.labels[one] == EPSILON for one in between) and (
                end is None or (len(way) > 1 and way[-1] == end)
            ):
                price = sum(cost[pair] for pair in itertools.pairwise(way))
                prices.append(price + (final.get(way[-1], math.inf) if end is None else 0.0))
        return min(prices)

    found = arc_prices(
        graph.labels, graph.arc_start, graph.arc_source, graph.arc_cost, graph.final, graph.final_cost + 0.5,
        np.array(visited, np.int64),
    )  # fmt: skip
    stops = [START, *visited]
    expected = [cheapest(one, other) for one, other in zip(stops, visited, strict=False)]
    assert found.tolist() == [*expected, cheapest(stops[-1], None) + 0.5]


def test_a_node_that_no_way_ends_after() -> None:
    builder = GraphBuilder()
    builder.add(1, [START])
    builder.add(2, [START])
    graph = builder.build([0])
    final = np.array([False, True, False])
    label, blank = frames_left(graph.labels, graph.arc_start, graph.arc_source, final)
    assert label.tolist() == [0, NEVER]
    assert blank.tolist() == [1, 0, NEVER]
