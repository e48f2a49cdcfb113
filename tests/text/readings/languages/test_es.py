"""Spanish numbers, times, dates and fractions, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.figures import figure_of, number
from ctcalign.text.readings.locale import locale_of
from tests.text.readings.rule import phrases

SPANISH = locale_of("es")


def test_genders():
    assert SPANISH.numbers.cardinal(1) == ["uno", "un", "una"]
    assert SPANISH.numbers.cardinal(21) == ["veintiuno", "veintiún", "veintiuna"]
    assert SPANISH.numbers.ordinal(3) == ["tercero", "tercera", "tercer"]
    assert SPANISH.numbers.ordinal(2) == ["segundo", "segunda"]
    assert SPANISH.numbers.ordinal(21) == [
        "vigésimo primero",
        "vigésima primera",
        "vigésimo primer",
        "vigésimo primera",
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (10, 0, ["diez", "diez en punto", "diez horas", "diez cero cero"]),
        (13, 0, ["trece", "una", "una en punto", "trece horas", "trece cero cero"]),
        (1, 0, ["una", "una en punto", "una horas", "una cero cero"]),
        (21, 0, ["veintiuna", "nueve", "nueve en punto", "veintiuna horas", "veintiuna cero cero"]),
        (20, 40, ["nueve menos veinte", "veinte cuarenta", "veinte y cuarenta", "ocho cuarenta", "ocho y cuarenta"]),
        (9, 39, ["nueve treinta y nueve", "nueve y treinta y nueve"]),
        (10, 5, ["diez cinco", "diez y cinco", "diez cero cinco"]),
        (10, 9, ["diez nueve", "diez y nueve", "diez cero nueve"]),
        (10, 10, ["diez diez", "diez y diez"]),
        (10, 15, ["diez y cuarto", "diez quince", "diez y quince"]),
        (10, 30, ["diez y media", "diez treinta", "diez y treinta"]),
        (22, 30, ["diez y media", "veintidós treinta", "veintidós y treinta", "diez treinta", "diez y treinta"]),
        (10, 35, ["once menos veinticinco", "diez treinta y cinco", "diez y treinta y cinco"]),
        (10, 45, ["once menos cuarto", "diez cuarenta y cinco", "diez y cuarenta y cinco"]),
        (12, 50, ["una menos diez", "doce cincuenta", "doce y cincuenta"]),
        (11, 50, ["doce menos diez", "once cincuenta", "once y cincuenta"]),
        (10, 47, ["diez cuarenta y siete", "diez y cuarenta y siete"]),
    ],
)
def test_times(hour, minute, expected):
    assert SPANISH.clock(hour, minute) == expected


@pytest.mark.parametrize(("before", "after"), [("", "de"), ("", "enero"), ("enero", "")])
def test_the_first_of_a_month_is_an_ordinal(before, after):
    assert phrases(number, "1", "es", before=before, after=after)[:2] == ["primero", "primera"]
    assert phrases(number, "2", "es", before=before, after=after) == ["dos"]
    assert phrases(number, "1", "es", after="euro") == ["uno", "un", "una"]


def test_dates():
    year = "dos mil veinticuatro"
    assert SPANISH.date(2024, 1, 1) == [
        f"primero de enero de {year}",
        f"primero de enero del {year}",
        f"uno de enero de {year}",
        f"uno de enero del {year}",
    ]
    assert SPANISH.date(2024, 12, 21)[0] == f"veintiuno de diciembre de {year}"
    assert SPANISH.date(2024, 12, 2) == [f"dos de diciembre de {year}", f"dos de diciembre del {year}"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (1, 2, ["un medio", "medio", "la mitad"]),
        (3, 2, ["tres medios"]),
        (1, 3, ["un tercio"]),
        (2, 3, ["dos tercios"]),
        (3, 4, ["tres cuartos"]),
        (1, 10, ["un décimo"]),
        (1, 11, []),
        (100, 3, ["cien tercios"]),
        (101, 3, []),
        (1, 1, []),
    ],
)
def test_fractions(numerator, denominator, expected):
    assert SPANISH.fraction(numerator, denominator) == expected


@pytest.mark.parametrize("code", ["es-MX", "es_US", "es-PR", "es-PE"])
def test_the_point_is_the_decimal_mark_in_parts_of_america(code):
    locale = locale_of(code)
    assert (locale.decimal, locale.thousands, locale.point) == (".", ",'", ("punto", "coma"))
    assert figure_of("1,250.5", locale) == ("1250", "5", True)


@pytest.mark.parametrize("code", ["es", "es-ES", "es-AR"])
def test_the_comma_is_the_decimal_mark_elsewhere(code):
    locale = locale_of(code)
    assert (locale.decimal, locale.thousands, locale.point) == (",", ".'", ("coma", "punto"))
    assert figure_of("1.250,5", locale) == ("1250", "5", True)
