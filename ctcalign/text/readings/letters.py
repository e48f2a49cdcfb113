"""Abbreviations, acronyms and signs: expanded, read as a word or spelled; letters mixed with digits."""

from __future__ import annotations

import re
from itertools import groupby

from ctcalign.text.readings.figures import Figure, figure_of, say
from ctcalign.text.readings.locale import Locale, locale_of
from ctcalign.text.readings.spoken import combined, lower
from ctcalign.text.readings.tokens import Context, Core

_VOWELS = frozenset("AEIOUYÀÁÂÄÅÆÈÉÊËÌÍÎÏÒÓÔÖØÙÚÛÜÝŒАЕЁИОУЫЭЮЯІЇЄΑΕΗΙΟΥΩ")
_DOTTED = re.compile(r"(?:[^\W\d_]\.){1,9}[^\W\d_]?(?:'s)?")
_CAPITALS = re.compile(r"([^\W\d_a-z]{2,})('?s)?")
_RUNS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,]\d+)*|[\W_]")
_REPEATED = {2: "double", 3: "triple"}


def abbreviation(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "Mr.", "e.g.", "etc.", "No. 5": the expansions and the word as spelled."""
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
    # At the end of a sentence the dot is ambiguous: "sun." is the sun there.
    ends_sentence = not context.following or context.following[:1].isupper()
    if word in dotted and ends_sentence and context.previous:
        return [word, *dotted]
    return list(dotted)


def sign(core: Core, locale: Locale, _context: Context) -> list[str]:
    """A sign on its own: "&", "+", "=", "%"."""
    return list(locale.signs.get(core.text, ()))


def spelled(letters: str, locale: Locale) -> list[str]:
    """Letter by letter, in English also "triple a" for AAA."""
    small = lower(letters, locale.language)
    plain = " ".join(small)
    if locale.language != "en" or len(small) < 3:
        return [plain]
    runs = [(letter, len(list(run))) for letter, run in groupby(small)]
    if all(count == 1 for _, count in runs):
        return [plain]
    folded = (f"{_REPEATED[n]} {letter}" if n in _REPEATED else " ".join(letter * n) for letter, n in runs)
    return [plain, " ".join(folded)]


def initials(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "U.S.A.", "J.R.R", "p.m": letter by letter, then as a word."""
    if not _DOTTED.fullmatch(core.text):
        return []
    letters = "".join(character for character in core.text.removesuffix("'s") if character.isalpha())
    tail = "'s" if core.text.endswith("'s") else ""
    return [f"{phrase}{tail}" for phrase in [*spelled(letters, locale), lower(letters, locale.language)]]


def acronym(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "NASA", "FBI's", "DVDs": as a word and letter by letter; in an all-capitals caption only known acronyms."""
    match = _CAPITALS.fullmatch(core.text)
    if match is None or match[1] != match[1].upper() or match[1] == match[1].lower() or len(match[1]) > 6:
        return []
    letters, tail = match[1], match[2] or ""
    unpronounceable = not set(letters) & _VOWELS
    known = letters.lower() in locale.acronyms
    if context.capitals and not known and not unpronounceable:
        return []
    letter_by_letter = [f"{form}{tail}" for form in spelled(letters, locale)]
    if tail == "s":
        letter_by_letter = [form for plain in letter_by_letter for form in (f"{plain[:-1]}'s", f"{plain[:-1]} s")]
    word = f"{lower(letters, locale.language)}{tail}"
    if unpronounceable or (len(letters) <= 3 and not context.capitals):
        return [*letter_by_letter, word]
    return [word, *letter_by_letter]


def is_acronym(word: str, language: str | None) -> bool:
    """Whether a word in capitals is read letter by letter: a known acronym, or one without a vowel."""
    return word.lower() in locale_of(language).acronyms or not set(word.upper()) & _VOWELS


def mixed(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "B2B", "MP3", "H2O", "4K", "A4", "1080p": letters and numbers in turn."""
    runs = [part for run in _RUNS.findall(core.text) for part in _readable(run, locale)]
    if not any(map(str.isdigit, core.text)) or len(runs) < 2 or len(runs) > 24:
        return []
    parts: list[list[str]] = []
    for run in runs:
        if run[0].isdigit():
            parts.append(say(figure_of(run, locale) or Figure(run), locale) or [run])
        elif run[0].isalpha():
            parts.append(_letters(run, locale))
        else:
            parts.append([*locale.address.get(run, ())[:1], ""] if run in "/:_" else [""])
    return combined(parts)


def _readable(run: str, locale: Locale) -> list[str]:
    """A run of digits and marks as one number or, if it is not one, as several ("1,2,3")."""
    if not run[0].isdigit() or figure_of(run, locale) is not None:
        return [run]
    return re.findall(r"\d+", run)


def _letters(run: str, locale: Locale) -> list[str]:
    word = run.lower()
    if len(run) == 1:
        return [word]
    if run == run.upper() and len(run) <= 5:
        apart = spelled(run, locale)[:1]
        return [*apart, word] if len(run) <= 3 else [word, *apart]
    return [word, " ".join(word)] if len(run) <= 3 else [word]
