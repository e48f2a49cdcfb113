"""A token of a caption: its bare form (plain digits and signs, no surrounding punctuation) and its neighbours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from ctcalign.text.folding import APOSTROPHES

_MARKS = str.maketrans(dict.fromkeys("\u2122\u00ae\u00a9\u2120\u00ad"))  # (TM), (R), (C), (SM), soft hyphen
# Hard and thin spaces that group the digits of a number ("10 000").
GROUP_SPACE = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"))
_QUOTES = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
_RAISED = re.compile(f"(?<=[0-9])([{_SUPERSCRIPTS}]+)")
_POWER = re.compile(r"^([^\W\d_])([\u00b2\u00b3])$")
_NOTE = re.compile(f"(?<![{_SUPERSCRIPTS}])(?<=[^\\W\\d_])[{_SUPERSCRIPTS}]+$")  # to python, ² is a letter too
_AREAS = re.compile("(?:m|km|cm|mm|ft|yd|in)[\u00b2\u00b3]$")
_COMPLETED = re.compile(r"(?:(?<=[^\W\d_])|(?<![^\s]))\[([^\W\d_]{1,4})\](?=[^\W\d_]|$)")  # "[T]he", "walk[ed]"
_STRIPPED = frozenset("\"'`,;:!?\u00a1\u00bf\u2026*_~|\u00b7\u2022.")


class Core(NamedTuple):
    """A written word without surrounding punctuation.

    Attributes:
        text: NFKC, digits in ASCII, straight apostrophes, "-" for every dash.
        dotted: a full stop followed it.
    """

    text: str
    dotted: bool = False


def core_of(token: str) -> Core:
    """The bare form of a token; its text is empty for punctuation alone."""
    text = _COMPLETED.sub(r"\1", _plain(token))
    start, end = 0, len(text)
    while start < end and _outer(text[start]) and not _opens_number(text, start):
        start += 1
    dotted = False
    while end > start and (_outer(text[end - 1]) or text[end - 1] == "-"):
        dotted = dotted or text[end - 1] == "."
        end -= 1
    core = text[start:end]
    if core.startswith("-") and not (len(core) > 1 and _starts_number(core[1:])):
        core = core.lstrip("-")
    return Core(core, dotted)


def _plain(token: str) -> str:
    if token.isascii():
        return token
    text = GROUP_SPACE.sub("'", token.translate(_MARKS))
    text = "".join(_fraction(character) for character in text if unicodedata.category(character) != "Cf")
    if not _AREAS.search(text):
        text = _NOTE.sub("", _POWER.sub(r"\1^\2", text))
    text = _RAISED.sub(r"^\1", text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in text)
    return "".join(text.translate(_DASHES).translate(_QUOTES).replace("\u2044", "/").split())


def _fraction(character: str) -> str:
    """Mark a vulgar fraction so that it stays separate from the number before it ("2½")."""
    form = unicodedata.normalize("NFKC", character)
    return f"\u2064{form}" if "\u2044" in form and form[0].isdigit() else character


def _outer(character: str) -> bool:
    return character in _STRIPPED or unicodedata.category(character) in ("Ps", "Pe", "Pi", "Pf", "Zs", "Cc", "Cf")


def _opens_number(text: str, place: int) -> bool:
    """Whether a dot or an apostrophe starts a number: ".5", "'90s"."""
    if text[place] == "\u2064":
        return True
    if text[place] == "'":
        return re.match(r"'\d\d(?!\d)", text[place:]) is not None and text.count("'", place + 1) == 0
    if text[place] == "." and place == 0 and text[1:2].isupper() and text[2:3] != ".":
        return True  # ".NET"
    return text[place] == "." and _starts_number(text[place + 1 :]) and text[place - 1 : place] != "."


def _starts_number(text: str) -> bool:
    return bool(text) and (text[0].isdigit() or (unicodedata.category(text[0]) == "Sc" and len(text) > 1))


class Context(NamedTuple):
    """Neighbours of a word in its caption.

    Attributes:
        previous: the word before, "" for the first.
        following: the word after, "" for the last.
        capitals: the caption is written in capitals only, so that they do not mark abbreviations.
    """

    previous: str = ""
    following: str = ""
    capitals: bool = False


NO_CONTEXT = Context()


def contexts(tokens: Sequence[str]) -> list[Context]:
    """The context of every word of a caption."""
    capitals = len(tokens) > 1 and not any(token != token.upper() for token in tokens)
    padded = ["", *tokens, ""]
    return [Context(padded[i], padded[i + 2], capitals) for i in range(len(tokens))]
