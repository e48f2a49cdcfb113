"""Times of the day and dates in figures: readings in order, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.moments import clock, date
from tests.text.readings.rule import phrases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10:30", ["ten thirty", "half past ten"]),
        ("7:30pm", ["seven thirty p m", "seven thirty pm", "half past seven p m", "half past seven pm"]),
        ("7:11a.m.", ["seven eleven a m", "seven eleven am"]),
        ("5.11pm", ["five eleven p m", "five eleven pm"]),
        (
            "9:05pm",
            [
                f"{phrase} {half}"
                for phrase in ("nine oh five", "five past nine", "five minutes past nine", "nine zero five")
                for half in ("p m", "pm")
            ],
        ),
        ("5.30", []),
        ("7pm", ["seven p m", "seven pm", "seven o'clock p m", "seven o'clock pm"]),
        ("24:59", ["twenty four fifty nine", "twelve fifty nine"]),
        ("16:9", ["sixteen to nine", "sixteen nine", "one six to nine", "sixteen colon nine", "one six nine"]),
        (
            "1:02:03",
            ["one zero two zero three", "one zero two oh three", "one oh two zero three", "one oh two oh three"],
        ),
        ("25pm", []),
        ("24pm", ["twenty four p m", "twenty four pm", "twelve o'clock p m", "twelve o'clock pm"]),
        ("21h", []),
        ("ten", []),
    ],
)
def test_times(text, expected):
    assert phrases(clock, text) == expected


def test_numbers_that_are_no_time_are_a_proportion():
    assert phrases(clock, "10:60")[0] == "ten to sixty"
    assert phrases(clock, "25:00")[0] == "twenty five to zero zero"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "21h", ["vingt et une heures", "vingt et une heures pile"]),
        ("fr", "10h30", ["dix heures trente", "dix heures et demie", "dix heures et demi"]),
        ("de", "10:30Uhr", ["zehn uhr dreißig", "halb elf", "zehn dreißig"]),
        ("it", "10:30", ["dieci trenta", "dieci tre zero"]),
        ("it", "1:30", ["uno trenta", "uno tre zero", "un trenta", "un tre zero"]),
        ("it", "10:00", ["dieci zero zero", "dieci zero", "dieci"]),
        ("xx", "10:30", []),
        ("xx", "1:02:03", []),
        ("xx", "16:9", []),
        ("it", "16:9", ["sedici nove", "uno sei nove"]),
    ],
)
def test_times_in_other_languages(language, text, expected):
    assert phrases(clock, text, language) == expected


MAY = [
    "may seventeenth twenty twenty four",
    "the seventeenth of may twenty twenty four",
    "may seventeenth two thousand twenty four",
    "may seventeen twenty twenty four",
    "twenty twenty four may seventeenth",
    "seventeenth of may twenty twenty four",
]
MARCH = [
    "march fourth twenty twenty four",
    "the fourth of march twenty twenty four",
    "march fourth two thousand twenty four",
]
APRIL = [
    "april third twenty twenty four",
    "the third of april twenty twenty four",
    "april third two thousand twenty four",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "2024-05-17",
            [*MAY, "twenty twenty four zero five seventeen", "twenty twenty four zero five one seven"],
        ),
        ("5/17/2024", [*MAY, "five seventeen twenty twenty four", "five seventeen two thousand twenty four"]),
        ("17.5.2024", [*MAY, "seventeen five twenty twenty four", "seventeen five two thousand twenty four"]),
        ("3/4/2024", [*MARCH, *APRIL, "three four twenty twenty four", "three four two thousand twenty four"]),
        ("3.4.2024", [*APRIL, *MARCH, "three four twenty twenty four", "three four two thousand twenty four"]),
        ("2024-13-01", ["twenty twenty four thirteen zero one", "twenty twenty four thirteen oh one"]),
        ("2024-05-32", ["twenty twenty four zero five thirty two", "twenty twenty four zero five three two"]),
        ("2024-00-10", ["twenty twenty four zero zero ten", "twenty twenty four zero zero one zero"]),
        ("2024-10-00", ["twenty twenty four ten zero zero", "twenty twenty four ten oh oh"]),
        ("5/17-2024", []),
        ("5/17/202", []),
    ],
)
def test_dates(text, expected):
    assert phrases(date, text) == expected


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("12/31/2024", "december thirty first twenty twenty four"),
        ("1/1/2024", "january first twenty twenty four"),
        ("2/13/49", "february thirteenth twenty forty nine"),
        ("2/13/50", "february thirteenth nineteen fifty"),
        ("2/13/99", "february thirteenth nineteen ninety nine"),
        ("2/13/10", "february thirteenth twenty ten"),
    ],
)
def test_years_of_two_digits_and_the_ends_of_the_year(text, first):
    assert phrases(date, text)[0] == first


def test_dates_in_german():
    year = "zweitausendvierundzwanzig"
    assert phrases(date, "17.05.2024", "de")[:5] == [
        f"siebzehnten mai {year}",
        f"siebzehnter mai {year}",
        f"siebzehnte mai {year}",
        f"siebzehnten fünften {year}",
        f"siebzehnter fünfter {year}",
    ]
