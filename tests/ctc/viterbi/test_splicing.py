"""Two paths spliced: a path of the graph with the score that it says, and never worse than the choice allows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ctcalign.ctc import best_path_graph, chain, splice
from ctcalign.errors import ShapeError, UsageError
from tests.ctc.brute_force import best_graph_score, collapsed, sequences
from tests.ctc.viterbi.test_graph_path import small_graphs


@settings(max_examples=300, deadline=None)
@given(small_graphs(), st.integers(0, 2**16), st.integers(0, 2**16))
def test_a_splice_is_a_path_with_its_score(case, seed, coins):
    log_probs, graph, blank, penalty = case
    assume(best_graph_score(log_probs, graph, blank, penalty) > -math.inf and np.isfinite(log_probs).all())
    first = best_path_graph(log_probs, graph, blank, wildcard_penalty=penalty)
    # Another path of the same graph: the best one of other sounds, scored here by the sounds themselves.
    other = -np.random.default_rng(seed).integers(0, 5, log_probs.shape).astype(float)
    second = best_path_graph(other, graph, blank, wildcard_penalty=0.0)
    second = rescored(second, log_probs, graph, blank, penalty)
    coin = np.random.default_rng(coins)
    gains = []

    def choose(frames, gain):
        gains.append((gain, coin.random() < 0.5))
        return gains[-1][1]

    found = splice(first, second, graph, choose)
    assert found.score == pytest.approx(first.score - sum(gain for gain, taken in gains if taken))
    tokens = graph.labels[np.asarray(found.nodes)].tolist()
    assert collapsed(found.path.tolist(), blank) == tuple(tokens)
    assert [path for path, _ in sequences(graph)].count(tokens) > 0
    sums = [float(found.frame_scores[a:b].sum(dtype=np.float64)) for a, b in found.spans]
    assert found.node_scores.tolist() == pytest.approx(sums)
    assert all(gain >= 0 for gain, _ in gains)  # the first is the best one, so no other way gains
    assert splice(first, second, graph, lambda frames, gain: True).score == pytest.approx(second.score)
    assert splice(first, second, graph, lambda frames, gain: False) is first


def test_wrong_arguments_of_a_splice():
    graph = chain([1])
    first, second = (best_path_graph(np.full((frames, 2), -1.0), graph) for frames in (3, 4))
    with pytest.raises(ShapeError, match=r"^first, second: expected equally many frames, got 3 and 4"):
        splice(first, second, graph, lambda frames, gain: True)
    with pytest.raises(UsageError, match=r"^take_second: expected a function, got bool"):
        splice(first, first, graph, True)


def rescored(path, log_probs, graph, blank, penalty):
    """The same path with the scores of other log-probs."""
    from dataclasses import replace

    import torch

    from ctcalign.ctc.viterbi.graph_path import arc_costs

    others = np.delete(log_probs, blank, axis=1)
    wild = others.max(1) - penalty
    labels = np.asarray(path.path)
    scores = np.array([wild[t] if label < 0 else log_probs[t, label] for t, label in enumerate(labels)])
    return replace(
        path,
        score=float(scores.sum()) - arc_costs(graph, np.asarray(path.nodes)),
        frame_scores=torch.from_numpy(scores.astype(np.float32)),
    )
