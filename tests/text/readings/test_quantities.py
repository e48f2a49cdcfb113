"""Money, percentages and measures: readings in order, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.quantities import measure, money, percent, scaled, unit
from tests.text.readings.rule import phrases

FIVE = ["five dollars", "five dollar", "five"]


@pytest.mark.parametrize(
    ("before", "text", "after", "expected"),
    [
        ("", "$5", "", FIVE),
        ("", "5$", "", FIVE),
        ("$", "5", "", FIVE),
        ("($", "5", "", FIVE),
        ("EUR", "5", "", []),
        ("is", "5", "", []),
        ("", "$1", "", ["one dollar", "one"]),
        ("", "€20", "", ["twenty euros", "twenty euro", "twenty"]),
        ("", "£5m", "", ["five million pounds", "five million pound", "five million"]),
        (
            "",
            "US$5m",
            "",
            ["five million dollars", "five million u s dollars", "five million us dollar", "five million"],
        ),
        ("", "-$5", "", [*(f"minus {form}" for form in FIVE), *FIVE]),
        ("", "$5", "million", ["five"]),
        ("", "$5", "million.", ["five"]),
        ("", "$5", "men", FIVE),
        ("", "US$5", "", ["five dollars", "five u s dollars", "five us dollar", "five us dollars", "five"]),
        ("", "5EUR", "", ["five euros", "five euro", "five e u r", "five"]),
        ("", "50p", "", ["fifty p", "fifty pence", "fifty"]),
        ("", "1p", "", ["one p", "one penny", "one"]),
        ("", "100p", "", []),
        ("", "5z", "", []),
        (
            "",
            "$105",
            "",
            [
                *("one hundred five dollars", "one hundred five dollar", "one hundred and five dollars"),
                *("one hundred and five dollar", "a hundred and five dollars", "a hundred and five dollar"),
                "one hundred five",
            ],
        ),
        (
            "",
            "$9.99",
            "",
            [
                *("nine dollars and ninety nine cents", "nine dollars ninety nine cents", "nine ninety nine"),
                *("nine dollars and ninety nine", "nine dollars ninety nine", "nine point nine nine dollars"),
                "nine point nine nine",
            ],
        ),
        (
            "",
            "$1.01",
            "",
            [
                *("one dollar and one cent", "one dollar one cent", "one one", "one dollar and one"),
                *("one dollar one", "one point zero one dollars", "one point zero one"),
            ],
        ),
        (
            "",
            "$0.50",
            "",
            [
                *("fifty cents", "zero dollars and fifty cents", "zero dollars fifty cents", "zero fifty"),
                *("zero dollars and fifty", "zero dollars fifty", "zero point five zero dollars"),
                "zero point five zero",
            ],
        ),
        (
            "",
            "$.50",
            "",
            [
                *("fifty cents", "zero dollars and fifty cents", "zero dollars fifty cents", "zero fifty"),
                *("zero dollars and fifty", "zero dollars fifty", "point five zero dollars", "point five zero"),
            ],
        ),
        ("", "$5.00", "", ["five dollars", "five"]),
        ("", "$1.00", "", ["one dollar", "one"]),
        ("", "$5.5", "", ["five point five dollars", "five point five dollar", "five point five"]),
    ],
)
def test_money(before, text, after, expected):
    assert phrases(money, text, before=before, after=after) == expected


def test_the_plural_that_is_usual_follows_a_decimal():
    assert "nine point nine nine dollars" in phrases(money, "US$9.99")


def test_money_without_a_hundredth_and_in_other_languages():
    assert phrases(money, "¥1.25") == ["one point two five yen", "one point twenty five yen", "one point two five"]
    assert phrases(money, "9,50€", "de")[:3] == [
        "neun euro und fünfzig cent",
        "neun euro fünfzig cent",
        "neun fünfzig",
    ]
    assert phrases(money, "-5€", "xx") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50%", ["fifty percent", "fifty per cent"]),
        ("5.5%", ["five point five percent", "five point five per cent"]),
        ("-5%", ["minus five percent", "minus five per cent", "negative five percent", "negative five per cent"]),
        ("+5%", ["plus five percent", "plus five per cent"]),
        (
            "1,105%",
            [
                f"{amount} {name}"
                for amount in (
                    "one thousand one hundred five",
                    "one thousand one hundred and five",
                    "a thousand one hundred and five",
                    "eleven hundred five",
                )
                for name in ("percent", "per cent")
            ],
        ),
        ("x%", []),
        ("5", []),
        ("1,2%", []),
    ],
)
def test_percent(text, expected):
    assert phrases(percent, text) == expected


CELSIUS = ["degrees celsius", "degrees", "degrees centigrade", "degrees c", "degree celsius"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10kg", ["ten kilograms", "ten kilos", "ten kilogram", "ten k g"]),
        ("1kg", ["one kilogram", "one kilo", "one k g"]),
        (
            "1.5kg",
            ["one point five kilograms", "one point five kilos", "one point five kilogram", "one point five k g"],
        ),
        ("5m", ["five meters", "five m", "five million", "five metres", "five meter"]),
        (
            "105m",
            [
                *("one hundred five meters", "one hundred five m", "one hundred five million"),
                *("one hundred five metres", "one hundred and five meters", "one hundred and five metres"),
                "a hundred and five meters",
            ],
        ),
        ("1m", ["one meter", "one m", "one million", "one metre"]),
        ("5-km", ["five kilometers", "five kilometres", "five k", "five kilometer", "five k m"]),
        ("20°C", [f"twenty {name}" for name in CELSIUS]),
        ("5k", ["five thousand", "five k"]),
        ("5bn", ["five billion", "five bn"]),
        ("5m2", ["five square meters", "five square metres", "five meters squared", "five square meter"]),
        ("5Mbps", ["five megabits per second", "five megabit per second"]),
        ("5kcal", ["five kilocalories", "five calories", "five kilocalorie"]),
        ("3mph", ["three miles per hour", "three miles an hour", "three m p h", "three mile per hour"]),
        ("5zz", []),
        ("x5", []),
        ("1,2kg", []),
    ],
)
def test_measures(text, expected):
    assert phrases(measure, text) == expected


def test_signs_of_measures():
    assert phrases(measure, "-5kHz") == [
        *("minus five kilohertz", "negative five kilohertz", "minus five k H z"),
    ]
    assert phrases(measure, "+5kHz") == ["plus five kilohertz", "plus five k H z"]


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("5", "km", ["km", "kilometers", "kilometres", "k", "kilometer", "k m"]),
        ("-5", "km", ["km", "kilometers", "kilometres", "k", "kilometer", "k m"]),
        ("1", "km", ["km", "kilometer", "kilometre", "k m"]),
        ("5", "in", ["in", "inches", "inch", "i n"]),
        ("5", "lbs", ["lbs", "pounds", "pound", "l b s"]),
        ("5", "kcal", ["kilocalories", "calories", "kilocalorie", "kcal"]),
        ("5", "m/s", ["meters per second", "metres per second", "meter per second", "m/s"]),
        ("50", "%", ["percent", "per cent"]),
        ("5", "€", ["euros", "euro"]),
        ("1", "€", ["euro"]),
        ("5", "zz", []),
        ("the", "km", []),
        ("", "km", []),
    ],
)
def test_units_after_their_number(before, text, expected):
    assert phrases(unit, text, before=before) == expected


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("$5", "million", ["million dollars", "million", "million dollar"]),
        ("($5", "Million", ["million dollars", "million", "million dollar"]),
        ("US$5", "billion", ["billion dollars", "billion", "billion us dollar"]),
        ("5", "million", []),
        ("$", "million", []),
        ("$5", "men", []),
        ("", "million", []),
    ],
)
def test_millions_of_a_currency(before, text, expected):
    assert phrases(scaled, text, before=before) == expected
