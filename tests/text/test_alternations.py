"""Alternations of NIST transcripts."""

from __future__ import annotations

import pytest

from ctcalign.text.words import words_of


def spoken(text: str) -> list[tuple[str, tuple[tuple[str, ...], ...]]]:
    return [(word.text, word.readings) for word in words_of(text) if word.spoken]


def test_the_wordings_are_readings_of_one_word():
    text = "about a {lighthouse / light house / @} that"
    assert spoken(text) == [
        ("about", (("about",),)),
        ("a", (("a",),)),
        ("{lighthouse / light house / @}", (("lighthouse",), ("light", "house"))),
        ("that", (("that",),)),
    ]
    assert [text[word.start : word.end] for word in words_of(text)] == [word.text for word in words_of(text)]


@pytest.mark.parametrize(
    "text", ["{and/or}", "either / or", "{comment}", "{\\i1}a / b{\\i0}", "a / {b}", "and/or", "{ a } / { b }"]
)
def test_what_looks_similar_stays(text):
    assert not any("{" in word and " / " in word for word, _ in spoken(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("that (%hesitation) nearly", ["that", "nearly"]),
        ("%hesitation well", ["well"]),
        ("(%uh) well %um, so", ["uh", "well", "um", "so"]),
        ("50% of %um", ["fifty percent", "of", "um"]),
        ("100 %ige of the % sign", ["one hundred", "percent ige", "of", "the", "percent", "sign"]),
    ],
)
def test_hesitations(text, words):
    assert [" ".join(readings[0]) for _, readings in spoken(text)] == words
