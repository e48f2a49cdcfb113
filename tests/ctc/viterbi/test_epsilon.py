"""EPSILON nodes: text that is skipped takes no frame, whatever is skipped and however the search is limited."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import EPSILON, FILLER, START, WILDCARD, GraphBuilder, TokenGraph, best_path, best_path_graph, splice
from ctcalign.ctc.viterbi.emission_rows import EmissionRows
from ctcalign.ctc.viterbi.graph_path import arc_costs
from ctcalign.ctc.viterbi.search import Search, labels_used
from ctcalign.ctc.viterbi.windows import windows
from ctcalign.errors import NoPathError
from tests.ctc.brute_force import integer_log_probs, sequences
from tests.ctc.viterbi.test_filler import best_of_sequence


@st.composite
def graphs(draw):
    builder = GraphBuilder()
    nodes = draw(st.integers(1, 8))
    costs = st.sampled_from([0.0, 0.0, 1.0, 2.0])
    labels = st.sampled_from([1, 2, FILLER, WILDCARD, EPSILON, EPSILON, EPSILON])
    for node in range(nodes):
        sources = draw(st.lists(st.integers(max(START, node - 4), node - 1), min_size=1, max_size=3))
        builder.add(draw(labels), sources, [draw(costs) for _ in sources])
    final = draw(st.lists(st.integers(START, nodes - 1), min_size=1, max_size=2))
    rng = random.Random(draw(st.integers(0, 2**32)))
    minus_inf = draw(st.sampled_from([0.0, 0.15]))
    log_probs = integer_log_probs(rng, draw(st.integers(1, 6)), 3, minus_inf)
    return log_probs, builder.build(final), draw(st.sampled_from([0.0, 1.0]))


def best_of_all(log_probs: np.ndarray, graph: TokenGraph, penalty: float) -> float:
    """Highest score over the token sequences of the graph, which EPSILON nodes are no part of."""
    texts = [([token for token in tokens if token != EPSILON], cost) for tokens, cost in sequences(graph)]
    return max((best_of_sequence(log_probs, tokens, 0, penalty) - cost for tokens, cost in texts), default=-math.inf)


@settings(max_examples=400, deadline=None)
@given(graphs())
def test_best_of_all_sequences(case) -> None:
    log_probs, graph, penalty = case
    expected = best_of_all(log_probs, graph, penalty)
    if expected == -math.inf:
        with pytest.raises(NoPathError):
            best_path_graph(log_probs, graph, filler_penalty=penalty)
        return
    best = best_path_graph(log_probs, graph, filler_penalty=penalty)
    assert best.score == expected
    assert best.certified
    tokens = graph.labels[np.asarray(best.nodes)].tolist()
    assert tokens in [[token for token in text if token != EPSILON] for text, _ in sequences(graph)]
    assert best_of_sequence(log_probs, tokens, 0, penalty) >= float(best.frame_scores.sum(dtype=np.float64))


@settings(max_examples=300, deadline=None)
@given(graphs(), st.sampled_from([{"beam": 0.5}, {"beam": 3.0}, {"beam": 50.0}, {"band": 1.0}, {"band": 3.0}]))
def test_a_certificate_is_never_wrong(case, limits) -> None:
    log_probs, graph, penalty = case
    expected = best_of_all(log_probs, graph, penalty)
    try:
        best = best_path_graph(log_probs, graph, filler_penalty=penalty, **limits)
    except NoPathError:
        return
    assert best.score <= expected
    assert best.score == expected or not best.certified


def skipping(texts: list[list[int]], prices: list[float]) -> tuple[TokenGraph, list[list[int]]]:
    """Texts in order, each of which may be skipped at its price; and the nodes of each text."""
    builder = GraphBuilder()
    after, nodes = START, []
    for text, price in zip(texts, prices, strict=True):
        node, own = after, []
        for label in text:
            node = builder.add(label, [node])
            own.append(node)
        after = builder.add(EPSILON, [node, after], [0.0, price])
        nodes.append(own)
    return builder.build([after]), nodes


texts = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=4), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(spoken=texts, others=texts, places=st.lists(st.integers(0, 5), min_size=5, max_size=5), seed=st.integers(0, 999))
def test_texts_that_are_skipped_change_nothing_but_the_price(spoken, others, places, seed) -> None:
    """Label 4 is in no frame, so that the texts with it are certainly skipped, wherever they are."""
    rng = np.random.default_rng(seed)
    tokens = [label for text in spoken for label in text]
    repeats = sum(a == b for a, b in itertools.pairwise(tokens))
    log_probs = -5 * rng.random((len(tokens) + repeats + int(rng.integers(0, 4)), 5))
    log_probs[:, 4] = -np.inf
    rows = [(place, [4, *text]) for place, text in zip(places, others, strict=False)]
    mixed, prices = [], []
    for number, text in enumerate([*spoken, []]):
        mixed += [other for place, other in rows if min(place, len(spoken)) == number]
        prices += [3.0 for place, _ in rows if min(place, len(spoken)) == number]
        mixed.append(text)
        prices.append(1000.0)
    graph, nodes = skipping(mixed[:-1], prices[:-1])
    found, plain = best_path_graph(log_probs, graph), best_path(log_probs, tokens)
    assert found.score == pytest.approx(plain.score - 3.0 * len(rows))
    assert np.array_equal(found.path, plain.path)
    assert found.spans == plain.spans
    kept = [own for text, own in zip(mixed, nodes, strict=False) if 4 not in text]
    assert found.nodes.tolist() == [node for own in kept for node in own]


@pytest.mark.parametrize("skipped", [1, 1000])
@pytest.mark.parametrize("labels", [[1, 2, 3, 1], [1, 2, 0, 2, 1]])
def test_no_skip_takes_a_frame(skipped: int, labels: list[int]) -> None:
    """One frame a token, and a blank between equal ones: text before, between and after takes none."""
    log_probs = np.full((len(labels), 5), -1e3)
    log_probs[np.arange(len(labels)), labels] = 0.0
    others = [[4, 1]] * skipped
    graph, nodes = skipping([*others, [1, 2], *others, labels[-2:], *others], [1.0] * (3 * skipped + 2))
    best = best_path_graph(log_probs, graph)
    assert best.path.tolist() == labels
    assert best.nodes.tolist() == [*nodes[skipped], *nodes[2 * skipped + 1]]
    assert best.score == -3.0 * skipped
    assert best.certified


def test_an_equal_label_behind_skipped_text_waits_for_a_blank() -> None:
    log_probs = np.full((4, 4), -1e3)
    log_probs[np.arange(4), [1, 2, 2, 1]] = 0.0
    graph, _ = skipping([[1, 2], [3], [2, 1]], [1e6, 0.0, 1e6])
    with pytest.raises(NoPathError):
        best_path(log_probs, [1, 2, 2, 1])
    assert best_path_graph(log_probs, graph).score <= -1e6  # one of the two must be skipped
    # Of two ends before a gap, the worse one has another label than the node behind the gap.
    builder = GraphBuilder()
    ends = [builder.add(2, [START]), builder.add(3, [START])]
    gap = builder.add(EPSILON, ends, [0.0, 1.0])
    last = builder.add(2, [gap])
    two = np.full((2, 4), -5.0)
    two[0, 2], two[0, 3], two[1, 2] = 0.0, -0.5, 0.0
    best = best_path_graph(two, builder.build([last]))
    assert best.nodes.tolist() == [ends[1], last]
    assert best.score == -1.5


def test_only_what_must_be_spoken_needs_frames() -> None:
    log_probs = np.zeros((2, 4))
    graph, _ = skipping([[1, 2, 3]] * 500, [1.0] * 500)
    assert best_path_graph(log_probs, graph).score == -500.0
    assert best_path_graph(log_probs[:0], graph).nodes.tolist() == []
    builder = GraphBuilder()
    for label in (1, 1, 2):
        builder.sequence([label])
    needed = builder.add(EPSILON, builder.ends)
    with pytest.raises(NoPathError, match=r"at least 4 frames .* but log_probs has 2"):
        best_path_graph(log_probs, builder.build([needed]))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), block=st.integers(1, 40), memory=st.sampled_from([1, 2000, 1 << 30]))
def test_same_path_whatever_is_kept(seed: int, block: int, memory: int) -> None:
    rng = np.random.default_rng(seed)
    log_probs = -rng.integers(0, 4, (120, 5)).astype(np.float32)
    log_probs[:, 0] = np.maximum(log_probs[:, 0], -2)
    texts = [rng.integers(1, 5, rng.integers(1, 6)).tolist() for _ in range(40)]
    graph, _ = skipping(texts, rng.integers(0, 9, 40).astype(float).tolist())

    def states(memory: int, block: int | None) -> np.ndarray:
        rows = EmissionRows(log_probs, labels_used(graph, 0))
        search = Search(graph, rows, windows(graph, 120, None, None), None, memory, block)
        search.chunk_frames = 7
        return search.run().states

    np.testing.assert_array_equal(states(memory, block), states(1 << 40, None))


def test_a_splice_counts_the_skips() -> None:
    rng = np.random.default_rng(3)
    texts = [rng.integers(1, 5, 3).tolist() for _ in range(12)]
    graph, _ = skipping(texts, [2.0] * 12)
    log_probs = -rng.integers(0, 5, (40, 5)).astype(float)
    other = log_probs - rng.integers(0, 3, (40, 5))
    first, second = best_path_graph(log_probs, graph), best_path_graph(other, graph)
    gains = []

    def take(frames: slice, gain: float) -> bool:
        gains.append(gain)
        return True

    scores = log_probs[np.arange(40), np.asarray(second.path)]
    second = replace(
        second,
        score=float(scores.sum()) - arc_costs(graph, np.asarray(second.nodes)),
        frame_scores=torch.from_numpy(scores.astype(np.float32)),
    )
    assert first.nodes.tolist() != second.nodes.tolist()
    assert splice(first, second, graph, take).score == pytest.approx(first.score - sum(gains))
    assert splice(first, second, graph, take).score == pytest.approx(second.score)
