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


def state_paths(targets: Any, frames: int, blank: int, modified: bool = False) -> list[list[int]]:
    """Every walk through the states of a transcript (blank, token, blank, ...), by trying all of them."""
    labels = [blank] + [label for token in targets for label in (token, blank)]
    walks: list[list[int]] = [[]]
    for _ in range(frames):
        grown = []
        for walk in walks:
            if not walk:
                grown += [[s] for s in range(min(2, len(labels)))]
                continue
            s = walk[-1]
            for after in (s, s + 1, s + 2):
                leap = after == s + 2 and (
                    after % 2 == 0 or (not modified and labels[after : after + 1] == [labels[s]])
                )
                if after < len(labels) and not leap:
                    grown.append([*walk, after])
        walks = grown
    if not frames:
        return [[]] if not list(targets) else []
    return [walk for walk in walks if walk[-1] >= len(labels) - 2]


def walk_scores(
    log_probs: np.ndarray, targets: Any, blank: int, modified: bool = False, bonus: np.ndarray | None = None
) -> list[tuple[tuple[int, ...], float]]:
    """(labels of the frames, score) of every walk; `bonus` is added in the frame in which a token begins."""
    labels = [blank] + [label for token in targets for label in (token, blank)]
    found = []
    for walk in state_paths(targets, len(log_probs), blank, modified):
        score = sum(float(log_probs[t, labels[s]]) for t, s in enumerate(walk))
        if bonus is not None:
            score += sum(float(bonus[t]) for t, s in enumerate(walk) if s % 2 and (t == 0 or walk[t - 1] != s))
        found.append((tuple(labels[s] for s in walk), score))
    return found


def log_sum(scores: Any) -> float:
    """log of the sum of exponentials; -inf of nothing."""
    scores = list(scores)
    top = max(scores, default=-math.inf)
    return top if top == -math.inf else top + math.log(sum(math.exp(score - top) for score in scores))
