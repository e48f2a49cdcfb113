"""The reading rules, in the order in which they are tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from ctcalign.text.languages import normal_code
from ctcalign.text.readings import addresses, compounds, figures, letters, moments, quantities, roman
from ctcalign.text.readings.locale import Locale, locale_of
from ctcalign.text.readings.spoken import Reading, distinct, spoken_words
from ctcalign.text.readings.tokens import NO_CONTEXT, Context, Core, core_of

Rule = Callable[[Core, Locale, Context], list[str]]

# The first rule that returns a reading wins.
_WORD_RULES: tuple[Rule, ...] = (
    letters.abbreviation,
    letters.sign,
    addresses.address,
    addresses.handle,
    quantities.scaled,
    quantities.unit,
    roman.roman,
    letters.initials,
    letters.acronym,
)
_NUMBER_RULES: tuple[Rule, ...] = (
    letters.abbreviation,
    addresses.address,
    addresses.handle,
    quantities.unit,
    quantities.money,
    quantities.percent,
    moments.date,
    moments.clock,
    figures.decade,
    figures.ordinal,
    figures.telephone,
    figures.fraction,
    quantities.measure,
    figures.number,
)
_PLAIN = re.compile(r"[\"'(\[]*([A-Z]?[a-z]+(?:'[a-z]+)?)[,;:!?\"')\]]*\.?[\"')\]]*")
_LONGEST = 200  # characters; no rule applies to a longer token
_DIGITS = re.compile(r"[0-9]+")


def readings_of(token: str, language: str | None = "en", context: Context = NO_CONTEXT) -> tuple[Reading, ...]:
    """The readings of one word of a caption, most likely first; none for punctuation and emoji.

    Args:
        token: the word with surrounding punctuation, without mark-up.
        language: code of the caption's language, None for English.
        context: its neighbours, which distinguish a unit from a letter and a Roman numeral from a word.
    """
    code = normal_code(language)
    plain = _plain_reading(token, code)
    return _in_context(token, code, context) if plain is None else plain


@lru_cache(maxsize=262144)
def _plain_reading(token: str, code: str) -> tuple[Reading, ...] | None:
    """The only reading of a plain word; None for a word that needs the rules."""
    match = _PLAIN.fullmatch(token)
    if match is None:
        return None
    word = match[1].lower()
    if word in _special_words(code) or (len(word) <= 4 and set(word) <= set("ivx")):
        return None
    return distinct([match[1]], code.partition("_")[0])


@lru_cache(maxsize=64)
def _special_words(code: str) -> frozenset[str]:
    locale = locale_of(code)
    return frozenset().union(
        locale.abbreviations,
        locale.dotted,
        locale.before_numbers,
        locale.scale_words,
        (symbol.lower() for symbol in locale.units),
        (sign.lower() for sign in locale.currencies),
    )


@lru_cache(maxsize=65536)
def _in_context(token: str, code: str, context: Context) -> tuple[Reading, ...]:
    locale = locale_of(code)
    core = core_of(token)
    if not core.text:
        return ()
    if _is_unspoken_sign(core, locale, context):
        return ()
    return distinct(say(core, locale, context), locale.language) or distinct([token], locale.language)


def _is_unspoken_sign(core: Core, locale: Locale, context: Context) -> bool:
    """Whether the token is a currency sign whose number follows ("$ 5"): the reading of the number includes it."""
    if core.text not in locale.currencies or core.text.isalpha() or not context.following[:1].isdigit():
        return False
    return figures.figure_of(core_of(context.previous).text, locale) is None


def say(core: Core, locale: Locale, context: Context) -> list[str]:
    """Phrases for the bare form of a word, by the first rule that applies; at least the word itself."""
    with_digits = _DIGITS.search(core.text) is not None
    if len(core.text) > _LONGEST:
        return _own(_DIGITS.sub(lambda digits: _aloud(digits[0], locale), core.text))
    if not with_digits or locale.numbers.cardinal(1):
        for rule in _NUMBER_RULES if with_digits else _WORD_RULES:
            phrases = rule(core, locale, context)
            if phrases:
                return phrases
    if with_digits:
        phrases = compounds.span(core, locale, context, say)
        if phrases:
            return phrases
    phrases = compounds.compound(core, locale, context, say)
    if phrases:
        return phrases
    if with_digits and locale.numbers.cardinal(1):
        phrases = letters.mixed(core, locale, context)
        if phrases:
            return phrases
    return _own(_DIGITS.sub(lambda digits: _aloud(digits[0], locale), core.text) if with_digits else core.text)


def _aloud(digits: str, locale: Locale) -> str:
    return f" {next(iter(locale.numbers.integer(digits)), digits)} "


def _own(text: str) -> list[str]:
    """The word itself, and its halves if it has an inner capital ("YouTube")."""
    words = " ".join(spoken_words(text))
    inner = re.fullmatch(r"([^\W\d_]*[^\W\d_A-Z])([A-Z][^\W\d_]*)", text)
    if inner and len(inner[1]) > 2 and text[:3] != "Mac":
        return [words, f"{inner[1]} {inner[2]}"]
    return [words] if words else []
