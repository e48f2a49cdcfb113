"""German numbers, times, dates and fractions, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.locale import locale_of

GERMAN = locale_of("de")
NUMBERS = GERMAN.numbers


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, ["eins", "ein", "eine", "einen"]),
        (2, ["zwei", "zwo"]),
        (3, ["drei"]),
        (22, ["zweiundzwanzig"]),
        (100, ["einhundert", "hundert"]),
        (102, ["einhundertzwei", "hundertzwei"]),
        (200, ["zweihundert"]),
        (1000, ["eintausend", "tausend"]),
        (1984, ["eintausendneunhundertvierundachtzig", "tausendneunhundertvierundachtzig"]),
    ],
)
def test_cardinals(number, expected):
    assert NUMBERS.cardinal(number) == expected


def test_ordinals_in_every_ending():
    assert NUMBERS.ordinal(3) == ["dritte", "dritter", "dritten", "drittes", "drittem"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1099, ["eintausendneunundneunzig", "tausendneunundneunzig"]),
        (1100, ["elfhundert"]),
        (1984, ["neunzehnhundertvierundachtzig", "neunzehnhundertundvierundachtzig"]),
        (1900, ["neunzehnhundert"]),
        (1999, ["neunzehnhundertneunundneunzig", "neunzehnhundertundneunundneunzig"]),
        (1901, ["neunzehnhunderteins", "neunzehnhundertundeins"]),
        (2000, ["zweitausend"]),
        (2024, ["zweitausendvierundzwanzig"]),
    ],
)
def test_years(number, expected):
    assert NUMBERS.year(number) == expected


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (10, 0, ["zehn uhr", "zehn", "zehn uhr"]),
        (1, 0, ["ein uhr", "eins", "ein uhr"]),
        (13, 0, ["dreizehn uhr", "dreizehn", "ein uhr"]),
        (0, 0, ["null uhr", "null", "zwölf uhr"]),
        (12, 0, ["zwölf uhr", "zwölf", "zwölf uhr"]),
        (10, 5, ["zehn uhr fünf", "fünf nach zehn", "zehn fünf"]),
        (2, 5, ["zwei uhr fünf", "fünf nach zwei", "zwei fünf"]),
        (13, 2, ["dreizehn uhr zwei", "dreizehn zwei"]),
        (10, 58, ["zehn uhr achtundfünfzig", "zehn achtundfünfzig"]),
        (2, 0, ["zwei uhr", "zwei", "zwei uhr"]),
        (10, 7, ["zehn uhr sieben", "zehn sieben"]),
        (10, 15, ["zehn uhr fünfzehn", "viertel nach zehn", "viertel elf", "zehn fünfzehn"]),
        (10, 20, ["zehn uhr zwanzig", "zwanzig nach zehn", "zehn zwanzig"]),
        (10, 25, ["zehn uhr fünfundzwanzig", "fünf vor halb elf", "zehn fünfundzwanzig"]),
        (10, 30, ["zehn uhr dreißig", "halb elf", "zehn dreißig"]),
        (0, 30, ["null uhr dreißig", "halb eins", "null dreißig"]),
        (10, 35, ["zehn uhr fünfunddreißig", "fünf nach halb elf", "zehn fünfunddreißig"]),
        (10, 40, ["zehn uhr vierzig", "zwanzig vor elf", "zehn vierzig"]),
        (10, 45, ["zehn uhr fünfundvierzig", "viertel vor elf", "dreiviertel elf", "zehn fünfundvierzig"]),
        (12, 50, ["zwölf uhr fünfzig", "zehn vor eins", "zwölf fünfzig"]),
        (23, 55, ["dreiundzwanzig uhr fünfundfünfzig", "fünf vor zwölf", "dreiundzwanzig fünfundfünfzig"]),
    ],
)
def test_times(hour, minute, expected):
    assert GERMAN.clock(hour, minute) == expected


def test_dates():
    year = "neunzehnhundertvierundachtzig"
    assert GERMAN.date(1984, 1, 3) == [
        f"dritten januar {year}",
        f"dritter januar {year}",
        f"dritte januar {year}",
        f"dritten ersten {year}",
        f"dritter erster {year}",
    ]
    assert GERMAN.date(1984, 12, 3)[0] == f"dritten dezember {year}"


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (1, 2, ["ein halb", "einhalb", "ein halbes", "eine halbe", "halb"]),
        (3, 2, []),
        (1, 3, ["ein drittel"]),
        (2, 3, ["zwei drittel"]),
        (3, 4, ["drei viertel", "dreiviertel"]),
        (1, 4, ["ein viertel"]),
        (3, 5, ["drei fünftel"]),
        (100, 3, ["einhundert drittel"]),
        (101, 3, []),
        (3, 101, []),
        (1, 1, []),
    ],
)
def test_fractions(numerator, denominator, expected):
    assert GERMAN.fraction(numerator, denominator) == expected


def test_hundredths():
    assert GERMAN.fraction(3, 100)[0].endswith("hundertstel")


def test_articles_of_rulers():
    assert GERMAN.ordinal_article == (("der", 0), ("den", 2), ("dem", 2), ("des", 2), ("die", 0))
    assert GERMAN.dotted_ordinals
