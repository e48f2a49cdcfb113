"""Edit distances against their recursive definition and against kaldialign."""

from __future__ import annotations

import kaldialign
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.edits import edit_distance, prefix_distances, substring_distances

SHORT = st.lists(st.integers(1, 3), max_size=5)
LONG = st.lists(st.integers(0, 3), max_size=30)


def recursive_distance(a: list[int], b: list[int]) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(
        recursive_distance(a[1:], b) + 1,
        recursive_distance(a, b[1:]) + 1,
        recursive_distance(a[1:], b[1:]) + (a[0] != b[0]),
    )


@settings(deadline=None)
@given(a=SHORT, b=SHORT)
def test_distances_by_definition(a, b):
    prefixes = [recursive_distance(a, b[:stop]) for stop in range(len(b) + 1)]
    assert edit_distance(a, b) == prefixes[-1]
    assert prefix_distances(a, b).tolist() == prefixes
    substrings = [min(recursive_distance(a, b[i:stop]) for i in range(stop + 1)) for stop in range(len(b) + 1)]
    assert substring_distances(a, b).tolist() == substrings


@settings(deadline=None)
@given(a=LONG, b=LONG)
def test_the_distance_equals_that_of_kaldialign(a, b):
    assert edit_distance(a, b) == kaldialign.edit_distance(a, b)["total"]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "distance"),
    [
        ("kitten", "sitting", 3),
        (["one", "two"], "one too".split(), 1),
        ([], ["a"], 1),
        ("", "", 0),
        (np.array([1, 2, 3]), np.array([1, 3, 4], np.int32), 2),
        (np.array([1, 2, 3]), [1, 3, 4], 2),
    ],
)
def test_items_may_be_characters_words_or_labels(reference, hypothesis, distance):
    assert edit_distance(reference, hypothesis) == distance
