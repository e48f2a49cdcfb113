"""Word and character error rates of whole test sets, kept by utterance so that they can be resampled."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import Any

from ctcalign.errors import ShapeError
from ctcalign.metrics.edits import EditCounts, edit_alignment, edit_counts


def word_counts(ref_texts: Sequence[str], hyp_texts: Sequence[str]) -> list[EditCounts]:
    """Word errors of each utterance; words are what white space separates, compared as they are.

    Raises:
        ShapeError: the two lists differ in length.

        >>> word_counts(["one two"], ["one  too"])[0].errors
        1
    """
    return [edit_counts(ref.split(), hyp.split()) for ref, hyp in _pairs(ref_texts, hyp_texts)]


def character_counts(ref_texts: Sequence[str], hyp_texts: Sequence[str]) -> list[EditCounts]:
    """Character errors of each utterance; a run of white space counts as one character, at the ends as none.

    Raises:
        ShapeError: the two lists differ in length.
    """
    return [edit_counts(" ".join(ref.split()), " ".join(hyp.split())) for ref, hyp in _pairs(ref_texts, hyp_texts)]


def total_counts(counts: Sequence[EditCounts]) -> EditCounts:
    """The sum over utterances; its rate is the error rate of the set (not the mean of the utterances' rates)."""
    return sum(counts, EditCounts())


def edit_distance(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> int:
    """Least number of substitutions, deletions and insertions; by kaldialign where it is installed, which is faster.

    >>> edit_distance("kitten", "sitting")
    3
    """
    fast = _kaldialign()
    if fast is not None:
        numbers: dict[Hashable, int] = {}
        coded = [[numbers.setdefault(item, len(numbers)) for item in s] for s in (reference, hypothesis)]
        return int(fast(coded[0], coded[1])["total"])
    pairs = edit_alignment(reference, hypothesis)
    return sum(i is None or j is None or reference[i] != hypothesis[j] for i, j in pairs)


@cache
def _kaldialign() -> Callable[..., dict[str, Any]] | None:
    try:
        import kaldialign
    except ImportError:
        return None
    found: Callable[..., dict[str, Any]] = kaldialign.edit_distance
    return found


def _pairs(ref_texts: Sequence[str], hyp_texts: Sequence[str]) -> list[tuple[str, str]]:
    if len(ref_texts) != len(hyp_texts):
        raise ShapeError(
            f"hyp_texts must have one text for each of the {len(ref_texts)} ref_texts, got {len(hyp_texts)}"
        )
    return list(zip(ref_texts, hyp_texts, strict=True))
