"""Tables of words and labels by hand, and references as one array."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.errors import BatchError, UsageError
from ctcalign.objectives.word_units import check_labels, flat_references, label_units, word_units


def spelled(units) -> list[str]:
    """The characters of each label."""
    return [
        "".join(map(chr, units.codes[start:end])) for start, end in zip(units.offsets, units.offsets[1:], strict=False)
    ]


def test_characters():
    units = word_units(("", "a", " ", "|"))
    assert units.classes == 4
    assert units.separates.tolist() == [False, False, True, False]  # the space comes before the bar
    assert not units.begins.any()
    assert spelled(units) == ["", "a", " ", "|"]
    assert word_units(("|", "a")).separates.tolist() == [True, False]
    assert word_units(("a", "\u2581")).separates.tolist() == [False, True]
    assert word_units(("a", "\u2581", "|")).separates.tolist() == [False, False, True]
    assert word_units((" ", "a", "-"), separator="-").separates.tolist() == [False, False, True]
    separates, begins, codes, offsets = units.arrays()
    assert (separates is units.separates, begins is units.begins) == (True, True)
    assert (codes is units.codes, offsets is units.offsets) == (True, True)


def test_word_pieces():
    units = word_units(("", "\u2581th", "e", "\u2581", "n\u2581"))
    assert units.begins.tolist() == [False, True, False, True, False]
    assert not units.separates.any()
    assert spelled(units) == ["", "th", "e", "", "n"]
    # A mark alone is a separator; only before more characters it makes pieces.
    assert word_units(("a", "\u2581"), units="word_pieces").begins.tolist() == [False, True]
    assert word_units(("ab", "\u2581")).separates.tolist() == [False, True]
    assert word_units(("\u2581a", "b", " "), units="characters").separates.tolist() == [False, False, True]
    with pytest.raises(UsageError, match=r"^units: no symbol begins with"):
        word_units(("ab", "c"), units="word_pieces")


def test_labels_as_words():
    units = label_units(3)
    assert units.classes == 3
    assert units.begins.all()
    assert not units.separates.any()
    assert units.codes.tolist() == [0, 1, 2]
    assert units.offsets.tolist() == [0, 1, 2, 3]


def test_references():
    flat, offsets = flat_references([[1, 2], [], [3]], 4)
    assert flat.tolist() == [1, 2, 3]
    assert offsets.tolist() == [0, 2, 2, 3]
    assert (flat.dtype, offsets.dtype) == (np.int64, np.int64)
    with pytest.raises(BatchError, match=r"^reference: labels from 1 to 3, but the vocabulary has 3 symbols"):
        flat_references([[1, 2], [3]], 3)
    with pytest.raises(BatchError, match=r"^paths: labels from -1 to 0"):
        check_labels("paths", np.array([0, -1]), 3)
    check_labels("paths", np.array([0, 2]), 3)
    check_labels("paths", np.array([], np.int64), 0)


def test_invalid_vocabularies():
    with pytest.raises(UsageError, match=r"^vocabulary: expected the symbols of the labels, got str"):
        word_units("abc ")
    with pytest.raises(UsageError, match=r"^vocabulary: expected the symbols of the labels, got set"):
        word_units({"a", " "})
    with pytest.raises(UsageError, match=r"^vocabulary: expected texts"):
        word_units(("a", 3))
    with pytest.raises(UsageError, match=r"^vocabulary: it is empty"):
        word_units(())
    with pytest.raises(UsageError, match=r"^separator: got None"):
        word_units(("a", "b"))
    with pytest.raises(UsageError, match=r"^separator: got '-'"):
        word_units(("a", " "), separator="-")
    with pytest.raises(UsageError, match=r"^units: got 'phones'"):
        word_units(("a", " "), units="phones")
