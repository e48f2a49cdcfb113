"""Words joined by hyphens, slashes and signs: readings in order, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.compounds import compound, span
from ctcalign.text.readings.locale import locale_of
from ctcalign.text.readings.rules import say
from ctcalign.text.readings.tokens import Context, Core, core_of
from tests.text.readings.rule import once


def spans(text: str, language: str = "en", after: str = "") -> list[str]:
    return once(span(core_of(text), locale_of(language), Context(following=after), say))


def compounds(text: str, language: str = "en", *, capitals: bool = False) -> list[str]:
    return once(compound(Core(text), locale_of(language), Context(capitals=capitals), say))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("10-15", "en", ["ten to fifteen", "ten fifteen", "ten through fifteen"]),
        ("5-10", "de", ["fünf bis zehn", "fünf zehn"]),
        ("5-10", "it", ["cinque dieci"]),
        (
            "1914-18",
            "en",
            [
                *("nineteen fourteen to eighteen", "nineteen fourteen to nineteen eighteen"),
                *("nineteen fourteen eighteen", "nineteen hundred fourteen to eighteen"),
                *("nineteen fourteen nineteen eighteen", "nineteen hundred fourteen to nineteen eighteen"),
                *("nineteen fourteen through eighteen", "nineteen hundred fourteen eighteen"),
            ],
        ),
        (
            "$5-10",
            "en",
            [
                "five to ten dollars",
                "five to ten dollar",
                "five ten dollars",
                "five ten dollar",
                "five through ten dollars",
                "five through ten dollar",
            ],
        ),
        (
            "$5-$10",
            "en",
            [
                "five dollars to ten dollars",
                "five dollars to ten dollar",
                "five dollars ten dollars",
                "five dollar to ten dollars",
                "five dollars ten dollar",
                "five dollar to ten dollar",
                "five dollars through ten dollars",
                "five dollar ten dollars",
            ],
        ),
        (
            "3-5km",
            "en",
            [
                "three to five kilometers",
                "three to five kilometres",
                "three five kilometers",
                "three five kilometres",
                "three through five kilometers",
                "three through five kilometres",
            ],
        ),
        ("A-Z", "en", []),
        ("covid-19", "en", []),
        ("4e-5f", "en", ["four e to five f", "four e five f", "four e through five f"]),
        ("5abcd-6", "en", []),
        ("5", "en", []),
    ],
)
def test_spans(text, language, expected):
    assert spans(text, language) == expected


def test_years_of_a_span_are_read_as_years():
    assert spans("1914-1918")[0] == "nineteen fourteen to nineteen eighteen"
    assert spans("1,914-1,918")[0] == "one thousand nine hundred fourteen to one thousand nine hundred eighteen"
    assert spans("19-1918")[0] == "nineteen to nineteen eighteen"
    assert spans("191-18")[0] == "one hundred ninety one to eighteen"
    assert spans("1914-8")[0] == "nineteen fourteen to eight"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("well-known", ["well known"]),
        ("to-day", ["to day", "today"]),
        ("co-op", ["co op", "coop"]),
        ("four-leaf", ["four leaf"]),
        ("re-examined", ["re examined", "reexamined"]),
        ("pre-exist", ["pre exist", "preexist"]),
        ("sun-lit", ["sun lit", "sunlit"]),
        ("a&+=@%#b", ["a and plus equals at percent hash b"]),
        ("T-shirt", ["t shirt"]),
        ("and/or", ["and or", "and slash or"]),
        ("a_b", ["a b", "a underscore b"]),
        ("AT&T", ["a t and t", "at and t"]),
        ("C++", ["c plus plus", "one hundred plus plus", "the one hundredth plus plus"]),
        ("a+b", ["a plus b"]),
        ("a=b", ["a equals b"]),
        ("a&~b", ["a b"]),
        ("a...b", ["a b"]),
        ("word(s)", ["words", "word"]),
        ("word(s", ["words", "word"]),
        ("word(abcd)", ["word abcd"]),
        ("COVID-19", ["covid nineteen", "covid one nine", "c o v i d nineteen", "c o v i d one nine"]),
        ("word", []),
        ("-".join("a" * 24), [" ".join("a" * 24)]),
        ("-".join("a" * 25), []),
        ("a-b-c", ["a b c"]),
    ],
)
def test_compounds(text, expected):
    assert compounds(text) == expected


def test_parts_see_each_other_and_the_capitals_of_the_caption():
    assert compounds("OPEC-wide") == ["opec wide", "o p e c wide"]
    assert compounds("OPEC-wide", capitals=True) == ["opec wide"]
    # Unit, number: each neighbour is the part beyond the sign.
    assert compounds("5/km")[0] == "five km"
    assert compounds("Henry-VIII")[0] == "henry the eighth"
    assert compounds("No-5")[0] == "number five"
    assert compounds("x-VIII")[0] == "x eight"
