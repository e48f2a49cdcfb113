"""Fillers: nodes that take up anything, one behind the other without a blank."""

from __future__ import annotations

import math
import random
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import FILLER, START, WILDCARD, GraphBuilder, best_path_graph, chain
from ctcalign.errors import NoPathError, UsageError
from tests.ctc.brute_force import integer_log_probs, sequences


def best_of_sequence(log_probs: np.ndarray, tokens: list[int], blank: int, penalty: float) -> float:
    """Highest score of one token sequence, by trying every place of every frame."""

    def emission(t: int, token: int) -> float:
        if token == FILLER:
            return float(log_probs[t].max()) - penalty
        if token == WILDCARD:
            return float(np.delete(log_probs[t], blank).max())
        return float(log_probs[t, token])

    @cache
    def rest(t: int, place: int, inside: bool) -> float:
        """Best score from frame t on; `place` tokens are begun, the last of them still being said or not."""
        if t == len(log_probs):
            return 0.0 if place == len(tokens) else -math.inf
        found = [float(log_probs[t, blank]) + rest(t + 1, place, False)]
        if inside:
            found.append(emission(t, tokens[place - 1]) + rest(t + 1, place, True))
        if place < len(tokens):
            joined = inside and tokens[place - 1] == tokens[place] != FILLER
            if not joined:
                found.append(emission(t, tokens[place]) + rest(t + 1, place + 1, True))
        return max(found)

    return rest(0, 0, False)


@st.composite
def graphs(draw):
    builder = GraphBuilder()
    nodes = draw(st.integers(1, 6))
    costs = st.sampled_from([0.0, 0.0, 1.0])
    for node in range(nodes):
        sources = draw(st.lists(st.integers(START, node - 1), min_size=1, max_size=3))
        builder.add(draw(st.sampled_from([1, 2, FILLER, FILLER, WILDCARD])), sources, [draw(costs) for _ in sources])
    final = draw(st.lists(st.integers(START, nodes - 1), min_size=1, max_size=2))
    rng = random.Random(draw(st.integers(0, 2**32)))
    return integer_log_probs(rng, draw(st.integers(1, 6)), 3), builder.build(final), draw(st.sampled_from([0.0, 1.0]))


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_best_of_all_sequences(case) -> None:
    log_probs, graph, penalty = case
    expected = max(best_of_sequence(log_probs, tokens, 0, penalty) - cost for tokens, cost in sequences(graph))
    if expected == -math.inf:
        with pytest.raises(NoPathError):
            best_path_graph(log_probs, graph, filler_penalty=penalty)
        return
    best = best_path_graph(log_probs, graph, filler_penalty=penalty)
    assert best.score == expected
    assert best.certified
    sums = [float(best.frame_scores[a:b].sum(dtype=np.float64)) for a, b in best.spans]
    assert best.node_scores.tolist() == pytest.approx(sums)
    assert graph.labels[np.asarray(best.nodes)].tolist() in [tokens for tokens, _ in sequences(graph)]


def test_a_filler_takes_up_what_nobody_wrote() -> None:
    logits = torch.zeros(12, 6)
    logits[torch.arange(12), torch.tensor([1, 0, 5, 5, 0, 4, 4, 0, 3, 0, 2, 0])] = 9.0
    builder = GraphBuilder()
    first = builder.add(1, [START])
    filler = builder.add(FILLER, [first])
    last = builder.add(2, [first, filler])
    best = best_path_graph(logits.log_softmax(-1), builder.build([last]), filler_penalty=0.2)
    assert best.nodes.tolist() == [first, filler, last]
    start, end = best.spans[1]
    assert (start, end) == (2, 9)
    assert set(best.path.tolist()) == {0, 1, 2, FILLER}


def test_filler_penalty_is_checked() -> None:
    builder = GraphBuilder()
    builder.add(FILLER, [START])
    with pytest.raises(ValueError, match="filler_penalty must be finite and >= 0, got -1"):
        best_path_graph(torch.zeros(2, 2).log_softmax(-1), builder.build([0]), filler_penalty=-1)


@pytest.mark.parametrize(("label", "penalties"), [(FILLER, []), (FILLER - 1, [1.0]), (FILLER - 2, [1.0, 2.0])])
def test_a_filler_without_a_penalty_is_refused(label, penalties):
    graph = chain([1, label])
    with pytest.raises(UsageError, match=rf"^targets must lie in .* got {label} at 1"):
        best_path_graph(np.full((4, 3), -1.0), graph, filler_penalty=penalties)
    best_path_graph(np.full((4, 3), -1.0), graph, filler_penalty=[*penalties, 0.5])
    best_path_graph(np.full((4, 3), -1.0), chain([1]), filler_penalty=penalties)
