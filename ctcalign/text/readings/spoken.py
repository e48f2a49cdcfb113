"""Conversion of phrases to the lower-case words of a reading."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from ctcalign.text.folding import APOSTROPHES

Reading = tuple[str, ...]
MAX_READINGS = 8


def lower(text: str, language: str = "en") -> str:
    """Lower case by the rules of the language (Turkish and Azerbaijani i), in NFC."""
    if language in ("tr", "az"):
        text = text.replace("I", "ı")
    return unicodedata.normalize("NFC", text.lower().replace("i\u0307", "i"))


def spoken_words(phrase: str, language: str = "en") -> Reading:
    """The words of a phrase: letters, marks, digits and inner apostrophes, in lower case; all else separates words."""
    if phrase.isascii() and phrase.replace(" ", "").isalpha() and language not in ("tr", "az"):
        return tuple(phrase.lower().split())
    composed = lower(unicodedata.normalize("NFKC", phrase.replace("\u00ad", "")), language)
    kept: list[str] = []
    for character in composed:
        if character in APOSTROPHES:
            kept.append("'")
        elif unicodedata.category(character)[0] in "LMN":
            kept.append(character)
        elif unicodedata.category(character) != "Cf":
            kept.append(" ")
    words = (word.strip("'") for word in "".join(kept).split())
    return tuple(word for word in words if any(unicodedata.category(c)[0] in "LN" for c in word))


def distinct(phrases: Iterable[str], language: str = "en", most: int = MAX_READINGS) -> tuple[Reading, ...]:
    """The first `most` distinct readings of the phrases; phrases without a word are dropped."""
    readings: dict[Reading, None] = {}
    for phrase in phrases:
        reading = spoken_words(phrase, language)
        if reading:
            readings.setdefault(reading)
        if len(readings) == most:
            break
    return tuple(readings)


def combined(parts: Sequence[Sequence[str]], most: int = MAX_READINGS) -> list[str]:
    """Phrases that combine one choice of each part, in an order that favours the first choices."""
    phrases = [("", 0)]
    for choices in parts:
        phrases = sorted(
            ((f"{phrase} {choice}", cost + place) for phrase, cost in phrases for place, choice in enumerate(choices)),
            key=lambda entry: entry[1],
        )[:most]
    return [phrase.strip() for phrase, _ in phrases]
