"""The short notation of words."""

from __future__ import annotations

from ctcalign.text.readings.languages.tables import currencies, forms, units
from ctcalign.text.readings.locale import Currency, Unit


def test_forms():
    assert forms("&: y | +: más, y ,\n  :: dos puntos\n\n") == {
        "&": ("y",),
        "+": ("más", "y"),
        ":": ("dos puntos",),
    }


def test_units():
    assert units("km: kilómetro; kilómetros, kas | %: por ciento") == {
        "km": Unit(("kilómetro",), ("kilómetros", "kas")),
        "%": Unit(("por ciento",), ("por ciento",)),
    }


def test_currencies():
    assert currencies("€: euro; euros; céntimo; céntimos | ¥: yen | £: libra; libras; p") == {
        "€": Currency(("euro",), ("euros",), ("céntimo",), ("céntimos",)),
        "¥": Currency(("yen",), ("yen",), (), ()),
        "£": Currency(("libra",), ("libras",), ("p",), ("p",)),
    }
