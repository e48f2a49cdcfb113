"""Oracles that try every path and share no code with ctcalign, and a test of frequencies."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

Path = tuple[int, ...]


def ways(path: Sequence[int], targets: Sequence[int], blank: int, modified: bool) -> int:
    """In how many ways a path is an alignment of the targets: 0 or 1 in the standard topology."""
    start = next((t for t, label in enumerate(path) if label != blank), len(path))
    if not targets or start == len(path):
        return int(not targets and start == len(path))
    found, end = 0, start
    while end < len(path) and path[end] == targets[0]:
        end += 1
        rest = path[end:]
        at_once = bool(rest) and rest[0] != blank
        if not at_once or (rest[0] in targets[1:2] and (modified or rest[0] != targets[0])):
            found += ways(rest, targets[1:], blank, modified)
    return found


def weights(log_probs: Tensor, targets: Sequence[int], blank: int, modified: bool = False) -> dict[Path, float]:
    """Probability of each path of the targets, times its ways; not normalised."""
    frames, classes = log_probs.shape
    rows = log_probs.double().tolist()
    found = {}
    for path in itertools.product(range(classes), repeat=frames):
        number = ways(path, targets, blank, modified)
        if number:
            weight = number * math.exp(sum(rows[t][label] for t, label in enumerate(path)))
            if weight:
                found[path] = weight
    return found


def all_weights(log_probs: Tensor) -> dict[Path, float]:
    """Probability of each path whatever."""
    rows = log_probs.double().tolist()
    return {
        path: math.exp(sum(rows[t][label] for t, label in enumerate(path)))
        for path in itertools.product(range(log_probs.shape[1]), repeat=len(rows))
    }


def occupancies(of_paths: dict[Path, float], frames: int, classes: int) -> Tensor:
    """(T, C) shares; zero without any path."""
    table = torch.zeros(frames, classes, dtype=torch.float64)
    whole = sum(of_paths.values())
    for path, weight in of_paths.items():
        for t, label in enumerate(path):
            table[t, label] += weight / whole
    return table


def chi_square(drawn: Iterable[Path], of_paths: dict[Path, float]) -> float:
    """Probability that frequencies differ as much or more by chance; rare paths count as one. 0 for an alien path."""
    counts = Counter(drawn)
    if not counts.keys() <= of_paths.keys():
        return 0.0
    number, whole = sum(counts.values()), sum(of_paths.values())
    pairs, rare = [], [0.0, 0.0]
    for path, weight in of_paths.items():
        expected = number * weight / whole
        if expected < 5:
            rare = [rare[0] + counts[path], rare[1] + expected]
        else:
            pairs.append((counts[path], expected))
    if rare[1] >= 5:
        pairs.append((rare[0], rare[1]))
    if len(pairs) < 2:
        return 1.0  # a single path can only have been drawn each time
    statistic = sum((seen - expected) ** 2 / expected for seen, expected in pairs)
    freedom = torch.tensor((len(pairs) - 1) / 2, dtype=torch.float64)
    return float(torch.special.gammaincc(freedom, torch.tensor(statistic / 2, dtype=torch.float64)))
