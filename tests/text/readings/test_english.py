"""English numbers, written out by hand in the order in which they are offered."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.english import EnglishNumbers, ordinal_of

ENGLISH = EnglishNumbers()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, ["zero"]),
        (7, ["seven"]),
        (10, ["ten"]),
        (19, ["nineteen"]),
        (20, ["twenty"]),
        (21, ["twenty one"]),
        (99, ["ninety nine"]),
        (100, ["one hundred", "a hundred"]),
        (105, ["one hundred five", "one hundred and five", "a hundred and five"]),
        (999, ["nine hundred ninety nine", "nine hundred and ninety nine"]),
        (1000, ["one thousand", "a thousand"]),
        (1001, ["one thousand one", "one thousand and one", "a thousand and one"]),
        (1099, ["one thousand ninety nine", "one thousand and ninety nine", "a thousand and ninety nine"]),
        (1100, ["one thousand one hundred", "a thousand one hundred"]),
        (2000, ["two thousand"]),
        (20_300, ["twenty thousand three hundred"]),
        (10**6, ["one million", "a million"]),
        (2_000_001, ["two million one", "two million and one"]),
        (10**9, ["one billion", "a billion"]),
        (10**12, ["one trillion", "a trillion"]),
        (10**12 + 100, ["one trillion one hundred", "a trillion one hundred"]),
        (10**15, ["one thousand trillion", "a thousand trillion"]),
        (10**16 - 10**15, ["nine thousand trillion"]),
        (10**16, []),
    ],
)
def test_cardinals(number, expected):
    assert ENGLISH.cardinal(number) == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("one", "first"),
        ("twenty one", "twenty first"),
        ("two", "second"),
        ("three", "third"),
        ("four", "fourth"),
        ("five", "fifth"),
        ("eight", "eighth"),
        ("nine", "ninth"),
        ("twelve", "twelfth"),
        ("twenty", "twentieth"),
        ("ninety", "ninetieth"),
        ("one hundred", "one hundredth"),
        ("zero", "zeroth"),
    ],
)
def test_ordinals_of_phrases(phrase, expected):
    assert ordinal_of(phrase) == expected


def test_ordinals():
    assert ENGLISH.ordinal(21) == ["twenty first"]
    assert ENGLISH.ordinal(100) == ["one hundredth", "a hundredth"]
    assert ENGLISH.ordinal(113) == ["one hundred thirteenth", "one hundred and thirteenth"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (999, []),
        (1000, []),
        (1001, ["ten oh one"]),
        (1010, ["ten ten"]),
        (1066, ["ten sixty six"]),
        (1100, ["eleven hundred"]),
        (1109, ["eleven oh nine", "eleven hundred nine", "eleven hundred and nine"]),
        (1110, ["eleven ten", "eleven hundred ten", "eleven hundred and ten"]),
        (1984, ["nineteen eighty four", "nineteen hundred eighty four", "nineteen hundred and eighty four"]),
        (2000, []),
        (2005, ["twenty oh five"]),
        (2024, ["twenty twenty four"]),
        (9999, ["ninety nine ninety nine", "ninety nine hundred ninety nine", "ninety nine hundred and ninety nine"]),
        (10000, []),
    ],
)
def test_years(number, expected):
    assert ENGLISH.year(number) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("7", ["seven"]),
        ("0", ["zero", "oh"]),
        ("77", ["seven seven"]),
        ("50", ["five zero", "five oh"]),
        ("123", ["one two three"]),
        ("007", ["zero zero seven", "oh oh seven", "double oh seven"]),
        ("5501", ["five five zero one", "five five oh one", "double five oh one"]),
        ("555", ["five five five", "triple five"]),
        ("5555", ["five five five five", "double five double five"]),
        ("55555", ["five five five five five", "double five triple five"]),
    ],
)
def test_digit_by_digit(digits, expected):
    assert ENGLISH.digits(digits) == expected


HUNDRED = ["one hundred twenty three", "one hundred and twenty three"]


@pytest.mark.parametrize(
    ("digits", "grouped", "expected"),
    [
        ("0", False, ["zero", "zero", "oh"]),
        ("5", False, ["five", "five"]),
        ("05", False, ["zero five", "oh five", "five"]),
        ("42", False, ["forty two", "four two"]),
        ("40", False, ["forty", "four zero"]),
        ("123", False, [*HUNDRED, "one twenty three", "one two three", "a hundred and twenty three"]),
        (
            "105",
            False,
            [
                "one hundred five",
                "one hundred and five",
                "one oh five",
                "one zero five",
                "one oh five",
                "a hundred and five",
            ],
        ),
        (
            "110",
            False,
            [
                "one hundred ten",
                "one hundred and ten",
                "one ten",
                "one one zero",
                "one one oh",
                "double one oh",
                "a hundred and ten",
            ],
        ),
        ("200", False, ["two hundred", "two zero zero", "two oh oh", "two double oh"]),
        ("123", True, [*HUNDRED, "a hundred and twenty three"]),
        (
            "1250",
            True,
            [
                "one thousand two hundred fifty",
                "one thousand two hundred and fifty",
                "a thousand two hundred and fifty",
                "twelve hundred fifty",
                "twelve hundred and fifty",
            ],
        ),
        ("9900", True, ["nine thousand nine hundred", "ninety nine hundred"]),
        ("10000", True, ["ten thousand"]),
        ("1000", False, ["one thousand", "a thousand", "one zero zero zero", "one oh oh oh", "one triple oh"]),
        (
            "1001",
            False,
            [
                "ten oh one",
                "one thousand one",
                "one thousand and one",
                "a thousand and one",
                "one zero zero one",
                "one oh oh one",
                "one double oh one",
            ],
        ),
        (
            "1984",
            False,
            [
                "nineteen eighty four",
                "nineteen hundred eighty four",
                "nineteen hundred and eighty four",
                "one thousand nine hundred eighty four",
                "one thousand nine hundred and eighty four",
                "one nine eight four",
                "a thousand nine hundred and eighty four",
            ],
        ),
        ("2000", False, ["two thousand", "two zero zero zero", "two oh oh oh", "two triple oh"]),
        (
            "2009",
            False,
            [
                "two thousand nine",
                "two thousand and nine",
                "twenty oh nine",
                "two zero zero nine",
                "two oh oh nine",
                "two double oh nine",
            ],
        ),
        (
            "2010",
            False,
            ["twenty ten", "two thousand ten", "two thousand and ten", "two zero one zero", "two oh one oh"],
        ),
        (
            "90210",
            False,
            [
                "ninety thousand two hundred ten",
                "ninety thousand two hundred and ten",
                "nine zero two one zero",
                "nine oh two one oh",
            ],
        ),
        (
            "1234567890123456",
            False,
            [
                "one two three four five six seven eight nine zero one two three four five six",
                "one two three four five six seven eight nine oh one two three four five six",
            ],
        ),
    ],
)
def test_whole_numbers(digits, grouped, expected):
    assert ENGLISH.integer(digits, grouped=grouped) == expected


def test_fifteen_digits_are_still_a_number():
    assert ENGLISH.integer("100000000000000")[:2] == ["one hundred trillion", "a hundred trillion"]
