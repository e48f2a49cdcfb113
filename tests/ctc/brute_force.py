"""Oracles that enumerate everything and share no code with ctcalign."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np


def collapsed(path: Any, blank: int) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def integer_log_probs(rng: random.Random, frames: int, classes: int, minus_inf: float = 0.0) -> np.ndarray:
    """Whole numbers from -4 to 0, so that sums are exact and ties abound; some entries -inf."""
    values = [
        [-math.inf if rng.random() < minus_inf else -float(rng.randrange(5)) for _ in range(classes)]
        for _ in range(frames)
    ]
    return np.array(values).reshape(frames, classes)


def best_score(log_probs: np.ndarray, targets: Any, blank: int) -> float:
    """Highest score of a path that collapses to `targets`; -inf without one."""
    frames, classes = log_probs.shape
    scores = [
        sum(log_probs[t, label] for t, label in enumerate(path))
        for path in itertools.product(range(classes), repeat=frames)
        if collapsed(path, blank) == tuple(targets)
    ]
    return max(scores, default=-math.inf)


def sequences(graph: Any) -> list[tuple[list[int], float]]:
    """Every token sequence of a graph and its cost, found by walking all its arcs."""
    ending: dict[int, float] = {}
    for node, cost in zip(graph.final.tolist(), graph.final_cost.tolist(), strict=True):
        ending[node] = min(cost, ending.get(node, math.inf))
    successors: dict[int, list[tuple[int, float]]] = {}
    for node in range(len(graph)):
        for arc in range(graph.arc_start[node], graph.arc_start[node + 1]):
            successors.setdefault(int(graph.arc_source[arc]), []).append((node, float(graph.arc_cost[arc])))
    found = []
    stack: list[tuple[int, list[int], float]] = [(-1, [], 0.0)]
    while stack:
        node, tokens, cost = stack.pop()
        if node in ending:
            found.append((tokens, cost + ending[node]))
        stack += [(after, [*tokens, int(graph.labels[after])], cost + more) for after, more in successors.get(node, [])]
    return found


def best_graph_score(log_probs: np.ndarray, graph: Any, blank: int, wildcard_penalty: float) -> float:
    """Highest score over all token sequences of the graph; a wildcard is one more label of its own."""
    frames, classes = log_probs.shape
    others = np.delete(log_probs, blank, axis=1)
    wildcard = (others.max(1) if classes > 1 else np.full(frames, -np.inf)) - wildcard_penalty
    extended = np.concatenate([log_probs, wildcard[:, None]], 1)
    cheapest: dict[tuple[int, ...], float] = {}
    for tokens, cost in sequences(graph):
        key = tuple(classes if token == -1 else token for token in tokens)
        cheapest[key] = min(cost, cheapest.get(key, math.inf))
    best = -math.inf
    for path in itertools.product(range(classes + 1), repeat=frames):
        key = collapsed(path, blank)
        if key in cheapest:
            best = max(best, sum(extended[t, label] for t, label in enumerate(path)) - cheapest[key])
    return best
