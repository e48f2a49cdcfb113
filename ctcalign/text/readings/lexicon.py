"""Abbreviations and signs that a language has words for."""

from __future__ import annotations

from ctcalign.text.readings.context import Context
from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.shape import Core


def abbreviation(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "Mr.", "e.g.", "etc.", "No. 5": the expansions and the word as it is spelled."""
    word = core.text.lower()
    plain = locale.abbreviations.get(word)
    if plain is not None:
        return list(plain)
    numbered = locale.before_numbers.get(word)
    if numbered is not None and context.following[:1].isdigit():
        return list(numbered)
    dotted = locale.dotted.get(word)
    if dotted is None or not core.dotted:
        return []
    # At the end of a sentence the dot says nothing: "sun." is the sun there.
    ends_sentence = not context.following or context.following[:1].isupper()
    if word in dotted and ends_sentence and context.previous:
        return [word, *dotted]
    return list(dotted)


def sign(core: Core, locale: Locale, _context: Context) -> list[str]:
    """A sign that stands alone: "&", "+", "=", "%"."""
    return list(locale.signs.get(core.text, ()))
