"""Edit distance (Levenshtein): of two sequences, of one to every prefix of the other, and to every substring of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

Labels = NDArray[np.int64]
Items = Sequence[Hashable] | NDArray[np.integer]


def edit_distance(reference: Items, hypothesis: Items) -> int:
    """Least number of substitutions, deletions and insertions.

    Args:
        reference, hypothesis: strings, lists of words, or arrays of labels. Memory is linear in the second.

    >>> edit_distance("kitten", "sitting")
    3
    """
    return int(prefix_distances(reference, hypothesis)[-1])


def prefix_distances(reference: Items, hypothesis: Items) -> Labels:
    """Distance between the reference and the first 0, 1, 2, ... items of the hypothesis, (n + 1,).

    >>> prefix_distances([1, 2, 3], [1, 2, 7]).tolist()
    [3, 2, 1, 1]
    """
    first, second = _as_labels(reference, hypothesis)
    row = np.arange(len(second) + 1)
    _advance(first, second, row)
    return row


def substring_distances(reference: Items, hypothesis: Items) -> Labels:
    """Least distance between the reference and a substring of the hypothesis, by where it ends, (n + 1,).

    >>> substring_distances([1, 2, 3], [7, 1, 2, 3, 7]).tolist()
    [3, 3, 2, 1, 0, 1]
    """
    first, second = _as_labels(reference, hypothesis)
    row = np.zeros(len(second) + 1, np.int64)
    _advance(first, second, row)
    return row


def _as_labels(*sequences: Items) -> list[Labels]:
    """Items as integers; equal items have equal ones."""
    if all(isinstance(items, np.ndarray) for items in sequences):
        return [np.asarray(items, np.int64) for items in sequences]
    numbers: dict[Hashable, int] = {}
    return [np.array([numbers.setdefault(item, len(numbers)) for item in items], np.int64) for items in sequences]


@jit
def _advance(reference: Labels, hypothesis: Labels, row: Labels) -> None:
    """Turn the first row of the table of distances into the last one, in place."""
    for i in range(reference.size):
        corner = row[0]
        row[0] = i + 1
        for j in range(hypothesis.size):
            cost = corner + (0 if reference[i] == hypothesis[j] else 1)
            corner = row[j + 1]
            row[j + 1] = min(cost, corner + 1, row[j] + 1)
