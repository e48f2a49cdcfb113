"""Short notation for the words of a language."""

from __future__ import annotations

from ctcalign.text.readings.locale import Currency, Forms, Unit


def _rows(text: str) -> list[tuple[str, str]]:
    parts = (row.strip() for line in text.splitlines() for row in line.split(" | "))
    return [(row[: row.index(": ")], row[row.index(": ") + 2 :]) for row in parts if row]


def _forms(text: str) -> Forms:
    return tuple(form.strip() for form in text.split(",") if form.strip())


def forms(text: str) -> dict[str, Forms]:
    """ "&: y | +: más, y" as {"&": ("y",), "+": ("más", "y")}; a new line also separates entries."""
    return {key: _forms(value) for key, value in _rows(text)}


def units(text: str) -> dict[str, Unit]:
    """ "km: kilómetro; kilómetros": singular and plural, each with its variants."""
    found: dict[str, Unit] = {}
    for key, value in _rows(text):
        one, _, many = value.partition(";")
        found[key] = Unit(_forms(one), _forms(many) or _forms(one))
    return found


def currencies(text: str) -> dict[str, Currency]:
    """ "€: euro; euros; céntimo; céntimos": the currency and its hundredth, singular and plural."""
    found: dict[str, Currency] = {}
    for key, value in _rows(text):
        parts = [_forms(part) for part in value.split(";")] + [(), (), ()]
        found[key] = Currency(parts[0], parts[1] or parts[0], parts[2], parts[3] or parts[2])
    return found
