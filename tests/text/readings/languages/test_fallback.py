"""Languages with the numbers of num2words and a few words of their own."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("code", "dotted"), [("no", True), ("nb", True), ("hr", True), ("fi", True), ("it", False), ("sv", False)]
)
def test_languages_in_which_a_dot_marks_an_ordinal(code, dotted):
    assert locale_of(code).dotted_ordinals is dotted
