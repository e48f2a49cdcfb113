"""Sums and best paths of the kernels, against enumeration of all paths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ctcalign.aligner.confidence.kernels import best_insertion, forward_backward, free_and_silent, word_scores

BLANK, SEPARATOR = 0, 1


def rows_of(frames: int, classes: int, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(frames, classes))
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def collapsed(path) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(path) if label != BLANK)


def total(paths, rows, start) -> float:
    masses = [sum(rows[start + t, label] for t, label in enumerate(path)) for path in paths]
    return np.logaddexp.reduce(masses) if masses else -np.inf


@pytest.mark.parametrize("labels", [(2, 3), (2, 1, 2), (2, 2), (3, 2, 1, 2, 3)])
@pytest.mark.parametrize("seed", [0, 1])
def test_forward_sums_over_every_path(labels, seed):
    frames = 6
    rows = rows_of(frames, 4, seed)
    optional = np.array([label == SEPARATOR for label in labels])
    texts = {labels, tuple(label for label in labels if label != SEPARATOR)}
    low, high = np.zeros(len(labels), np.int64), np.full(len(labels), frames, np.int64)
    before, behind = forward_backward(rows, np.array(labels), optional, low, high, BLANK)
    for t in range(frames):
        paths = [
            (first, path)
            for first in range(t + 1)
            for path in itertools.product(range(4), repeat=t + 1 - first)
            if path[0] == labels[0] and path[-1] == labels[-1] and collapsed(path) in texts
        ]
        masses = [total([path], rows, first) for first, path in paths]
        expected = np.logaddexp.reduce(masses) if masses else -np.inf
        assert before[-1, t] == pytest.approx(expected, abs=1e-4)
        # From the first symbol in frame t until the last one is reached for the first time.
        ways = [
            path
            for length in range(1, frames - t)
            for path in itertools.product(range(4), repeat=length)
            if path[-1] == labels[-1]
            and collapsed((labels[0], *path)) in texts
            and collapsed((labels[0], *path[:-1])) not in texts
        ]
        assert behind[0, t] == pytest.approx(total(ways, rows, t + 1), abs=1e-4)


def test_between_two_symbols_is_anything_or_silence():
    quiet = np.log(np.array([0.5, 0.4, 0.3, 0.2, 0.9]))
    left, right = np.array([-1.0, -3.0]), np.array([-2.0, -0.5])  # ends in frame 0 or 1, beginnings in frame 3 or 4
    free, silent = free_and_silent(quiet, left, 0, right, 3)
    assert free == pytest.approx(-1.5)
    still = [np.logaddexp(-1.0 + quiet[1], -3.0) + quiet[2], 0.0]
    still[1] = still[0] + quiet[3]
    assert silent == pytest.approx(max(still[0] - 2.0, still[1] - 0.5))


@pytest.mark.parametrize("seed", range(3))
def test_scores_of_words_are_those_of_their_best_paths(seed):
    frames = 6
    rows = rows_of(frames, 4, seed)
    words = [(2,), (2, 3), (3, 3), (3, 2, 3)]
    symbols = np.array([label for word in words for label in word])
    begins = np.cumsum([0, *map(len, words)])
    quiet = rows[:, BLANK].astype(np.float64)
    found = word_scores(rows, quiet, symbols, begins, np.arange(4), BLANK)
    best = dict.fromkeys(words, -np.inf)
    for path in itertools.product((0, 2, 3), repeat=frames):
        if collapsed(path) in best:
            best[collapsed(path)] = max(best[collapsed(path)], sum(rows[t, label] for t, label in enumerate(path)))
    assert found == pytest.approx([best[word] for word in words], abs=1e-4)
    # The same between a symbol that ends in frame -1 and one that begins behind the last frame.
    padded = np.concatenate([np.zeros((1, 4), np.float32), rows, np.zeros((1, 4), np.float32)])
    silence = np.concatenate([[0.0], quiet, [0.0]])
    nothing = np.zeros(1)
    inserted = best_insertion(padded, silence, nothing, 0, nothing, frames + 1, symbols, begins, BLANK)
    assert inserted == pytest.approx(max(best.values()), abs=1e-4)
