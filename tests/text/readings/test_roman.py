"""Roman numerals: their values, and when capitals are numerals, letters or words."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.roman import roman, value_of
from tests.text.readings.rule import phrases


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        *(("I", 1), ("III", 3), ("IV", 4), ("V", 5), ("VI", 6), ("IX", 9), ("X", 10), ("XL", 40), ("L", 50)),
        *(("XC", 90), ("C", 100), ("CD", 400), ("D", 500), ("CM", 900), ("M", 1000), ("MCMXCIV", 1994)),
        *(("MMXXIV", 2024), ("MMMCMXCIX", 3999), ("XVIII", 18)),
        *(("", 0), ("IIII", 0), ("VX", 0), ("IC", 0), ("MMMM", 0), ("ABC", 0), ("iv", 0)),
    ],
)
def test_values(numeral, value):
    assert value_of(numeral) == value


@pytest.mark.parametrize(
    ("before", "numeral", "expected"),
    [
        ("", "III", ["three", "the third", "third", "i i i", "iii"]),
        ("Chapter", "III", ["three", "the third", "third", "i i i", "iii"]),
        ("Henry", "VIII", ["the eighth", "eighth", "eight", "v i i i", "viii"]),
        ("(henry,", "VIII", ["the eighth", "eighth", "eight", "v i i i", "viii"]),
        ("", "I", ["i", "one", "the first", "first"]),
        ("Chapter", "V", ["five", "the fifth", "fifth", "v"]),
        ("he", "V", []),
        ("", "MIX", ["m i x", "mix", "one thousand nine"]),
        ("", "XI", ["x i", "xi", "eleven"]),
        ("", "VI", ["v i", "vi", "six"]),
        ("", "XII", ["twelve", "the twelfth", "twelfth", "x i i", "xii"]),
        ("", "XIV", ["fourteen", "the fourteenth", "fourteenth", "x i v", "xiv"]),
        ("", "MMXX", []),
        ("", "CD", ["c d", "cd", "four hundred"]),
        ("Chapter", "XL", ["forty", "the fortieth", "fortieth", "x l", "xl"]),
        ("", "ii", ["two", "the second", "second", "i i", "ii"]),
        ("", "v", []),
        ("", "xi", []),
        ("chapter", "xi", ["eleven", "the eleventh", "eleventh", "x i", "xi"]),
        ("", "XXe", []),
        ("", "Iv", []),
        ("", "IIII", []),
    ],
)
def test_english_numerals(before, numeral, expected):
    assert phrases(roman, numeral, before=before) == expected


def test_one_letter_with_neighbours_is_a_letter():
    assert phrases(roman, "I", before="when") == phrases(roman, "I", after="went") == []
    assert phrases(roman, "I", before="Part", after="ends") == ["one", "the first", "first", "i"]


def test_in_capitals_a_word_of_numeral_letters_is_a_word():
    assert phrases(roman, "MIX", capitals=True) == []
    assert phrases(roman, "III", capitals=True)[0] == "three"


@pytest.mark.parametrize(
    ("language", "before", "numeral", "expected"),
    [
        ("fr", "", "XXe", ["vingtième", "vingt"]),
        ("fr", "", "Ier", ["premier", "première", "un"]),
        ("fr", "François", "Ier", ["premier", "première", "un"]),
        ("fr", "", "IIe", ["deuxième", "second", "seconde", "deux"]),
        ("fr", "", "xxe", []),
        ("fr", "le", "Xe", ["dixième", "dix"]),
        (
            "es",
            "siglo",
            "XXI",
            ["veintiuno", "vigésimo primero", "vigésima primera", "vigésimo primer", "x x i", "xxi"],
        ),
        (
            "de",
            "Ludwig",
            "XIV.",
            [
                *("der vierzehnte", "den vierzehnten", "dem vierzehnten", "des vierzehnten", "die vierzehnte"),
                *("vierzehnte", "vierzehnter", "vierzehnten", "vierzehn", "x i v", "xiv"),
            ],
        ),
        ("xx", "", "III", []),
    ],
)
def test_other_languages(language, before, numeral, expected):
    assert phrases(roman, numeral, language, before=before) == expected
