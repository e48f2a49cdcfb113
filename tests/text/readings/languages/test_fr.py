"""French numbers, times, dates and fractions, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.locale import locale_of

FRENCH = locale_of("fr")
NUMBERS = FRENCH.numbers


def test_ordinals():
    assert NUMBERS.ordinal(1) == ["premier", "première"]
    assert NUMBERS.ordinal(2) == ["deuxième", "second", "seconde"]
    assert NUMBERS.ordinal(3) == ["troisième"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1099, ["mille quatre vingt dix neuf"]),
        (1100, ["mille cent", "onze cent"]),
        (1984, ["mille neuf cent quatre vingt quatre", "dix neuf cent quatre vingt quatre"]),
        (1999, ["mille neuf cent quatre vingt dix neuf", "dix neuf cent quatre vingt dix neuf"]),
        (2000, ["deux mille"]),
    ],
)
def test_years(number, expected):
    assert NUMBERS.year(number) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        (
            "0612345678",
            [
                "zéro six douze trente quatre cinquante six soixante dix huit",
                "zéro six un deux trois quatre cinq six sept huit",
            ],
        ),
        ("123456", ["douze trente quatre cinquante six", "un deux trois quatre cinq six"]),
        ("1234", ["un deux trois quatre"]),
        ("1234567", ["un deux trois quatre cinq six sept"]),
    ],
)
def test_digits_in_pairs(digits, expected):
    assert NUMBERS.digits(digits) == expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("fr", "quatre vingt douze"),
        ("fr-CA", "quatre vingt douze"),
        ("fr-CH", "nonante deux"),
        ("fr-BE", "nonante deux"),
    ],
)
def test_regions(code, words):
    assert locale_of(code).numbers.cardinal(92) == [words]
    assert locale_of(code).numbers.cardinal(1) == ["un", "une"]


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (0, 0, ["minuit", "zéro heure", "minuit pile", "zéro heure pile"]),
        (24, 0, ["minuit", "zéro heure", "minuit pile", "zéro heure pile"]),
        (1, 0, ["une heure", "une heure pile"]),
        (2, 0, ["deux heures", "deux heures pile"]),
        (12, 0, ["douze heures", "midi", "douze heures pile", "midi pile"]),
        (21, 0, ["vingt et une heures", "vingt et une heures pile"]),
        (10, 5, ["dix heures cinq", "dix heures zéro cinq"]),
        (10, 1, ["dix heures une", "dix heures zéro une"]),
        (14, 21, ["quatorze heures vingt et une", "deux heures vingt et une"]),
        (12, 5, ["douze heures cinq", "midi cinq", "douze heures zéro cinq"]),
        (10, 9, ["dix heures neuf", "dix heures zéro neuf"]),
        (10, 10, ["dix heures dix"]),
        (10, 15, ["dix heures quinze", "dix heures et quart"]),
        (10, 30, ["dix heures trente", "dix heures et demie", "dix heures et demi"]),
        (10, 35, ["dix heures trente cinq", "onze heures moins vingt cinq"]),
        (10, 37, ["dix heures trente sept"]),
        (10, 45, ["dix heures quarante cinq", "onze heures moins le quart", "onze heures moins quart"]),
        (
            12,
            30,
            [
                *("douze heures trente", "midi trente", "douze heures et demie", "douze heures et demi"),
                *("midi et demie", "midi et demi"),
            ],
        ),
        (
            13,
            30,
            ["treize heures trente", "treize heures et demie", "treize heures et demi", "une heure trente"],
        ),
        (
            23,
            50,
            ["vingt trois heures cinquante", "minuit moins dix", "onze heures cinquante"],
        ),
    ],
)
def test_times(hour, minute, expected):
    assert FRENCH.clock(hour, minute) == expected


def test_dates():
    assert FRENCH.date(2024, 1, 1) == ["premier janvier deux mille vingt quatre"]
    assert FRENCH.date(2024, 12, 21) == ["vingt et un décembre deux mille vingt quatre"]
    assert FRENCH.date(1984, 12, 2) == [
        "deux décembre mille neuf cent quatre vingt quatre",
        "deux décembre dix neuf cent quatre vingt quatre",
    ]


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (1, 2, ["un demi", "demi", "une demie", "la moitié"]),
        (3, 2, ["trois demis"]),
        (1, 3, ["un tiers"]),
        (2, 3, ["deux tiers"]),
        (3, 4, ["trois quarts"]),
        (2, 5, ["deux cinquièmes"]),
        (1, 100, ["un centième"]),
        (1, 101, []),
        (100, 3, ["cent tiers"]),
        (101, 3, []),
        (1, 1, []),
    ],
)
def test_fractions(numerator, denominator, expected):
    assert FRENCH.fraction(numerator, denominator) == expected
