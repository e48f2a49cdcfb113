"""Numbers in digits: how they are parsed by language, and their readings in order, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings import figures
from ctcalign.text.readings.figures import Figure, figure_of, say, say_amount
from ctcalign.text.readings.locale import Locale, locale_of
from ctcalign.text.readings.numbers import Numbers
from tests.text.readings.rule import once, phrases

ENGLISH = locale_of("en")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("5", "en", ("5", "", False)),
        ("007", "en", ("007", "", False)),
        ("1,250", "en", ("1250", "", True)),
        ("1'250", "en", ("1250", "", True)),
        ("1,250.75", "en", ("1250", "75", True)),
        ("12,34,567", "en", ("1234567", "", True)),  # lakhs
        ("3.14", "en", ("3", "14", False)),
        (".5", "en", ("", "5", False)),
        ("1.250", "en", ("1", "250", False)),
        ("1.250.000", "en", ("1250000", "", True)),
        ("1,25", "en", None),
        ("1,2505", "en", None),
        ("1.2.3", "en", None),
        ("5.", "en", None),
        ("", "en", None),
        ("x", "en", None),
        ("3,14", "de", ("3", "14", False)),
        ("3.14", "de", ("3", "14", False)),
        ("1.250", "de", ("1250", "", True)),
        ("1.250,5", "de", ("1250", "5", True)),
        ("1,250,000", "de", ("1250000", "", True)),
    ],
)
def test_parsing(text, language, expected):
    assert figure_of(text, locale_of(language)) == (None if expected is None else Figure(*expected))


def test_one_thing_is_singular():
    assert Figure("1").is_one
    assert not Figure("1", "5").is_one
    assert not Figure("2").is_one


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (Figure("3", "14"), ["three point one four", "three point fourteen"]),
        (
            Figure("0", "05"),
            [
                *("zero point zero five", "zero point oh five", "point zero five", "point oh five"),
                *("oh point zero five", "oh point oh five"),
            ],
        ),
        (Figure("", "5"), ["point five"]),
        (Figure("1", "2345"), ["one point two three four five"]),
        (Figure("1", "125"), ["one point one two five", "one point one hundred twenty five"]),
        (Figure("2", "100"), ["two point one zero zero", "two point one hundred", "two point one oh oh"]),
        (Figure("105", "5"), ["one hundred five point five", "one hundred and five point five"]),
        (Figure("12", "", True), ["twelve"]),
        (Figure("12"), ["twelve", "one two"]),
    ],
)
def test_decimals(figure, expected):
    assert once(say(figure, ENGLISH)) == expected


def test_decimals_need_a_name_of_the_mark():
    assert say(Figure("1", "5"), Locale("it", Numbers("it"))) == []
    assert say(Figure("1", "5"), locale_of("it")) == ["uno virgola cinque", "un virgola cinque"]
    assert once(say(Figure("0", "25"), locale_of("de")))[:2] == ["null komma zwei fünf", "null komma fünfundzwanzig"]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (Figure("5"), ["five"]),
        (Figure("5", "5"), ["five point five"]),
        (Figure("05"), ["zero five", "oh five", "five"]),
        (Figure("0"), ["zero"]),
        (Figure("105"), ["one hundred five", "one hundred and five", "a hundred and five"]),
        (
            Figure("1984"),
            [
                "one thousand nine hundred eighty four",
                "one thousand nine hundred and eighty four",
                "nineteen eighty four",
                "a thousand nine hundred and eighty four",
                "nineteen hundred eighty four",
                "nineteen hundred and eighty four",
            ],
        ),
        (Figure("2200", "", True), ["two thousand two hundred", "twenty two hundred"]),
        (Figure("2200"), ["two thousand two hundred", "twenty two hundred"]),
        (Figure("2024", "", True), ["two thousand twenty four", "two thousand and twenty four"]),
        (Figure("2024"), ["two thousand twenty four", "two thousand and twenty four", "twenty twenty four"]),
        (Figure("20240"), ["twenty thousand two hundred forty", "twenty thousand two hundred and forty"]),
    ],
)
def test_amounts(figure, expected):
    assert say_amount(figure, ENGLISH) == expected


THIRD = ["third of", "the third of", "the third", "third", "three"]


@pytest.mark.parametrize(
    ("before", "text", "after", "expected"),
    [
        ("", "-5", "", ["minus five", "negative five", "five"]),
        ("", "+3", "", ["plus three"]),
        ("", "5", "", ["five"]),
        ("-", "5", "", ["five", "to five"]),
        (
            *("-", "105", ""),
            [
                *("one hundred five", "one hundred and five", "one oh five", "one zero five"),
                *("to one hundred five", "to one hundred and five", "to one oh five"),
            ],
        ),
        ("–", "12", "", ["twelve", "one two", "to twelve", "to one two"]),
        ("", "3", "May", THIRD),
        ("", "3", "may,", THIRD),
        (
            "",
            "31",
            "May",
            ["thirty first of", "the thirty first of", "the thirty first", "thirty first", "thirty one", "three one"],
        ),
        ("May", "31", "", ["thirty one", "thirty first", "the thirty first", "three one"]),
        ("May", "32", "", ["thirty two", "three two"]),
        ("June", "3", "", ["three", "third", "the third"]),
        ("June", "1", "", ["one", "first", "the first"]),
        ("June", "0", "", ["zero", "oh"]),
        ("June", "3.5", "", ["three point five"]),
        ("June", "003", "", ["zero zero three", "oh oh three", "double oh three", "three"]),
        ("", "12", "500", ["twelve thousand", "twelve", "one two"]),
        (
            "",
            "999",
            "500",
            [
                "nine hundred ninety nine thousand",
                "nine hundred ninety nine",
                "nine hundred and ninety nine",
                "nine ninety nine",
                "nine nine nine",
                "triple nine",
            ],
        ),
        ("", "12", "50", ["twelve", "one two"]),
        ("", "12", "5000", ["twelve", "one two"]),
        ("", "1000", "500", ["one thousand", "a thousand", "one zero zero zero", "one oh oh oh", "one triple oh"]),
        ("", "0", "500", ["zero", "oh"]),
        ("", "1.5", "500", ["one point five"]),
        ("", ".5", "500", ["point five"]),
        ("", "2.0.1", "", ["two point zero point one", "two dot zero dot one", "two zero one"]),
        (
            "",
            "1.2.3.4.5.6",
            "",
            [
                "one point two point three point four point five point six",
                "one dot two dot three dot four dot five dot six",
                "one two three four five six",
            ],
        ),
        ("", "1.2.3.4.5.6.7", "", []),
        (
            "",
            "12.11.10",
            "",
            [f"twelve{point} eleven{point} {ten}" for point in (" point", " dot", "") for ten in ("ten", "one zero")],
        ),
        ("", "10²", "", ["ten squared", "one zero squared"]),
        ("", "x²", "", ["x squared"]),
        ("", "x³", "", ["x cubed"]),
        ("", "x^4", "", []),
        ("", "abc", "", []),
    ],
)
def test_numbers_with_their_neighbours(before, text, after, expected):
    assert phrases(figures.number, text, before=before, after=after) == expected


THREE = ["dritte", "dritter", "dritten", "drittes", "drittem", "drei"]


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("3.", "Oktober", THREE),
        ("3.", "Platz", THREE),
        ("3.", "", ["drei"]),
        ("3", "Oktober", ["drei"]),
        ("1", "Oktober", ["erste", "erster", "ersten", "erstes", "erstem", "eins", "ein", "eine", "einen"]),
        ("103.", "Platz", ["einhundertdrei", "hundertdrei", "eins null drei"]),
        ("3,5", "Oktober", ["drei komma fünf", "drei punkt fünf"]),
    ],
)
def test_a_german_dot_marks_an_ordinal(text, after, expected):
    assert phrases(figures.number, text, "de", after=after) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1st", "en", ["first", "the first"]),
        ("22ND", "en", ["twenty second", "the twenty second"]),
        ("113th", "en", ["one hundred thirteenth", "one hundred and thirteenth", "the one hundred thirteenth"]),
        ("1,000th", "en", ["one thousandth", "a thousandth", "the one thousandth"]),
        ("100000000th", "en", ["one hundred millionth", "a hundred millionth", "the one hundred millionth"]),
        ("1000000000th", "en", []),
        ("1.5th", "en", []),
        ("5x", "en", []),
        ("2ª", "es", ["segundo", "segunda", "dos"]),
        ("3er", "es", ["tercero", "tercera", "tercer", "tres"]),
        ("1er", "fr", ["premier", "première", "un"]),
        ("3-e", "fr", ["troisième", "trois"]),
        ("1st", "xx", []),
    ],
)
def test_ordinals(text, language, expected):
    assert phrases(figures.ordinal, text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1980s", "en", ["nineteen eighties", "one thousand nine hundred eighties"]),
        ("1900s", "en", ["nineteen hundreds", "one thousand nine hundreds"]),
        ("1900's", "en", ["nineteen hundreds", "one thousand nine hundreds"]),
        ("2000s", "en", ["two thousands"]),
        ("'90s", "en", ["nineties", "nineteen nineties"]),
        ("20s", "en", ["twenties", "nineteen twenties"]),
        ("10s", "en", ["tens"]),
        ("25s", "en", ["twenty fives"]),
        ("46s", "en", ["forty sixes"]),
        ("500s", "en", ["five hundreds"]),
        ("105s", "en", ["one hundred fives", "one hundred and fives"]),
        ("5s", "en", []),
        ("'84", "en", ["eighty four", "eight four", "nineteen eighty four", "twenty eighty four"]),
        ("'05", "en", ["zero five", "oh five", "nineteen oh five", "twenty oh five"]),
        ("1980s", "es", []),
        (
            "'84",
            "es",
            ["ochenta y cuatro", "ocho cuatro", "mil novecientos ochenta y cuatro", "dos mil ochenta y cuatro"],
        ),
    ],
)
def test_decades_and_short_years(text, language, expected):
    assert phrases(figures.decade, text, language) == expected


HALF = ["one half", "a half", "half"]


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("", "2/3", ["two thirds", "two over three", "two slash three", "two three"]),
        ("", "9/11", ["nine elevenths", "nine over eleven", "nine slash eleven", "nine eleven", "nine one one"]),
        (
            "",
            "24/7",
            ["twenty four seven", "twenty four over seven", "twenty four slash seven", "twenty four sevenths"],
        ),
        ("", "3/2", ["three two", "three over two", "three slash two", "three halves"]),
        ("", "3/3", ["three three", "three over three", "three slash three", "three thirds"]),
        ("", "½", HALF),
        ("", "2½", ["two and one half", "two and a half", "two and half"]),
        (
            "1",
            "1/2",
            [
                "and one half",
                "and a half",
                "and half",
                "one half",
                "a half",
                "one over two",
                "one slash two",
                "one two",
            ],
        ),
        ("in", "1/2", [*HALF, "one over two", "one slash two", "one two"]),
        (
            "",
            "5/500",
            ["five over five hundred", "five slash five hundred", "five five hundred", "five five zero zero"],
        ),
        ("", "1/12345", []),
        ("", "1/", []),
    ],
)
def test_fractions(before, text, expected):
    assert phrases(figures.fraction, text, before=before) == expected


FIVES = ["five five five zero one two three", "five five five oh one two three", "triple five oh one two three"]
LONG = [
    "one eight zero zero five five five zero one nine nine",
    "one eight hundred five five five zero one nine nine",
    "one eight oh oh five five five oh one nine nine",
    "one eight double oh triple five oh one double nine",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("555-0123", FIVES),
        ("555.0123", FIVES),
        ("1-800-555-0199", LONG),
        ("+1-800-555-0199", [*(f"plus {form}" for form in LONG), *LONG]),
        (
            "+15550123",
            [
                "plus one five five five zero one two three",
                "plus one five five five oh one two three",
                "plus one triple five oh one two three",
                "one five five five zero one two three",
                "one five five five oh one two three",
                "one triple five oh one two three",
            ],
        ),
        ("5550123", []),
        ("1914-1918", []),
        ("555-555", []),
        ("12-345-67", []),
        ("1234567-1234567", []),
        ("1234567-12345678", ["one two three four five six seven one two three four five six seven eight"]),
        ("1234567-123456789", []),
        ("12-3456", []),
        ("1234-567", ["one two three four five six seven"]),
        ("12-34567", ["one two three four five six seven"]),
    ],
)
def test_telephone_numbers(text, expected):
    assert phrases(figures.telephone, text) == expected


def test_an_area_code_in_brackets_belongs_to_the_telephone_number():
    expected = [f"two one two {form}" for form in FIVES]
    assert phrases(figures.telephone, "(212)555-0123") == expected
    assert phrases(figures.telephone, "(212)-555-0123") == expected
    assert phrases(figures.telephone, "+1(212)555-0123")[0] == f"plus one {expected[0]}"
    assert phrases(figures.telephone, "3(1000000)") == []
