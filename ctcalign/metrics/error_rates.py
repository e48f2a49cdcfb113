"""Word and character error rates, and the edit alignment of two sequences that they are counted on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.errors import ShapeError

Pair = tuple[int | None, int | None]
# The running minimum of `_table` rounds; real differences of cost are far above this.
_EQUAL = 1e-11


@dataclass(frozen=True)
class EditCounts:
    """Errors of one or more hypotheses against their references, in items (words or characters).

    Their sum is the edit distance. They are counted on the alignment of that cost with the most matches, since
    alignments of equal cost may divide their errors differently.
    """

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference_length: int = 0

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions."""
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
    """Pairs (index in reference, index in hypothesis) in order; None where an item has no partner.

    The alignment has the fewest edits (unit costs); of those the most equal pairs; of those the least sum of `gaps`
    over its equal pairs. Remaining ties are resolved, from the end, in favour of a pair, then of a deletion.

    Args:
        reference: N items.
        hypothesis: M items.
        gaps: preference among equal pairs, smaller is better, >= 0 and finite, (N, M); such as the distance in time,
            which decides which of several equal words was recognised. None: no preference.
    Raises:
        ShapeError: gaps is not (N, M).  ValueError: gaps has a negative or infinite or NaN value.

        >>> edit_alignment("a b c".split(), "a c d".split())
        [(0, 0), (1, None), (2, 1), (None, 2)]
    """
    rows, columns = len(reference), len(hypothesis)
    equal = _equality(reference, hypothesis)
    step = 1.0 / (4 * (min(rows, columns) + 1))  # the sum of all preferences stays below half an edit
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
    """Errors of one hypothesis: items are compared by equality.

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


def word_counts(ref_texts: Sequence[str], hyp_texts: Sequence[str]) -> list[EditCounts]:
    """Word errors of each utterance. Words are divided by white space and compared without normalisation.

    Raises:
        ShapeError: the two lists differ in length.

        >>> word_counts(["one two"], ["one  too"])[0].errors
        1
    """
    return [edit_counts(ref.split(), hyp.split()) for ref, hyp in _pairs(ref_texts, hyp_texts)]


def character_counts(ref_texts: Sequence[str], hyp_texts: Sequence[str]) -> list[EditCounts]:
    """Character errors of each utterance. A run of white space is one character; at the ends it is ignored.

    Raises:
        ShapeError: the two lists differ in length.
    """
    return [edit_counts(" ".join(ref.split()), " ".join(hyp.split())) for ref, hyp in _pairs(ref_texts, hyp_texts)]


def total_counts(counts: Sequence[EditCounts]) -> EditCounts:
    """Sum over utterances. Its rate is the error rate of the test set, not the mean of the utterances' rates."""
    return sum(counts, EditCounts())


def _pairs(ref_texts: Sequence[str], hyp_texts: Sequence[str]) -> list[tuple[str, str]]:
    if len(ref_texts) != len(hyp_texts):
        raise ShapeError(
            f"hyp_texts must have one text for each of the {len(ref_texts)} ref_texts, got {len(hyp_texts)}"
        )
    return list(zip(ref_texts, hyp_texts, strict=True))


def _equality(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> NDArray[np.bool_]:
    """Which items are equal, (N, M)."""
    numbers: dict[Hashable, int] = {}
    coded = [np.array([numbers.setdefault(item, len(numbers)) for item in s], int) for s in (reference, hypothesis)]
    return np.asarray(coded[0][:, None] == coded[1][None, :])


def _table(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least cost of turning the first i items into the first j, (N + 1, M + 1); an insertion or deletion costs 1."""
    rows, columns = costs.shape
    along = np.arange(columns + 1, dtype=np.float64)
    table = np.empty((rows + 1, columns + 1))
    table[0] = along
    for i in range(rows):
        above = table[i] + 1.0
        above[1:] = np.minimum(above[1:], table[i, :-1] + costs[i])
        # Insertions: min over k <= j of above[k] + (j - k), for the whole row by one running minimum.
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
