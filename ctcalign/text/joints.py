"""Words that the punctuation between them glues together: "museum.Tonight", but not "example.com" or "U.S.A."."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ctcalign.text.languages import primary_code
from ctcalign.text.readings.addresses import ENDINGS

_DASHES = frozenset("\u2013\u2014\u2015\u2e3a\u2e3b")
_EM_DASHES = _DASHES - {"\u2013"}
# Signs that end a word wherever they stand: question and exclamation marks, semicolons, commas and full stops of other
# scripts than Latin, bars and bullets.
_PARTING = frozenset(
    "!?;|\u2022\u00a1\u00bf\u203c\u203d\u2047\u2048\u2049\u060c\u061b\u061f\u06d4\u0964\u0965\u0589\u055e\u1362"
)
_FULL_WIDTH = frozenset("\u3001\u3002\uff01\uff0c\uff0e\uff1a\uff1b\uff1f\uff5c\uff0f")
_SENTENCE = frozenset(".,:!?;\u2026") | _PARTING | _FULL_WIDTH
# Endings of addresses in any case, unlike "today.No" and "fall.It".
_GENERIC = frozenset("com net org edu gov".split())
# Lower-case words of English that are also endings of addresses in other countries.
_ENGLISH = frozenset("at be by do go he if in is it my no of on or so to up we".split())
_ADDRESS = re.compile(r"://|@|^www\.|\.[a-z]{2,4}/|\\", re.IGNORECASE)
_UNITS = "%\u00b0\u20ac\u00a3$"
_BEFORE = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*$")
_AFTER = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_GLUED = re.compile(r"[^\W_][^\w\s/&@'+=-]+[^\W_]|--")
_NEAR = 40  # characters around a joint that decide


def may_be_glued(token: str) -> bool:
    """Whether an ASCII token has a joint at all: a fast test, true for nearly no word."""
    return _GLUED.search(token) is not None


def is_joint(token: str, end: int, following: int, language: str | None = None) -> bool:
    """Whether the punctuation token[end:following] parts two words.

    Args:
        token: without white space.
        end: one past the last letter or digit of the word before.
        following: position of the letter or digit after the punctuation.
        language: code of the caption's language; None for English.
    """
    while end < following and token[end] in _UNITS:
        end += 1
    signs = token[end:following]
    if not signs:
        return False
    numbers = token[end - 1].isdigit() and token[following].isdigit()
    if signs[-1] in _EM_DASHES or signs[-2:] in ("--", "..") or signs[-1] == "\u2026":
        return not numbers
    if numbers or _is_address(token):
        return False
    if not _PARTING.isdisjoint(signs) or not _FULL_WIDTH.isdisjoint(signs):
        return True
    before = _BEFORE.search(token[max(0, end - _NEAR) : end].rstrip(_UNITS))
    after = _AFTER.match(token[following : following + _NEAR])
    if before is None or after is None:
        return False
    if signs == "\u2013":
        return min(len(before[0]), len(after[0])) > 1
    if signs[0] == "." and set(signs[1:]) <= set("\"'\u2019\u201d)]\u00bb"):
        return _full_stop(token[:end], before[0], after[0], language)
    if signs[0] == ":":
        return _colon(before[0], after[0])
    if "," in signs:
        return True
    return len(signs) > 1 and not _SENTENCE.isdisjoint(signs) and any(_is_bracket(sign) for sign in signs)


@lru_cache(maxsize=4096)
def _is_address(token: str) -> bool:
    return _ADDRESS.search(token) is not None


def _full_stop(text: str, before: str, after: str, language: str | None) -> bool:
    """A full stop between two words; not in abbreviations, initials, numbers, names of files and domains."""
    if after[0].isdigit():
        return len(before) > 3 and before.islower()  # "museum.1884", not "No.5" or "v2.0"
    capital = after[0].isupper()
    if before.isdigit():
        return len(after) > (1 if capital else 3) and after.lower() not in ENDINGS
    if len(before) == 1:  # "p.m.Then", not "J.Smith", "e.g.this" or "U.S.Navy"
        return capital and len(after) > 1 and re.search(r"(?:^|[^\w])[a-z]\.[a-z]$", text) is not None
    if after.lower() in _GENERIC:
        return False
    if len(after) == 1:
        return after in ("I", "A", "O") and len(before) > 2
    if after.isupper() and len(after) > 1 and before.isupper():
        return min(len(before), len(after)) > 2
    if capital:
        return True
    return after not in ENDINGS or (after in _ENGLISH and primary_code(language) == "en")


def _colon(before: str, after: str) -> bool:
    """A colon between two words; not in the endings of Finnish and Swedish ("EU:n", "S:t")."""
    return len(after) > 1 and (len(before) > 2 or after[0].isupper()) and (not before.isupper() or after[0].isupper())


def _is_bracket(sign: str) -> bool:
    return sign == '"' or unicodedata.category(sign) in ("Ps", "Pe", "Pi", "Pf")
