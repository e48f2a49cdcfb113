"""Compiled prefix beam search over a trie of prefixes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.ctc.jit import jit

Array = npt.NDArray[Any]


@jit
def log_add(a: float, b: float) -> float:
    """log(e^a + e^b)."""
    if b > a:
        a, b = b, a
    if b == -np.inf:
        return a
    return a + math.log1p(math.exp(b - a))


@jit
def _child(node: int, label: int, first: Array, following: Array, labels: Array) -> int:
    """The node of a prefix and one more label, -1 when the trie has none."""
    found: int = first[node]
    while found >= 0 and labels[found] != label:
        found = following[found]
    return found


@jit
def smallest(values: Array, count: int) -> Array:
    """Positions of so many smallest values, ascending; of equal values the first ones first."""
    if values.size <= count:
        return np.argsort(values, kind="mergesort")
    limit = np.partition(values, count - 1)[count - 1]
    equal = count
    for value in values:
        equal -= value < limit
    chosen = np.empty(count, np.int64)
    size = 0
    for place in range(values.size):
        at_limit = values[place] == limit
        if values[place] < limit or (at_limit and equal > 0):
            chosen[size] = place
            size += 1
            equal -= at_limit
    chosen = chosen[:size]
    return chosen[np.argsort(values[chosen], kind="mergesort")]


@jit
def search(log_probs: Array, beam: int, blank: int, least: float) -> tuple[Array, Array, Array, Array]:
    """The prefixes in the beam after the last frame, best first.

    Returns:
        nodes and their masses, parents and labels of the trie; node 0 is the empty prefix.
    """
    frames, classes = log_probs.shape
    room = 1 + frames * beam
    parents = np.full(room, -1, np.int64)
    labels = np.full(room, -1, np.int64)
    first = np.full(room, -1, np.int64)
    following = np.full(room, -1, np.int64)
    place = np.full(room, -1, np.int64)  # index of a node in the beam, -1 outside
    used = 1
    nodes = np.zeros(1, np.int64)
    in_blank = np.zeros(1)
    in_token = np.full(1, -np.inf)
    place[0] = 0
    likely = np.empty(classes, np.int64)
    for t in range(frames):
        row = log_probs[t]
        count = 0
        for label in range(classes):
            if label != blank and row[label] > least:
                likely[count] = label
                count += 1
        kept = len(nodes)
        most = kept * (1 + count)
        new_blank = np.full(most, -np.inf)
        new_token = np.full(most, -np.inf)
        source = np.empty(most, np.int64)
        token = np.full(most, -1, np.int64)  # -1: the prefix itself, else the label that extends it
        for k in range(kept):
            node = nodes[k]
            whole = log_add(in_blank[k], in_token[k])
            source[k] = node
            new_blank[k] = whole + row[blank]
            if node > 0:
                new_token[k] = in_token[k] + row[labels[node]]
        size = kept
        for k in range(kept):
            node = nodes[k]
            whole = log_add(in_blank[k], in_token[k])
            for j in range(count):
                label = likely[j]
                mass = (in_blank[k] if node > 0 and label == labels[node] else whole) + row[label]
                if mass == -np.inf:
                    continue
                child = _child(node, label, first, following, labels)
                if child >= 0 and place[child] >= 0:
                    new_token[place[child]] = log_add(new_token[place[child]], mass)
                else:
                    source[size], token[size], new_token[size] = node, label, mass
                    size += 1
        score = np.empty(size)
        for k in range(size):
            score[k] = -log_add(new_blank[k], new_token[k])
        order = smallest(score, beam)
        for k in range(kept):
            place[nodes[k]] = -1
        nodes = np.empty(len(order), np.int64)
        in_blank = np.empty(len(order))
        in_token = np.empty(len(order))
        for k in range(len(order)):
            chosen = order[k]
            node = source[chosen]
            if token[chosen] >= 0:
                child = _child(node, token[chosen], first, following, labels)
                if child < 0:
                    child = used
                    used += 1
                    parents[child], labels[child] = node, token[chosen]
                    following[child], first[node] = first[node], child
                node = child
            nodes[k], in_blank[k], in_token[k] = node, new_blank[chosen], new_token[chosen]
            place[node] = k
    masses = np.empty(len(nodes))
    for k in range(len(nodes)):
        masses[k] = log_add(in_blank[k], in_token[k])
    return nodes, masses, parents[:used], labels[:used]
