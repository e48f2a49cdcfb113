"""Words of a text and their alignment: small cases by hand, and random ones against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.objectives.edit_kernels import number_words, repair_paths
from ctcalign.objectives.word_units import label_units, word_units

VOCABULARY = ("", "a", "b", " ")
PIECES = ("", "\u2581", "\u2581a", "a", "ab", "\u2581b", "b")


def words_in_python(units: list[int], vocabulary: tuple[str, ...]) -> list[str]:
    text = "".join(vocabulary[unit] for unit in units)
    if any("\u2581" in symbol for symbol in vocabulary):
        text = text.replace("\u2581", " ")
    return text.split()


@pytest.mark.parametrize("vocabulary", [VOCABULARY, PIECES], ids=["characters", "pieces"])
@settings(max_examples=60, deadline=None)
@given(a=st.lists(st.integers(0, 6), max_size=9), b=st.lists(st.integers(0, 6), max_size=9))
def test_equal_words_have_equal_numbers(vocabulary, a, b):
    a, b = ([unit % len(vocabulary) for unit in units] for units in (a, b))
    tables = word_units(vocabulary).arrays()
    found = [*number_words(np.array(a, np.int64), np.array(b, np.int64), tables)]
    words = [words_in_python(units, vocabulary) for units in (a, b)]
    assert list(map(len, found)) == list(map(len, words))
    together, numbers = [*words[0], *words[1]], [*found[0], *found[1]]
    for i, one in enumerate(together):
        assert numbers[i] == together.index(one)  # the place of the first equal word


def repaired(path, reference, *, most=9, every=True, must_improve=True, gaps_first=False, draw=0, vocabulary=None):
    """Labels of a path (0 is the blank) after the repair."""
    units = label_units(10) if vocabulary is None else word_units(vocabulary)
    paths = np.array([[path]], np.int64)
    reference = np.array(reference, np.int64)
    repair_paths(
        paths, np.array([len(path)]), reference, np.array([0, len(reference)]), units.arrays(), 0, most, every,
        must_improve, gaps_first, np.array([[draw]]),
    )  # fmt: skip
    return paths[0, 0].tolist()


def test_a_label_is_replaced_in_all_of_its_frames():
    assert repaired([1, 1, 0, 2, 2, 2, 3], [1, 5, 3]) == [1, 1, 0, 5, 5, 5, 3]
    assert repaired([0, 1, 0, 0, 1, 0], [7, 8]) == [0, 7, 0, 0, 8, 0]
    assert repaired([1, 2, 3], [4, 5, 6]) == [4, 5, 6]
    assert repaired([], [4]) == []
    assert repaired([0, 0], [4]) == [0, 0]
    assert repaired([1, 2], []) == [1, 2]


def test_insertions_and_deletions_stay():
    assert repaired([1, 2, 3], [1, 3]) == [1, 2, 3]
    assert repaired([1, 3], [1, 2, 3]) == [1, 3]
    assert repaired([1, 2, 3, 4], [1, 3, 9]) == [1, 2, 3, 9]


def test_one_repair_is_drawn():
    outcomes = [repaired([1, 2, 3], [4, 2, 6], every=False, draw=draw) for draw in range(4)]
    assert outcomes == [[4, 2, 3], [1, 2, 6], [4, 2, 3], [1, 2, 6]]


def test_labels_that_would_merge():
    assert repaired([1, 2], [1, 1]) == [1, 2]
    assert repaired([2, 1], [1, 1]) == [2, 1]
    assert repaired([1, 0, 2], [1, 1]) == [1, 0, 1]
    assert repaired([2, 0, 1], [1, 1]) == [1, 0, 1]
    assert repaired([1, 2], [1, 1], must_improve=False) == [1, 1]
    # Both are wrong: the first repair is made, the second would merge with it.
    assert repaired([2, 3], [1, 1]) == [1, 3]


def test_words_that_differ_too_much():
    letters = ("", "a", "b", "c", " ")
    assert repaired([1, 2, 3, 4, 1], [1, 3, 2, 4, 1], most=1, vocabulary=letters) == [1, 2, 3, 4, 1]
    assert repaired([1, 2, 3, 4, 1], [1, 3, 2, 4, 1], most=2, vocabulary=letters) == [1, 3, 2, 4, 1]
    # bc for cb within a word is a gap on both sides for the published aligner
    assert repaired([1, 2, 3, 4, 1], [1, 3, 2, 4, 1], gaps_first=True, vocabulary=letters) == [1, 2, 3, 4, 1]
    assert repaired([1, 2, 3, 4, 1], [1, 2, 1, 4, 1], gaps_first=True, vocabulary=letters) == [1, 2, 1, 4, 1]


def test_of_equally_short_alignments_the_most_similar_words_are_paired():
    letters = ("", "a", "b", "c", "d", " ")
    # "abc" against "dab abd": the second word differs in one letter, the first in three
    assert repaired([1, 2, 3], [4, 3, 1, 5, 1, 2, 4], most=3, vocabulary=letters) == [1, 2, 4]
    assert repaired([1, 2, 3], [1, 2, 4, 5, 4, 3, 1], most=3, vocabulary=letters) == [1, 2, 4]


def test_a_repair_is_worth_more_than_a_match_between_two_gaps():
    letters = ("", "a", "b", "c", " ")
    # "ab cb" against "cb abc": two substitutions, of which the first can be repaired, or a match between two gaps
    assert repaired([1, 2, 4, 3, 2], [3, 2, 4, 1, 2, 3], most=1, vocabulary=letters) == [3, 2, 4, 3, 2]
