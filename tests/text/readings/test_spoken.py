"""Phrases to words: case, signs, apostrophes; distinct readings; combinations in order of likelihood."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.spoken import MAX_READINGS, combined, distinct, lower, spoken_words


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Istanbul", "en", "istanbul"),
        ("ISTANBUL İI", "tr", "ıstanbul iı"),
        ("ISI", "az", "ısı"),
        ("İ", "en", "i"),
        ("E\u0301", "fr", "é"),
    ],
)
def test_lower_case_by_language(text, language, expected):
    assert lower(text, language) == expected


@pytest.mark.parametrize(
    ("phrase", "language", "expected"),
    [
        ("Good  Evening", "en", ("good", "evening")),
        ("IT", "tr", ("ıt",)),
        ("o\u2019clock, 'tis", "en", ("o'clock", "tis")),
        ("twenty-one", "en", ("twenty", "one")),
        ("a\u00adb c\u200bd", "en", ("ab", "cd")),
        ("ｗｉｄｅ ½", "en", ("wide", "1", "2")),
        ("नमस्ते", "hi", ("नमस्ते",)),
        ("a ' ’ — !", "en", ("a",)),
        ("a \u0301 b", "en", ("a", "b")),
        ("4k", "en", ("4k",)),
        ("", "en", ()),
    ],
)
def test_words_of_a_phrase(phrase, language, expected):
    assert spoken_words(phrase, language) == expected


def test_distinct_readings_in_order_and_no_more_than_asked():
    assert distinct(["One", "one", "!", "two", "a b"]) == (("one",), ("two",), ("a", "b"))
    assert distinct(["a", "b", "b", "c"], most=2) == (("a",), ("b",))
    assert distinct(["a", "b", "c"], most=3) == (("a",), ("b",), ("c",))
    assert len(distinct("a b c d e f g h i j".split())) == MAX_READINGS == 8
    assert distinct(["IĞDIR"], "tr") == (("ığdır",),)


def test_combinations_favour_the_first_choices():
    assert combined([["a", "b"], ["x", "y"]]) == ["a x", "a y", "b x", "b y"]
    assert combined([["a", "b"], ["x", "y", "z"]], 4) == ["a x", "a y", "b x", "a z"]
    assert combined([["a"], [""], ["b"]]) == ["a  b"]
    assert combined([["", "p"], ["q"]]) == ["q", "p q"]
    assert combined([["a"], []]) == []
    assert len(combined([list("abc")] * 3)) == 8
