from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import START, WILDCARD, GraphBuilder, TokenGraph, best_path, best_path_graph, chain
from ctcalign.errors import NoPathError, ShapeError
from tests.ctc.brute_force import best_graph_score, collapsed, integer_log_probs, sequences


@st.composite
def small_graphs(draw: st.DrawFn) -> tuple[np.ndarray, TokenGraph, int, float]:
    frames, classes = draw(st.integers(0, 5)), draw(st.integers(2, 3))
    blank = draw(st.integers(0, classes - 1))
    labels = [WILDCARD, *(c for c in range(classes) if c != blank)]
    costs = st.sampled_from([0.0, 0.0, 1.0, 2.0])
    builder = GraphBuilder()
    nodes = draw(st.integers(0, 5))
    for node in range(nodes):
        sources = draw(st.lists(st.integers(START, node - 1), min_size=1, max_size=3))
        builder.add(draw(st.sampled_from(labels)), sources, [draw(costs) for _ in sources])
    final = draw(st.lists(st.integers(START, nodes - 1), min_size=1, max_size=2))
    rng = random.Random(draw(st.integers(0, 2**32)))
    log_probs = integer_log_probs(rng, frames, classes, draw(st.sampled_from([0.0, 0.15])))
    return log_probs, builder.build(final), blank, draw(st.sampled_from([0.0, 1.0]))


@settings(max_examples=300, deadline=None)
@given(small_graphs())
def test_best_of_all_paths_of_all_sequences(case: tuple[np.ndarray, TokenGraph, int, float]) -> None:
    log_probs, graph, blank, penalty = case
    expected = best_graph_score(log_probs, graph, blank, penalty)
    if expected == -math.inf:
        with pytest.raises(NoPathError):
            best_path_graph(log_probs, graph, blank, wildcard_penalty=penalty)
        return
    best = best_path_graph(log_probs, graph, blank, wildcard_penalty=penalty)
    assert best.score == expected
    assert best.certified
    tokens = graph.labels[np.asarray(best.nodes)].tolist()
    assert collapsed(best.path.tolist(), blank) == tuple(tokens)
    assert tokens in [sequence for sequence, _ in sequences(graph)]
    assert [np.unique(best.path[a:b]).tolist() for a, b in best.spans] == [[token] for token in tokens]
    sums = [float(best.frame_scores[a:b].sum(dtype=np.float64)) for a, b in best.spans]
    assert best.node_scores.tolist() == pytest.approx(sums)


def emission_of(said: list[int], classes: int = 9, frames_each: int = 3) -> torch.Tensor:
    """A sure emission: each token for some frames, a blank between."""
    logits = torch.zeros(len(said) * (frames_each + 1), classes)
    for i, token in enumerate(said):
        start = i * (frames_each + 1)
        logits[start : start + frames_each, token] = 9
        logits[start + frames_each, 0] = 9
    return logits.log_softmax(1)


def readings() -> TokenGraph:
    builder = GraphBuilder()
    builder.sequence([1, 2])
    builder.optional([8])
    builder.alternatives([[3, 4], [5], [6, 3, 6]])
    builder.optional([8])
    builder.sequence([7])
    return builder.build()


@pytest.mark.parametrize("said", [[1, 2, 8, 3, 4, 8, 7], [1, 2, 5, 7], [1, 2, 8, 6, 3, 6, 7], [1, 2, 3, 4, 8, 7]])
def test_the_reading_that_was_said_is_chosen(said: list[int]) -> None:
    graph = readings()
    best = best_path_graph(emission_of(said), graph)
    assert graph.labels[np.asarray(best.nodes)].tolist() == said
    assert best.spans == [(4 * i, 4 * i + 3) for i in range(len(said))]


def test_a_graph_without_branches_is_the_plain_search() -> None:
    log_probs = torch.randn(300, 6, generator=torch.Generator().manual_seed(0)).log_softmax(1)
    tokens = [1, 2, 2, 5, 3] * 20
    plain, graph = best_path(log_probs, tokens), best_path_graph(log_probs, chain(tokens))
    assert np.array_equal(plain.path, graph.path)
    assert plain.score == graph.score
    assert graph.nodes.tolist() == list(range(100))


def test_a_wildcard_bridges_what_has_no_token() -> None:
    best = best_path_graph(emission_of([1, 6, 2]), chain([1, WILDCARD, 2]), wildcard_penalty=0.5)
    assert best.nodes.tolist() == [0, 1, 2]
    start, end = best.spans[1]
    assert start <= 4 < end
    assert set(best.path[start:end].tolist()) == {WILDCARD}
    free = best_path_graph(emission_of([1, 6, 2]), chain([1, WILDCARD, 2]))
    assert free.score == pytest.approx(best.score + 0.5 * (end - start))


def test_costs_of_arcs_decide_and_count() -> None:
    log_probs = emission_of([1, 2, 3])
    for cost, said in ((1.0, [1, 3]), (100.0, [1, 2, 3])):
        builder = GraphBuilder()
        builder.sequence([1])
        builder.optional([2], cost)
        builder.sequence([3])
        flat = log_probs.clone()
        flat[4:7] = math.log(1 / 9)
        flat[4:7, 2] -= 5
        best = best_path_graph(flat, builder.build())
        assert builder.build().labels[np.asarray(best.nodes)].tolist() == said
        used = cost if len(said) == 2 else 0.0
        assert best.score == pytest.approx(float(best.frame_scores.double().sum()) - used, abs=1e-5)


def test_a_long_graph_equals_its_best_sequence() -> None:
    rng = np.random.default_rng(7)
    log_probs = -rng.integers(0, 5, (1500, 6)).astype(float)
    words = [rng.integers(1, 5, rng.integers(2, 6)).tolist() for _ in range(300)]
    builder = GraphBuilder()
    for word in words:
        builder.sequence(word)
        builder.optional([5])
    graph = builder.build()
    best = best_path_graph(log_probs, graph)
    tokens = graph.labels[np.asarray(best.nodes)]
    assert [t for t in tokens.tolist() if t != 5] == [t for word in words for t in word]
    assert best.score == best_path(log_probs, tokens).score
    without = [t for word in words for t in word]
    assert best.score > best_path(log_probs, without).score


def built(*nodes: tuple[list[int], list[float]], final: list[int] | None = None) -> TokenGraph:
    builder = GraphBuilder()
    for sources, costs in nodes:
        builder.add(1, sources, costs)
    return builder.build(final or [len(nodes) - 1])


def test_graphs_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="node 1 has no predecessor; give START"):
        built(([START], [0.0]), ([], []))
    with pytest.raises(ValueError, match=r"node 0 has predecessor 0; expected START \(-1\) to -1"):
        built(([0], [0.0]))
    with pytest.raises(ValueError, match="finite and >= 0"):
        built(([START], [-1.0]))
    with pytest.raises(ValueError, match="final nodes must be START"):
        built(final=[3])
    with pytest.raises(ValueError, match="at least one token sequence"):
        GraphBuilder().alternatives([])
    with pytest.raises(ShapeError, match="one more than there are nodes"):
        TokenGraph(np.array([1]), np.array([0]), np.empty(0, int), np.empty(0), np.array([0]), np.zeros(1))
    with pytest.raises(ShapeError, match="arc_source and arc_cost must have 1 entries"):
        TokenGraph(np.array([1]), np.array([0, 1]), np.array([-1]), np.empty(0), np.array([0]), np.zeros(1))
