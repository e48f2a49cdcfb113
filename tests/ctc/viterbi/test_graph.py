"""Token graphs: what the builder makes, and which graphs are refused."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ctcalign.ctc import EPSILON, FILLER, START, WILDCARD, GraphBuilder, TokenGraph, chain
from ctcalign.ctc.viterbi.graph import MOST_ARCS
from ctcalign.errors import CtcAlignError, ShapeError, UsageError


def arcs(graph: TokenGraph) -> list[tuple[int, int, float]]:
    """(source, node, cost) of each arc."""
    nodes = np.repeat(np.arange(len(graph)), np.diff(graph.arc_start))
    return list(zip(graph.arc_source.tolist(), nodes.tolist(), graph.arc_cost.tolist(), strict=True))


def ends(graph: TokenGraph) -> dict[int, float]:
    return dict(zip(graph.final.tolist(), graph.final_cost.tolist(), strict=True))


def test_special_labels() -> None:
    assert (START, WILDCARD, FILLER, EPSILON, MOST_ARCS) == (-1, -1, -2, -(2**31), 32767)


def test_a_chain() -> None:
    graph = chain([4, 4, 7])
    assert (len(graph), graph.labels.tolist()) == (3, [4, 4, 7])
    assert arcs(graph) == [(START, 0, 0.0), (0, 1, 0.0), (1, 2, 0.0)]
    assert ends(graph) == {2: 0.0}
    empty = chain([])
    assert (len(empty), arcs(empty), ends(empty)) == (0, [], {START: 0.0})


def test_the_builder_by_hand() -> None:
    builder = GraphBuilder()
    assert (len(builder), builder.ends) == (0, {START: 0.0})
    builder.optional([1, 2], 0.5)
    assert builder.ends == {1: 0.0, START: 0.5}
    builder.alternatives([[3], [4], []], [0.0, 1.0, 2.0])
    assert builder.ends == {2: 0.0, 3: 0.0, 1: 2.0, START: 2.5}
    graph = builder.build()
    assert graph.labels.tolist() == [1, 2, 3, 4]
    assert arcs(graph) == [(-1, 0, 0.0), (0, 1, 0.0), (1, 2, 0.0), (-1, 2, 0.5), (1, 3, 1.0), (-1, 3, 1.5)]
    assert ends(graph) == {2: 0.0, 3: 0.0, 1: 2.0, START: 2.5}
    assert builder.add(5, [2, START]) == 4
    assert builder.add(6, [4], [0.25]) == 5
    assert len(builder) == 6
    assert builder.ends == {2: 0.0, 3: 0.0, 1: 2.0, START: 2.5}  # unchanged by `add`
    graph = builder.build([5, 4])
    assert arcs(graph)[-3:] == [(2, 4, 0.0), (-1, 4, 0.0), (4, 5, 0.25)]
    assert ends(graph) == {5: 0.0, 4: 0.0}


def test_of_two_ways_to_one_end_the_cheaper_counts() -> None:
    for costs in ([2.0, 1.0], [1.0, 2.0]):
        builder = GraphBuilder()
        builder.sequence([1])
        builder.alternatives([[], []], costs)
        assert builder.ends == {0: 1.0}
    builder = GraphBuilder()
    builder.alternatives([[1], [2]])
    builder.optional([3])
    assert builder.ends == {2: 0.0, 0: 0.0, 1: 0.0}
    with pytest.raises(UsageError, match="at least one token sequence"):
        builder.alternatives([])


GOOD = chain([1, 2])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"arc_start": np.array([0, 1])}, ShapeError, "arc_start must be 3 ascending offsets"),
        ({"arc_start": np.array([1, 1, 2])}, ShapeError, "arc_start must be 3 ascending offsets"),
        ({"arc_start": np.array([0, 2, 1])}, ShapeError, "arc_start must be 3 ascending offsets"),
        ({"arc_start": np.array([0, 1, 3])}, ShapeError, "arc_source and arc_cost must have 3 entries"),
        ({"arc_cost": np.zeros(3)}, ShapeError, r"must have 2 entries .* got \(2,\) and \(3,\)"),
        ({"arc_start": np.array([0, 2, 2])}, UsageError, "node 1 has no predecessor"),
        ({"arc_source": np.array([-1, 1])}, UsageError, r"node 1 has predecessor 1; expected START \(-1\) to 0"),
        ({"arc_source": np.array([-2, 0])}, UsageError, r"node 0 has predecessor -2; expected START \(-1\) to -1"),
        ({"final": np.array([], np.int64), "final_cost": np.zeros(0)}, ShapeError, "not empty"),
        ({"final": np.array([0, 1])}, ShapeError, "final and final_cost must be equally long"),
        ({"final": np.array([2])}, UsageError, r"final nodes must be START \(-1\) to 1, got 2 to 2"),
        ({"final": np.array([-2])}, UsageError, "final nodes must be START"),
        ({"arc_cost": np.array([0.0, -1e-9])}, UsageError, "finite and >= 0"),
        ({"arc_cost": np.array([0.0, np.inf])}, UsageError, "finite and >= 0"),
        ({"final_cost": np.array([-1.0])}, UsageError, "finite and >= 0"),
        ({"final_cost": np.array([np.nan])}, UsageError, "finite and >= 0"),
    ],
)
def test_graphs_that_are_refused(changes, error, message) -> None:
    with pytest.raises(error, match=message):
        replace(GOOD, **changes)


def test_graphs_at_the_edge() -> None:
    edges = {"final": np.array([-1, 1]), "final_cost": np.array([0.0, 3.0]), "arc_source": np.array([-1, -1])}
    made = replace(GOOD, **edges)
    assert all(np.array_equal(getattr(made, name), value) for name, value in edges.items())


@pytest.mark.parametrize(("label", "arcs", "fits"), [(EPSILON, MOST_ARCS, True), (EPSILON, MOST_ARCS + 1, False),
                                                     (3, MOST_ARCS + 1, True)])  # fmt: skip
def test_predecessors_of_a_node_without_a_frame(label, arcs, fits) -> None:
    builder = GraphBuilder()
    for _ in range(arcs):
        builder.add(1, [START])
    node = builder.add(label, range(arcs))
    if fits:
        assert len(builder.build([node])) == arcs + 1
        return
    with pytest.raises(UsageError, match=f"node {node} is EPSILON with more than 32767 predecessors"):
        builder.build([node])


FIELDS: dict[str, Any] = {
    "labels": np.array([1, 2]),
    "arc_start": np.array([0, 1, 2]),
    "arc_source": np.array([-1, 0]),
    "arc_cost": np.zeros(2),
    "final": np.array([1]),
    "final_cost": np.zeros(1),
}
WRONG: list[Any] = [
    *(None, 1, "x", [], [1, 2], np.zeros(0), np.array(1), np.zeros((1, 1)), np.zeros((1, 1), int), np.array(["a"])),
    *(np.array([None]), np.array([True]), np.array([2**63], np.uint64), np.array([1 + 2j]), np.array([0, 3, 1])),
    *(np.array([np.nan]), np.array([-5])),
]


def test_a_graph() -> None:
    assert len(TokenGraph(**FIELDS)) == 2


@pytest.mark.parametrize("pair", list(itertools.combinations(FIELDS, 2)))
def test_wrong_fields_raise_errors_of_ctcalign(pair: tuple[str, str]) -> None:
    for values in itertools.product(WRONG, repeat=2):
        with pytest.raises(CtcAlignError):
            TokenGraph(**{**FIELDS, **dict(zip(pair, values, strict=True))})


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("value", "got"), [([1], "a list"), (np.zeros((1, 1)), r"float64 \(1, 1\)")])
def test_the_message_names_the_field(field: str, value: Any, got: str) -> None:
    with pytest.raises(ShapeError, match=rf"{field} must be a numpy array of .*numbers with one axis, got {got}"):
        TokenGraph(**{**FIELDS, field: value})
