"""Edit alignment of two sequences, exact, in numpy: counts of errors, and which item stands for which."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.errors import ShapeError

Pair = tuple[int | None, int | None]
# A row of the table is found at once by a running minimum, which rounds; real differences of cost are far above this.
_EQUAL = 1e-11


@dataclass(frozen=True)
class EditCounts:
    """Errors of one or more hypotheses against their references, in items (words or characters).

    The number of errors is that of the shortest edit script; among scripts of that length the one with the most
    matches tells substitutions from insertions with deletions.
    """

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference_length: int = 0

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors divided by the length of the reference, >= 0; nan when both are empty, inf when only the latter is."""
        if self.reference_length:
            return self.errors / self.reference_length
        return float("inf") if self.errors else float("nan")

    def __add__(self, other: EditCounts) -> EditCounts:
        return EditCounts(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference_length + other.reference_length,
        )


def edit_alignment(
    reference: Sequence[Hashable], hypothesis: Sequence[Hashable], gaps: NDArray[np.float64] | None = None
) -> list[Pair]:
    """Pairs (place in reference, place in hypothesis) in order; None where an item has no partner.

    Fewest edits first (unit costs); among these, the most equal pairs; among these, the least sum of `gaps` over the
    equal pairs. What is still tied goes to the diagonal, then to the deletion.

    Args:
        reference: N items.
        hypothesis: M items.
        gaps: what it costs to take reference item i for hypothesis item j, >= 0 and finite, (N, M); of repeated words
            the distance in time tells which of them was recognised. None: no preference.
    Raises:
        ShapeError: gaps is not (N, M).  ValueError: gaps has a negative or infinite or NaN value.

        >>> edit_alignment("a b c".split(), "a c d".split())
        [(0, 0), (1, None), (2, 1), (None, 2)]
    """
    rows, columns = len(reference), len(hypothesis)
    equal = _equality(reference, hypothesis)
    step = 1.0 / (4 * (min(rows, columns) + 1))  # all preferences together stay below the half of one edit
    costs = np.where(equal, 0.0, 1.0 + step)
    if gaps is not None:
        gaps = np.asarray(gaps, np.float64)
        if gaps.shape != (rows, columns):
            raise ShapeError(f"gaps must be ({rows}, {columns}), one for each pair of items, got {gaps.shape}")
        if not np.isfinite(gaps).all() or (gaps < 0).any():
            raise ValueError("gaps must be finite and >= 0; clip them")
        if gaps.size and gaps.max() > 0:
            costs += equal * gaps / gaps.max() * step / (2 * (min(rows, columns) + 1))
    return _trace(_table(costs), costs)


def edit_counts(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> EditCounts:
    """Errors of one hypothesis.

    >>> edit_counts("one two three".split(), "one too three four".split())
    EditCounts(substitutions=1, deletions=0, insertions=1, reference_length=3)
    """
    substitutions = deletions = insertions = 0
    for i, j in edit_alignment(reference, hypothesis):
        if i is None:
            insertions += 1
        elif j is None:
            deletions += 1
        else:
            substitutions += reference[i] != hypothesis[j]
    return EditCounts(substitutions, deletions, insertions, len(reference))


def _equality(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> NDArray[np.bool_]:
    """(N, M): which items are equal."""
    numbers: dict[Hashable, int] = {}
    coded = [np.array([numbers.setdefault(item, len(numbers)) for item in s], int) for s in (reference, hypothesis)]
    return np.asarray(coded[0][:, None] == coded[1][None, :])


def _table(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N + 1, M + 1): least cost of turning the first i items into the first j; an insertion or deletion costs 1."""
    rows, columns = costs.shape
    along = np.arange(columns + 1, dtype=np.float64)
    table = np.empty((rows + 1, columns + 1))
    table[0] = along
    for i in range(rows):
        above = table[i] + 1.0
        above[1:] = np.minimum(above[1:], table[i, :-1] + costs[i])
        # min over k <= j of above[k] + (j - k): the insertions of a row in one running minimum
        table[i + 1] = np.minimum.accumulate(above - along) + along
    return table


def _trace(table: NDArray[np.float64], costs: NDArray[np.float64]) -> list[Pair]:
    i, j = costs.shape
    pairs: list[Pair] = []
    while i or j:
        here = table[i, j] + _EQUAL
        if i and j and table[i - 1, j - 1] + costs[i - 1, j - 1] <= here:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and table[i - 1, j] + 1.0 <= here:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]
