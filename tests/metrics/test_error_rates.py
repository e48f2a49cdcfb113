"""Edit alignment against all possible alignments; error counts by hand."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.edits import edit_distance
from ctcalign.errors import ShapeError
from ctcalign.metrics import (
    EditCounts,
    character_counts,
    edit_alignment,
    edit_counts,
    total_counts,
    word_counts,
)

LETTERS = st.lists(st.sampled_from("abc"), max_size=5)


def every_alignment(n: int, m: int) -> list[list[tuple[int | None, int | None]]]:
    """All monotone pairings of n items with m items, by enumerating every path through the grid."""

    @cache
    def walk(i: int, j: int) -> tuple[tuple[tuple[int | None, int | None], ...], ...]:
        if i == n and j == m:
            return ((),)
        found = []
        if i < n and j < m:
            found += [((i, j), *rest) for rest in walk(i + 1, j + 1)]
        if i < n:
            found += [((i, None), *rest) for rest in walk(i + 1, j)]
        if j < m:
            found += [((None, j), *rest) for rest in walk(i, j + 1)]
        return tuple(found)

    return [list(one) for one in walk(0, 0)]


def cost(pairs, ref, hyp, gaps):
    """(edits, minus equal pairs, sum of gaps over equal pairs): to be minimised in this order."""
    edits = sum(i is None or j is None or ref[i] != hyp[j] for i, j in pairs)
    equal = [(i, j) for i, j in pairs if i is not None and j is not None and ref[i] == hyp[j]]
    return edits, -len(equal), sum(gaps[i][j] for i, j in equal)


@given(ref=LETTERS, hyp=LETTERS, seed=st.integers(0, 2**16))
def test_the_alignment_is_the_best_of_all(ref, hyp, seed):
    gaps = np.random.default_rng(seed).uniform(0, 2, (len(ref), len(hyp)))
    found = edit_alignment(ref, hyp, gaps)
    assert [i for i, _ in found if i is not None] == list(range(len(ref)))
    assert [j for _, j in found if j is not None] == list(range(len(hyp)))
    best = min(cost(one, ref, hyp, gaps) for one in every_alignment(len(ref), len(hyp)))
    assert cost(found, ref, hyp, gaps) == pytest.approx(best, abs=1e-9)


@given(ref=st.lists(st.integers(0, 3), max_size=30), hyp=st.lists(st.integers(0, 3), max_size=30))
def test_the_number_of_errors_is_the_edit_distance(ref, hyp):
    assert edit_counts(ref, hyp).errors == edit_distance(ref, hyp)


def test_of_equal_words_the_nearest_is_matched():
    ref, hyp = ["one", "one"], ["one"]
    assert edit_alignment(ref, hyp, np.array([[2.0], [0.1]])) == [(0, None), (1, 0)]
    assert edit_alignment(ref, hyp, np.array([[0.1], [2.0]])) == [(0, 0), (1, None)]


def test_a_preference_never_costs_an_edit():
    ref, hyp = ["a"] * 40, ["a"] * 40
    gaps = np.abs(np.arange(40.0)[:, None] - np.arange(40.0)[None] + 1) * 1e6  # prefer a shift by one
    assert edit_alignment(ref, hyp, gaps) == [(i, i) for i in range(40)]


def test_matches_are_preferred_to_substitutions():
    assert edit_counts(["one", "two"], ["two", "three"]) == EditCounts(0, 1, 1, 2)


def test_counts_of_words_and_characters():
    assert word_counts(["one two", ""], [" one  too\n", "a"]) == [EditCounts(1, 0, 0, 2), EditCounts(0, 0, 1, 0)]
    assert character_counts(["a b"], ["  a  c "]) == [EditCounts(1, 0, 0, 3)]
    total = total_counts([EditCounts(1, 2, 3, 10), EditCounts(0, 0, 1, 4)])
    assert (total.errors, total.reference_length, total.rate) == (7, 14, 0.5)


def test_rates_of_empty_references():
    assert math.isnan(EditCounts().rate)
    assert EditCounts(insertions=1).rate == math.inf


def test_bad_arguments():
    with pytest.raises(ShapeError, match=r"gaps must be \(1, 2\)"):
        edit_alignment("a", "bc", np.zeros((2, 1)))
    with pytest.raises(ValueError, match="gaps must be finite and >= 0"):
        edit_alignment("a", "a", np.array([[-1.0]]))
    with pytest.raises(ValueError, match="gaps must be finite and >= 0"):
        edit_alignment("a", "a", np.array([[np.inf]]))
    with pytest.raises(ShapeError, match="hyp_texts must have one text for each of the 2 ref_texts, got 1"):
        word_counts(["a", "b"], ["a"])
