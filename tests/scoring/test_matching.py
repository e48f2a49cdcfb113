"""Matching by index, order and text, and the choice of `auto`."""

from __future__ import annotations

import itertools
import random

import pytest

from ctcalign.errors import CaptionError
from ctcalign.scoring import matching
from ctcalign.scoring.items import TimedItem
from ctcalign.scoring.matching import LEAST, match, match_texts, similarity
from ctcalign.text.words import plain_words


def items(*texts, start=0.0, indices=None):
    return [
        TimedItem(text, start + i, start + i + 0.5, index=indices[i] if indices else None)
        for i, text in enumerate(texts)
    ]


def test_auto_takes_the_index():
    assert match(items("a", "b", "c", indices=[0, 1, 2]), items("c", "a", indices=[2, 0])) == (
        "index",
        [(2, 0), (0, 1)],
    )


def test_auto_rejects_an_index_of_other_texts():
    # Captions of a file in which the first is missing, numbered anew.
    how, pairs = match(items("a", "b", "c", "d", indices=[0, 1, 2, 3]), items("b", "c", "d", indices=[0, 1, 2]))
    assert (how, pairs) == ("text", [(1, 0), (2, 1), (3, 2)])


def test_auto_rejects_an_index_that_fits_one_in_four():
    how, _ = match(items("a", "b", "c", "d", indices=[0, 1, 2, 3]), items("a", "c", "d", "e", indices=[0, 1, 2, 3]))
    assert how == "text"


def test_auto_takes_the_order_of_equal_numbers():
    assert match(items("a", "b"), items("a", "x")) == ("order", [(0, 0), (1, 1)])


@pytest.mark.parametrize(
    ("reference", "alignment", "how", "message"),
    [
        ([0, 1], [0, 0], "index", "the alignment has index 0 twice"),
        ([0, 1], [0, 5], "index", "the reference has no index 5"),
        ([0, 1], [0, None], "index", "the alignment has no index for 'two'"),
        ([0, 1, 2], [0, 1], "order", "the reference has 3 items and the alignment 2"),
    ],
)
def test_errors_of_matching(reference, alignment, how, message):
    texts = ("one", "two", "three")
    with pytest.raises(CaptionError, match=message):
        match(
            items(*texts[: len(reference)], indices=reference),
            items(*texts[: len(alignment)], indices=alignment),
            how,
        )


def test_too_many_for_text(monkeypatch):
    monkeypatch.setattr(matching, "MOST_CELLS", 3)
    with pytest.raises(CaptionError, match="2 against 2 items are too many"):
        match(items("a", "b"), items("b", "a"), "text")


def test_of_equal_texts_the_nearest_in_time():
    reference = [TimedItem("one", t, t + 0.5) for t in (0.0, 10.0, 20.0)]
    assert match_texts(reference, [TimedItem("one", 10.2, 10.5)]) == [(1, 0)]


def test_an_unplaced_text_is_matched_with_an_unspoken_one():
    reference = [TimedItem("one", 0.0, 1.0), TimedItem("one", spoken=False)]
    alignment = [TimedItem("one", spoken=False), TimedItem("two", 5.0, 6.0)]
    assert match_texts(reference, alignment) == [(1, 0)]


def test_case_punctuation_and_markup_do_not_matter():
    assert similarity(TimedItem("<i>It’s HERE!</i>"), TimedItem("it's here")) == 1.0


def test_the_most_similar_reading_is_used():
    assert similarity(TimedItem("1984", readings=("nineteen eighty four",)), TimedItem("nineteen eighty-four")) == 1.0


def test_words_in_another_order_are_only_similar():
    assert similarity(TimedItem("a b"), TimedItem("b a")) == pytest.approx(0.99)
    assert similarity(TimedItem("a b c"), TimedItem("a b d")) == pytest.approx(2 / 3)
    assert similarity(TimedItem("a"), TimedItem("b")) == 0.0


def test_letters_of_other_scripts_are_kept_whole():
    assert plain_words("हिन्दी, भाषा!") == ("हिन्दी", "भाषा")


@pytest.mark.parametrize("seed", range(30))
def test_no_other_chain_has_more_in_common(seed):
    """Against every rising chain of a small case."""
    random.seed(seed)
    reference = items(*(" ".join(random.choices("abc", k=random.randint(1, 3))) for _ in range(4)))
    alignment = items(*(" ".join(random.choices("abc", k=random.randint(1, 3))) for _ in range(random.randint(2, 5))))
    likeness = [[similarity(a, b) for b in alignment] for a in reference]
    most = 0.0
    for size in range(1, min(len(reference), len(alignment)) + 1):
        for left in itertools.combinations(range(len(reference)), size):
            for right in itertools.combinations(range(len(alignment)), size):
                sums = [likeness[i][j] for i, j in zip(left, right, strict=True)]
                if min(sums) >= LEAST:
                    most = max(most, sum(sums))
    pairs = match_texts(reference, alignment)
    assert pairs == sorted(pairs)
    assert all(likeness[i][j] >= LEAST for i, j in pairs)
    assert sum(likeness[i][j] for i, j in pairs) == pytest.approx(most)
