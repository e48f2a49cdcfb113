"""Which data a language has."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.locale import Locale, locale_of, reads_numbers
from ctcalign.text.readings.numbers import Numbers


@pytest.mark.parametrize(
    ("code", "normal", "language", "five"),
    [
        (None, "en", "en", "five"),
        ("en-GB", "en_GB", "en", "five"),
        ("deu", "de", "de", "fünf"),
        ("fr-CH", "fr_CH", "fr", "cinq"),
        ("es", "es", "es", "cinco"),
        ("it", "it", "it", "cinque"),
    ],
)
def test_locales(code, normal, language, five):
    locale = locale_of(code)
    assert (locale.code, locale.language) == (normal, language)
    assert locale.numbers.cardinal(5) == [five]
    assert locale_of(code) is locale
    assert reads_numbers(code)


def test_a_language_without_numbers():
    assert not reads_numbers("xx")
    assert locale_of("xx").numbers.cardinal(2) == []


def test_an_empty_locale_has_no_clock_dates_or_fractions():
    locale = Locale("xx", Numbers("xx"))
    assert (locale.clock(10, 30), locale.date(2024, 5, 17), locale.fraction(1, 2)) == ([], [], [])
    assert not locale.dotted_ordinals
    assert locale.decade is None


def test_what_is_no_locale_is_an_error_of_type(monkeypatch):
    from ctcalign.text.readings.languages import fallback

    monkeypatch.setattr(fallback, "locale", lambda _code: None)
    locale_of.cache_clear()
    with pytest.raises(TypeError, match="must return a Locale"):
        locale_of("tlh")
    locale_of.cache_clear()
