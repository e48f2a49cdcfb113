"""Languages with the numbers of num2words and a few words of their own."""

from __future__ import annotations

from unicodedata import category

import pytest

from ctcalign.text.readings.languages import fallback
from ctcalign.text.readings.locale import locale_of


@pytest.mark.parametrize(
    ("code", "two"),
    [
        ("it", ["due"]),
        ("pt", ["dois", "duas"]),
        ("pt-BR", ["dois", "duas"]),
        ("zh", ["二", "两"]),
        ("zh-TW", ["二", "两"]),
        ("nb", ["to"]),
        ("nn", ["to"]),
        ("hr", ["dva"]),
        ("xx", []),
    ],
)
def test_numbers(code, two):
    assert locale_of(code).numbers.cardinal(2) == two


def test_words_of_a_language():
    italian = locale_of("it")
    assert (italian.decimal, italian.thousands, italian.point) == (",", ".'", ("virgola",))
    assert (italian.minus, italian.conjunction, italian.percent) == (("meno",), "e", ("{} per cento",))
    assert italian.signs == {"&": ("e",), "%": ("per cento",)}
    assert (italian.currencies["€"].one, italian.currencies["$"].many) == (("euro",), ("dollari",))
    assert locale_of("zh").signs["%"] == ("百分之",)
    assert (locale_of("ja").decimal, locale_of("ja").thousands) == (".", ",'")
    assert locale_of("xx").percent == ()


def test_the_numbers_of_a_region():
    assert locale_of("pt").numbers.cardinal(16) == ["dezasseis"]
    assert locale_of("pt-BR").numbers.cardinal(16) == ["dezesseis"]
    assert locale_of("pt-AO").numbers.cardinal(16) == ["dezasseis"]


@pytest.mark.parametrize("code", sorted(fallback._WORDS))
def test_every_language_has_a_mark_and_words_in_their_places(code):
    locale = locale_of(code)
    assert locale.decimal in (".", ",")
    assert locale.percent[0].count("{}") == 1
    words = (*locale.point, *locale.minus, locale.conjunction, *(c.one[0] for c in locale.currencies.values()))
    assert all(character.isalpha() or category(character)[0] in "MZ" for word in words for character in word)
    euro, dollar = locale.currencies["€"].one[0], locale.currencies["$"].one[0]
    assert (euro == dollar, locale.point[0] in (euro, dollar)) == (False, False)


@pytest.mark.parametrize(
    ("code", "dotted"), [("no", True), ("nb", True), ("hr", True), ("fi", True), ("it", False), ("sv", False)]
)
def test_languages_in_which_a_dot_marks_an_ordinal(code, dotted):
    assert locale_of(code).dotted_ordinals is dotted
