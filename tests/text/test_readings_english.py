"""What may be said for English numbers, signs and abbreviations."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from ctcalign.text.readings.english import EnglishNumbers
from ctcalign.text.words import words_of


def readings(text: str, which: int = -1, language: str = "en") -> list[str]:
    """The readings of one word of a caption, by default of the last."""
    return [" ".join(reading) for reading in words_of(text, language)[which].readings]


@given(number=st.integers(0, 10**15 - 1))
def test_cardinals_agree_with_num2words(number: int) -> None:
    expected = " ".join(re.sub(r"[-,]", " ", num2words(number)).split())
    forms = EnglishNumbers().cardinal(number)
    assert expected in forms
    assert expected.replace(" and ", " ") in forms


@given(number=st.integers(0, 10**6))
def test_ordinals_agree_with_num2words(number: int) -> None:
    expected = " ".join(re.sub(r"[-,]", " ", num2words(number, to="ordinal")).split())
    assert expected in EnglishNumbers().ordinal(number)


@pytest.mark.parametrize("number", [1066, 1101, 1492, 1776, 1812, 1909, 1984, 1999, 2010, 2024, 1500, 1900])
def test_years_agree_with_num2words(number: int) -> None:
    expected = " ".join(re.sub(r"[-,]", " ", num2words(number, to="year")).replace("oh ", "oh ").split())
    assert readings(str(number))[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1984", ["nineteen eighty four", "one thousand nine hundred and eighty four", "one nine eight four"]),
        ("1984", ["one thousand nine hundred eighty four", "nineteen hundred and eighty four"]),
        ("1905", ["nineteen oh five", "one thousand nine hundred five"]),
        ("2005", ["two thousand five", "two thousand and five", "twenty oh five"]),
        ("1900s", ["nineteen hundreds"]),
        ("'90s", ["nineties", "nineteen nineties"]),
        ("1980s", ["nineteen eighties"]),
        ("'84", ["eighty four", "nineteen eighty four"]),
        ("105", ["one hundred five", "one hundred and five", "a hundred and five", "one oh five", "one zero five"]),
        ("411", ["four eleven", "four one one"]),
        ("3.14", ["three point one four", "three point fourteen"]),
        ("0.05", ["zero point zero five", "point oh five", "point zero five"]),
        (".5", ["point five"]),
        ("1,250", ["one thousand two hundred and fifty", "twelve hundred fifty"]),
        ("1\u00a0250", ["one thousand two hundred fifty"]),
        ("100,000,000", ["one hundred million", "a hundred million"]),
        ("2/3", ["two thirds", "two over three"]),
        ("1/2", ["one half", "a half", "half", "one over two"]),
        ("3/4", ["three quarters", "three fourths"]),
        ("½", ["one half", "half"]),
        ("2½", ["two and a half", "two and one half"]),
        ("10²", ["ten squared"]),
        ("1st", ["first"]),
        ("22nd", ["twenty second", "the twenty second"]),
        ("113th", ["one hundred thirteenth", "one hundred and thirteenth"]),
        ("-5", ["five"]),
        ("at -5", ["minus five", "negative five"]),
        ("+3", ["plus three"]),
        ("007", ["double oh seven", "oh oh seven", "zero zero seven"]),
        ("2.0.1", ["two point zero point one"]),
        ("10:30", ["ten thirty", "half past ten"]),
        ("10:00", ["ten o'clock", "ten"]),
        ("9:05", ["nine oh five", "five past nine"]),
        ("12:45", ["twelve forty five", "quarter to one"]),
        ("19:30", ["nineteen thirty", "seven thirty"]),
        ("7:30pm", ["seven thirty p m", "seven thirty pm"]),
        ("5.30pm", ["five thirty p m"]),
        ("7:30 pm", ["p m", "pm"]),
        ("16:9", ["sixteen to nine", "sixteen nine"]),
        ("$9.99", ["nine dollars and ninety nine cents", "nine dollars ninety nine cents", "nine ninety nine"]),
        ("$9.99", ["nine point nine nine dollars"]),
        ("$1", ["one dollar"]),
        ("£5m", ["five million pounds"]),
        ("€20", ["twenty euros"]),
        ("20€", ["twenty euros"]),
        ("5 €", ["euros"]),
        ("$ 5", ["five dollars", "five"]),
        ("$5 million", ["million dollars", "million"]),
        ("50p", ["fifty pence"]),
        ("$5-10", ["five to ten dollars"]),
        ("50%", ["fifty percent", "fifty per cent"]),
        ("50 %", ["percent"]),
        ("20°C", ["twenty degrees celsius", "twenty degrees"]),
        ("5 km", ["kilometers", "kilometres", "k m"]),
        ("1 km", ["kilometer"]),
        ("10kg", ["ten kilograms", "ten kilos"]),
        ("5 in", ["in", "inches"]),
        ("555-0123", ["five five five oh one two three", "triple five oh one two three"]),
        ("+1-800-555-0199", ["plus one eight hundred five five five zero one nine nine"]),
        ("1914-18", ["nineteen fourteen to eighteen", "nineteen fourteen to nineteen eighteen"]),
        ("1914–1918", ["nineteen fourteen to nineteen eighteen"]),
        ("10-15", ["ten to fifteen", "ten fifteen"]),
        ("10:30-11:15", ["ten thirty to eleven fifteen"]),
        ("June 3rd", ["third", "the third"]),
        ("June 3", ["three", "third", "the third"]),
        ("2024-05-17", ["may seventeenth twenty twenty four", "the seventeenth of may twenty twenty four"]),
        ("5/17/2024", ["may seventeenth twenty twenty four"]),
        ("A4", ["a four"]),
        ("B2B", ["b to b", "b two b"]),
        ("MP3", ["m p three"]),
        ("COVID-19", ["covid nineteen"]),
        ("GPT-3.5", ["g p t three point five"]),
        ("24/7", ["twenty four seven"]),
        ("9/11", ["nine eleven"]),
        ("9-year-old", ["nine year old"]),
        ("Chapter III", ["three", "the third"]),
        ("Henry VIII", ["the eighth", "eighth"]),
        ("World War II", ["two"]),
        ("I", ["i", "one"]),
        ("Mr.", ["mister"]),
        ("Dr.", ["doctor"]),
        ("St.", ["saint", "street"]),
        ("etc.", ["et cetera"]),
        ("e.g.", ["for example", "e g"]),
        ("vs.", ["versus"]),
        ("a.m.", ["a m", "am"]),
        ("NASA", ["nasa", "n a s a"]),
        ("U.S.A.", ["u s a"]),
        ("FBI's", ["f b i's"]),
        ("DVDs", ["d v d's", "d v d s"]),
        ("IEEE", ["i triple e"]),
        ("name@example.com", ["name at example dot com"]),
        ("https://www.example.org/a_b", ["example dot org slash a underscore b"]),
        ("#1", ["number one", "hashtag one"]),
        ("&", ["and"]),
        ("+", ["plus"]),
        ("@", ["at"]),
        ("=", ["equals"]),
        ("C++", ["c plus plus"]),
        ("AT&T", ["a t and t"]),
        ("o'clock", ["o'clock"]),
        ("rock'n'roll", ["rock'n'roll", "rock and roll"]),
        ("and/or", ["and or", "and slash or"]),
        ("to-day", ["to day", "today"]),
        ("YouTube", ["youtube", "you tube"]),
        ("word(s)", ["words", "word"]),
        ("[T]he", ["the"]),
        ("١٢", ["twelve"]),
        ("１２", ["twelve"]),
        ("④", ["four"]),
        ("1,2,3", ["one two three"]),
    ],
)  # fmt: skip
def test_readings(text: str, expected: list[str]) -> None:
    found = readings(text)
    assert set(expected) <= set(found), found


def test_neighbours_tell_what_a_number_is() -> None:
    assert readings("3 May 1999", 0)[:2] == ["third of", "the third of"]
    assert readings("3 men") == ["men"]
    assert "third" not in readings("3 men", 0)
    assert "number" in readings("No. 5", 0)
    assert readings("No. He left", 0) == ["no"]
    assert readings("$5 million", 0) == ["five"]
    assert "to ten" in readings("5 - 10")
    assert readings("12 500", 0)[0] == "twelve thousand"
    assert words_of("$ 5")[0].spoken is False


def test_capitals_alone_mark_no_acronyms() -> None:
    assert readings("HE SAW IT", 1) == ["saw"]
    assert readings("he saw NASA", 2) == ["nasa", "n a s a"]
    assert readings("THE BBC", 1)[0] == "b b c"


@given(digits=st.text("0123456789", min_size=1, max_size=60))
def test_long_digit_strings_do_not_explode(digits: str) -> None:
    (word,) = words_of(digits)
    assert 1 <= len(word.readings) <= 8
    assert all(len(reading) <= max(2 * len(digits), 8) + 30 for reading in word.readings)


@given(
    number=st.integers(0, 99999),
    shape=st.sampled_from(
        ["{}", "{}%", "${}", "{}kg", "({}),", "{}.", "no. {}", "{}th", "{}s", "{}-{}", "{}:{}", "{}/{}", "x{}"]
    ),
)
def test_no_number_is_left_in_figures(number: int, shape: str) -> None:
    for word in words_of(shape.format(number, number)):
        assert word.readings
        assert not any(character.isdigit() for reading in word.readings for part in reading for character in part)
