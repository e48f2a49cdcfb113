"""The readings of a word: which rule comes first, and what is left as it is."""

from __future__ import annotations

import pytest

from ctcalign.text.readings import Context, readings_of
from ctcalign.text.readings.locale import locale_of
from ctcalign.text.readings.rules import say
from ctcalign.text.readings.tokens import Core


def readings(token: str, language: str | None = "en", before: str = "", after: str = "") -> list[str]:
    return [" ".join(reading) for reading in readings_of(token, language, Context(before, after))]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("word", ["word"]),
        ("Word,", ["word"]),
        ('("word.")', ["word"]),
        ("don't", ["don't"]),
        ("", []),
        ("...", []),
        ("🙂", []),
        ("mr", ["mister", "mr"]),
        ("mix", ["mix"]),
        ("ii", ["two", "the second", "second", "i i", "ii"]),
        ("viiii", ["viiii"]),
        ("five5", ["five five"]),
        ("YouTube", ["youtube", "you tube"]),
        ("MacBook", ["macbook"]),
        ("eBay", ["ebay"]),
        ("iPhone", ["iphone"]),
        ("InDesign", ["indesign"]),
        ("IntDesign", ["intdesign", "int design"]),
        ("&", ["and", "ampersand"]),
        ("$", ["dollars", "dollar"]),
        ("naïve", ["naïve"]),
        ("123-abc", ["one hundred twenty three abc", "one hundred and twenty three abc", "one twenty three abc"]),
    ],
)
def test_readings(token, expected):
    assert readings(token) == expected


@pytest.mark.parametrize(
    ("before", "token", "after", "first"),
    [
        # Each is also something else to a later rule.
        ("", "No.", "5", "number"),
        ("5", "in", "the", "in"),
        ("$5", "million", "", "million dollars"),
        ("", "$5", "", "five dollars"),
        ("", "50%", "", "fifty percent"),
        ("", "5/6/2024", "", "may sixth twenty twenty four"),
        ("", "10:30", "", "ten thirty"),
        ("", "1980s", "", "nineteen eighties"),
        ("", "5s", "", "five seconds"),
        ("", "1st", "", "first"),
        ("", "555-0123", "", "five five five zero one two three"),
        ("", "1/2", "", "one half"),
        ("", "10m", "", "ten meters"),
        ("", "10-15", "", "ten to fifteen"),
        ("", "a1.com", "", "a one dot com"),
        ("", "#5", "", "number five"),
        ("", "A4", "", "a four"),
        ("", "MP3", "", "m p three"),
        ("Henry", "VIII", "", "the eighth"),
        ("", "U.S.A.", "", "u s a"),
        ("", "MIX", "", "m i x"),
        ("", "NASA", "", "nasa"),
        ("", "AT&T", "", "a t and t"),
    ],
)
def test_the_first_rule_wins(before, token, after, first):
    assert readings(token, "en", before, after)[0] == first


def test_a_currency_sign_before_its_number_is_not_spoken():
    assert readings("$", after="5") == []
    assert readings("$", after="5,") == []
    assert readings("$", after="men") == ["dollars", "dollar"]
    assert readings("$", before="5", after="5")[0] == "dollars"
    assert readings("$", before="the", after="5") == []
    assert readings("EUR", after="5") != []


def test_a_language_without_numbers_keeps_the_digits():
    assert readings("5", "xx") == ["5"]
    assert readings("A4", "xx") == ["a 4"]
    assert readings("10-15", "xx") == ["10 15"]
    assert readings("FBI", "xx") == ["f b i", "fbi"]
    assert readings("Ilgaz", "tr") == ["ılgaz"]
    assert readings("word", None) == ["word"]


def test_a_very_long_token_is_read_with_its_numbers_and_no_rule():
    english = locale_of("en")
    assert say(Core("a" * 199 + "5"), english, Context())[0] == "a" * 199 + " five"
    assert say(Core("a" * 200 + "5"), english, Context())[0] == "a" * 200 + " five"
    assert say(Core("a" * 197 + "&bb"), english, Context())[0] == "a" * 197 + " and bb"
    assert say(Core("a" * 198 + "&bb"), english, Context()) == ["a" * 198 + " bb"]
    assert say(Core("5%" + "a" * 199), english, Context()) == ["five " + "a" * 199]
    assert say(Core("a-" * 101), english, Context()) == [" ".join("a" * 101)]
    assert len(say(Core("u/" * 10), english, Context())) > 1
