"""The data of a language that the reading rules need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module

from ctcalign.text.languages import normal_code, primary_code
from ctcalign.text.readings.numbers import Numbers

Forms = tuple[str, ...]
_OWN_RULES = ("en", "es", "fr", "de")


@dataclass(frozen=True)
class Currency:
    """Names of a currency and of its hundredth; the first of each is the usual one."""

    one: Forms
    many: Forms
    cent: Forms = ()
    cents: Forms = ()


@dataclass(frozen=True)
class Unit:
    """Names of a unit of measurement."""

    one: Forms
    many: Forms


def _no_clock(_hour: int, _minute: int) -> list[str]:
    return []


def _no_date(_year: int, _month: int, _day: int) -> list[str]:
    return []


@dataclass(frozen=True)
class Locale:
    """The words of a language for digits and signs. Phrases may contain "{}" for the number.

    Attributes:
        decimal: the decimal mark; point: its spoken names.
        thousands: characters that group digits by three.
        signs: words for a sign that stands alone or between words ("&": "and").
        address: words for the signs of e-mail addresses and URLs.
        percent: phrases with "{}".
        currencies: by sign or code; coins: by the letter after an amount below a hundred ("99p").
        ordinal_suffix: pattern of what follows the digits of an ordinal ("th"); dotted_ordinals: "3." is one.
        months: names of the twelve months; month_names: every written form, in lower case.
        abbreviations: expansions, by the lower-case abbreviation without its last dot, read with or without the dot;
            dotted: those that are a different word without the dot; before_numbers: those that a number must follow.
        chapters: words before a Roman numeral that is a cardinal; rulers: names before one that is an ordinal.
        clock: hour, minute -> phrases. date: year, month, day -> phrases.
        ordinal_article: the article before a ruler's ordinal, and which form of the ordinal follows it.
        fraction: numerator, denominator -> phrases. decade: digits before the "s" -> phrases.
    """

    code: str
    numbers: Numbers
    decimal: str = "."
    point: Forms = ()
    thousands: str = ",'"
    minus: Forms = ()
    plus: Forms = ()
    to: Forms = ()
    over: Forms = ()
    conjunction: str = ""
    percent: Forms = ()
    degrees: Forms = ()
    number_sign: Forms = ()
    ordinal_suffix: str = "[oa]"
    dotted_ordinals: bool = False
    signs: Mapping[str, Forms] = field(default_factory=dict)
    address: Mapping[str, Forms] = field(default_factory=dict)
    currencies: Mapping[str, Currency] = field(default_factory=dict)
    coins: Mapping[str, Currency] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    powers: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    scale_words: frozenset[str] = frozenset()
    months: Forms = ()
    month_names: frozenset[str] = frozenset()
    abbreviations: Mapping[str, Forms] = field(default_factory=dict)
    dotted: Mapping[str, Forms] = field(default_factory=dict)
    before_numbers: Mapping[str, Forms] = field(default_factory=dict)
    acronyms: frozenset[str] = frozenset()
    chapters: frozenset[str] = frozenset()
    rulers: frozenset[str] = frozenset()
    ordinal_article: tuple[tuple[str, int], ...] = ()
    clock: Callable[[int, int], list[str]] = _no_clock
    date: Callable[[int, int, int], list[str]] = _no_date
    fraction: Callable[[int, int], list[str]] = _no_clock
    decade: Callable[[str], list[str]] | None = None

    @property
    def language(self) -> str:
        """The language without its region."""
        return self.code.partition("_")[0]


@lru_cache(maxsize=128)
def locale_of(language: str | None) -> Locale:
    """The locale of a language: our own rules for English, Spanish, French and German, num2words for others.

    A language without any known number words gets a locale without numbers: digits are then left as they are.
    """
    primary = primary_code(language)
    home = primary if primary in _OWN_RULES else "fallback"
    module = import_module(f"ctcalign.text.readings.languages.{home}")
    locale = module.locale(normal_code(language))
    if not isinstance(locale, Locale):
        raise TypeError(f"{module.__name__}.locale must return a Locale")
    return locale


def reads_numbers(language: str | None) -> bool:
    """Whether numbers in digits have readings in a language."""
    return bool(locale_of(language).numbers.cardinal(2))
