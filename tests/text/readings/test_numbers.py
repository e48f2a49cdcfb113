"""Numbers in words: written out by hand, in languages without rules of their own and in Mandarin."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.numbers import ChineseNumbers, Numbers, supports

ITALIAN = Numbers("it")
POLISH = Numbers("pl", {"dwa": ("dwie", "dwóch")})
MANDARIN = ChineseNumbers("zh")


def test_cardinals_and_ordinals():
    assert ITALIAN.cardinal(5) == ["cinque"]
    assert ITALIAN.ordinal(5) == ["quinto"]
    assert ITALIAN.year(1984) == ["millenovecentottantaquattro"]
    assert POLISH.cardinal(2) == ["dwa", "dwie", "dwóch"]
    assert POLISH.cardinal(22) == ["dwadzieścia dwa", "dwadzieścia dwie", "dwadzieścia dwóch"]
    assert POLISH.cardinal(3) == ["trzy"]


def test_a_language_without_numbers_has_none():
    none = Numbers("xx")
    assert (none.cardinal(5), none.ordinal(5), none.digits("5"), none.integer("55")) == ([], [], [], [])
    assert (supports("xx"), supports("it"), supports("fr_CH")) == (False, True, True)


@pytest.mark.parametrize(
    ("digits", "grouped", "expected"),
    [
        ("0", False, ["zero"]),
        ("7", False, ["sette"]),
        ("07", False, ["zero sette", "sette"]),
        ("12", False, ["dodici", "uno due"]),
        ("120", True, ["centoventi"]),
        ("120", False, ["centoventi", "uno due zero"]),
        ("1984", True, ["millenovecentottantaquattro"]),
        (
            "1984",
            False,
            ["millenovecentottantaquattro", "millenovecentottantaquattro", "uno nove otto quattro"],
        ),
        (
            "1234567890123456",
            False,
            ["uno due tre quattro cinque sei sette otto nove zero uno due tre quattro cinque sei"],
        ),
    ],
)
def test_a_whole_number(digits, grouped, expected):
    assert ITALIAN.integer(digits, grouped=grouped) == expected


def test_fifteen_digits_are_still_a_number():
    assert ITALIAN.integer("100000000000000")[0] == "cento bilioni"
    assert ITALIAN.digits("") == []


def test_the_year_comes_second():
    number = ["tysiąc dwa", "tysiąc dwie", "tysiąc dwóch"]
    digits = ["jeden zero zero dwa"]
    assert POLISH.integer("1002") == [number[0], *number, *number[1:], *digits]
    assert POLISH.integer("102")[0:3] == ["sto dwa", "sto dwie", "sto dwóch"]


def test_amharic_has_words_below_a_million_only():
    amharic = Numbers("am")
    assert len(amharic.cardinal(100)) == 1
    assert len(amharic.cardinal(150_000)) == 1
    assert amharic.cardinal(1_000_000) == []
    assert Numbers("it").cardinal(1_000_000) == ["un milione"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, ["零"]),
        (1, ["一"]),
        (2, ["二", "两"]),
        (9, ["九"]),
        (10, ["十"]),
        (11, ["十一"]),
        (19, ["十九"]),
        (20, ["二十"]),
        (22, ["二十二"]),
        (30, ["三十"]),
        (99, ["九十九"]),
        (100, ["一百"]),
        (101, ["一百零一"]),
        (110, ["一百一十"]),
        (200, ["二百", "两百"]),
        (220, ["二百二十", "两百二十"]),
        (999, ["九百九十九"]),
        (1000, ["一千"]),
        (1001, ["一千零一"]),
        (1010, ["一千零一十"]),
        (1100, ["一千一百"]),
        (2000, ["二千", "两千"]),
        (10000, ["一万"]),
        (10050, ["一万零五十"]),
        (12345, ["一万二千三百四十五"]),
        (20000, ["二万", "两万"]),
        (100000, ["十万"]),
        (250000, ["二十五万"]),
        (10001000, ["一千万一千"]),
        (10**8, ["一亿"]),
        (10**8 + 5, ["一亿零五"]),
        (10**12, ["一兆"]),
    ],
)
def test_mandarin_cardinals(number, expected):
    assert MANDARIN.cardinal(number) == expected


def test_other_mandarin_numbers():
    assert MANDARIN.ordinal(3) == ["第三"]
    assert MANDARIN.ordinal(2) == ["第二"]
    assert MANDARIN.digits("101") == ["一零一", "一〇一", "幺零幺"]
    assert MANDARIN.digits("22") == ["二二"]
    assert MANDARIN.year(2024) == ["二零二四", "二〇二四"]
    assert MANDARIN.integer("2024") == ["二千零二十四", "二零二四", "二〇二四", "两千零二十四", "二零二四", "二〇二四"]
