"""Alternative spellings of a character, for models whose vocabulary lacks it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

APOSTROPHES = "'\u2019\u2018\u02bc\u02b9\u02bb\u0060\u00b4\u2032\uff07\u05f3\u201b\ua78c"

# Letters that Unicode does not decompose but that have an accepted ASCII form.
_PLAIN = {
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "TH",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
    "ħ": "h",
    "Ħ": "H",
    "ŋ": "ng",
    "Ŋ": "NG",
    "ə": "e",
    "Ə": "E",
    "ĸ": "k",
    "ŧ": "t",
    "Ŧ": "T",
    "ƒ": "f",
    "ʒ": "z",
    "ґ": "г",
    "Ґ": "Г",
    "ی": "ي",
    "ک": "ك",
    "ى": "ي",
    "ي": "ی",
    "ك": "ک",
    "ة": "ه",
    "ٱ": "ا",
    "ہ": "ه",
    "ς": "σ",
    "\u0640": "",  # tatweel: only lengthens the line
}
# Scripts in which a word stays recognisable without its combining marks. In others (Devanagari, Thai, ...) the marks
# are vowels, and dropping one would change the word.
_BARE_SCRIPTS = (
    (0x0000, 0x052F),
    (0x0590, 0x06FF),
    (0x1C80, 0x1CBF),
    (0x1E00, 0x1FFF),
    (0xFE00, 0xFE0F),  # variation selectors
)


def _may_lose_marks(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _BARE_SCRIPTS)


def foldings(character: str) -> Iterator[str]:
    """Yield the spellings of one character, the character itself first.

    The last may be the empty string: for a combining mark that can be omitted (an accent written apart, a vowel point
    of Arabic or Hebrew).
    """
    yield character
    if character in APOSTROPHES:
        yield from (other for other in APOSTROPHES if other != character)
        return
    if character < "\x80":
        return
    yield unicodedata.normalize("NFC", character)
    yield unicodedata.normalize("NFKC", character)
    yield from _partly_composed(character)
    yield unicodedata.normalize("NFD", character)
    yield unicodedata.normalize("NFKD", character)
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if unicodedata.category(c) != "Mn")
    if _may_lose_marks(character):
        yield bare
        yield "".join(_PLAIN.get(c, c) for c in bare)
    if "\u3041" <= character <= "\u3096":
        yield chr(ord(character) + 0x60)
    elif "\u30a1" <= character <= "\u30f6":
        yield chr(ord(character) - 0x60)


def _partly_composed(character: str) -> Iterator[str]:
    """Spellings of a letter with several marks of which one is apart: "ê" and an acute accent for "ế"."""
    parts = unicodedata.normalize("NFD", character)
    for place in range(1, len(parts) if len(parts) > 2 else 0):
        rest = unicodedata.normalize("NFC", parts[:place] + parts[place + 1 :])
        if len(rest) == 1:
            yield rest + parts[place]
