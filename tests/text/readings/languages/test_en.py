"""English times, dates, fractions and decades, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.locale import locale_of
from tests.text.readings.rule import once

ENGLISH = locale_of("en")


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (10, 0, ["ten o'clock", "ten", "ten hundred", "ten zero zero"]),
        (12, 0, ["twelve o'clock", "twelve", "twelve hundred", "twelve zero zero"]),
        (19, 0, ["seven o'clock", "nineteen", "seven", "nineteen hundred", "nineteen zero zero"]),
        (0, 0, ["twelve o'clock", "zero", "twelve", "zero hundred", "zero zero zero"]),
        (9, 1, ["nine oh one", "one past nine", "one minutes past nine", "nine zero one", "nine one"]),
        (
            19,
            9,
            [
                *("nineteen oh nine", "seven oh nine", "nine past seven", "nine minutes past seven"),
                *("nineteen zero nine", "nineteen nine"),
            ],
        ),
        (10, 10, ["ten ten", "ten past ten"]),
        (10, 11, ["ten eleven"]),
        (10, 15, ["ten fifteen", "quarter past ten", "a quarter past ten"]),
        (10, 20, ["ten twenty", "twenty past ten"]),
        (19, 30, ["nineteen thirty", "seven thirty", "half past seven"]),
        (0, 30, ["zero thirty", "twelve thirty", "half past twelve"]),
        (10, 35, ["ten thirty five", "twenty five to eleven"]),
        (11, 45, ["eleven forty five", "quarter to twelve", "a quarter to twelve"]),
        (12, 45, ["twelve forty five", "quarter to one", "a quarter to one"]),
        (23, 55, ["twenty three fifty five", "eleven fifty five", "five to twelve"]),
    ],
)
def test_times(hour, minute, expected):
    assert once(ENGLISH.clock(hour, minute)) == expected


def test_dates():
    assert ENGLISH.date(1984, 1, 2) == [
        "january second nineteen eighty four",
        "the second of january nineteen eighty four",
        "january second nineteen hundred eighty four",
        "january two nineteen eighty four",
        "nineteen eighty four january second",
        "second of january nineteen eighty four",
        "second january nineteen eighty four",
    ]
    assert ENGLISH.date(2024, 12, 31)[0] == "december thirty first twenty twenty four"


@pytest.mark.parametrize(
    ("sign", "one", "five", "cent", "cents"),
    [
        ("$", "dollar", "dollars", "cent", "cents"),
        ("US$", "us dollar", "dollars", "cent", "cents"),
        ("A$", "australian dollar", "australian dollars", "cent", "cents"),
        ("C$", "canadian dollar", "canadian dollars", "cent", "cents"),
        ("£", "pound", "pounds", "penny", "pence"),
        ("€", "euro", "euros", "cent", "cents"),
        ("¥", "yen", "yen", "", ""),
        ("₹", "rupee", "rupees", "paisa", "paise"),
        ("₽", "ruble", "rubles", "kopeck", "kopecks"),
        ("₩", "won", "won", "", ""),
        ("₪", "shekel", "shekels", "", ""),
        ("₺", "lira", "lira", "", ""),
        ("₿", "bitcoin", "bitcoin", "", ""),
        ("¢", "cent", "cents", "", ""),
        ("USD", "u s dollar", "u s dollars", "cent", "cents"),
        ("EUR", "euro", "euros", "cent", "cents"),
        ("GBP", "pound", "pounds", "penny", "pence"),
        ("CHF", "swiss franc", "swiss francs", "", ""),
        ("JPY", "yen", "yen", "", ""),
    ],
)
def test_currencies(sign, one, five, cent, cents):
    currency = ENGLISH.currencies[sign]
    assert (currency.one[0], currency.many[0]) == (one, five)
    assert ("".join(currency.cent[:1]), "".join(currency.cents[:1])) == (cent, cents)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (1, 2, ["one half", "a half", "half"]),
        (3, 2, ["three halves"]),
        (1, 3, ["one third", "a third"]),
        (1, 4, ["one quarter", "a quarter", "one fourth", "a fourth"]),
        (3, 4, ["three quarters", "three fourths"]),
        (100, 3, ["one hundred thirds"]),
        (101, 3, []),
        (3, 100, ["three one hundredths"]),
        (3, 101, []),
        (1, 1, []),
        (1, 0, []),
    ],
)
def test_fractions(numerator, denominator, expected):
    assert ENGLISH.fraction(numerator, denominator) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("1980", ["nineteen eighties", "one thousand nine hundred eighties"]),
        ("2000", ["two thousands"]),
        ("90", ["nineties", "nineteen nineties"]),
        ("20", ["twenties", "nineteen twenties"]),
        ("19", ["nineteens"]),
        ("10", ["tens"]),
        ("21", ["twenty ones"]),
        ("06", ["sixes"]),
        ("100", ["one hundreds", "a hundreds"]),
        ("105", ["one hundred fives", "one hundred and fives"]),
    ],
)
def test_decades(digits, expected):
    assert ENGLISH.decade is not None
    assert ENGLISH.decade(digits) == expected
