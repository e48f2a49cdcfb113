"""Writing systems: the script of a character, scripts written without spaces, grapheme clusters."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache

# First and last code points of the blocks of each script (Unicode 15, Blocks.txt); a script may have several rows.
_BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x005A, "Latin"),
    (0x0061, 0x007A, "Latin"),
    (0x00AA, 0x00AA, "Latin"),
    (0x00BA, 0x00BA, "Latin"),
    (0x00C0, 0x024F, "Latin"),
    (0x0250, 0x02AF, "Latin"),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0530, 0x058F, "Armenian"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x06FF, "Arabic"),
    (0x0700, 0x074F, "Syriac"),
    (0x0750, 0x077F, "Arabic"),
    (0x0780, 0x07BF, "Thaana"),
    (0x08A0, 0x08FF, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0A00, 0x0A7F, "Gurmukhi"),
    (0x0A80, 0x0AFF, "Gujarati"),
    (0x0B00, 0x0B7F, "Oriya"),
    (0x0B80, 0x0BFF, "Tamil"),
    (0x0C00, 0x0C7F, "Telugu"),
    (0x0C80, 0x0CFF, "Kannada"),
    (0x0D00, 0x0D7F, "Malayalam"),
    (0x0D80, 0x0DFF, "Sinhala"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Lao"),
    (0x0F00, 0x0FFF, "Tibetan"),
    (0x1000, 0x109F, "Myanmar"),
    (0x10A0, 0x10FF, "Georgian"),
    (0x1100, 0x11FF, "Hangul"),
    (0x1200, 0x139F, "Ethiopic"),
    (0x13A0, 0x13FF, "Cherokee"),
    (0x1780, 0x17FF, "Khmer"),
    (0x1800, 0x18AF, "Mongolian"),
    (0x19E0, 0x19FF, "Khmer"),
    (0x1C80, 0x1C8F, "Cyrillic"),
    (0x1C90, 0x1CBF, "Georgian"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x1F00, 0x1FFF, "Greek"),
    (0x2C60, 0x2C7F, "Latin"),
    (0x2DE0, 0x2DFF, "Cyrillic"),
    (0x2E80, 0x2FDF, "Han"),
    (0x3005, 0x3007, "Han"),
    (0x3021, 0x3029, "Han"),
    (0x3041, 0x309F, "Hiragana"),
    (0x30A1, 0x30FF, "Katakana"),
    (0x3100, 0x312F, "Bopomofo"),
    (0x3130, 0x318F, "Hangul"),
    (0x31F0, 0x31FF, "Katakana"),
    (0x3400, 0x4DBF, "Han"),
    (0x4E00, 0x9FFF, "Han"),
    (0xA640, 0xA69F, "Cyrillic"),
    (0xA720, 0xA7FF, "Latin"),
    (0xA960, 0xA97F, "Hangul"),
    (0xA9E0, 0xA9FF, "Myanmar"),
    (0xAA60, 0xAA7F, "Myanmar"),
    (0xAC00, 0xD7FF, "Hangul"),
    (0xF900, 0xFAFF, "Han"),
    (0xFB00, 0xFB06, "Latin"),
    (0xFB1D, 0xFB4F, "Hebrew"),
    (0xFB50, 0xFDFF, "Arabic"),
    (0xFE70, 0xFEFE, "Arabic"),
    (0xFF21, 0xFF3A, "Latin"),
    (0xFF41, 0xFF5A, "Latin"),
    (0xFF66, 0xFF9F, "Katakana"),
    (0x20000, 0x3FFFF, "Han"),
)
_STARTS = tuple(first for first, _, _ in _BLOCKS)

SPACELESS_SCRIPTS = frozenset({"Han", "Hiragana", "Katakana", "Bopomofo", "Thai", "Lao", "Khmer", "Myanmar"})
_FAMILIES = {"Hiragana": "Japanese", "Katakana": "Japanese", "Bopomofo": "Han"}

# Kana without a sound of their own: they modify the one before ("きゃ", "ラー").
_LEANING_KANA = frozenset("ぁぃぅぇぉゃゅょゎゕゖァィゥェォャュョヮヵヶーｰｧｨｩｪｫｬｭｮ゛゜ﾞﾟ")
# ... and the small tsu doubles the consonant of the one after it ("っこ").
_PULLING_KANA = frozenset("っッｯ")
# Vowel signs that Unicode classifies as letters although they belong to the consonant before, and stacking signs.
_SPACING_VOWELS = frozenset("\u0e33\u0eb3")
_STACKERS = frozenset("\u17d2\u1039\u0eba")
_ZERO_WIDTH_JOINER = "\u200d"


@lru_cache(maxsize=16384)
def script_of(character: str) -> str | None:
    """The script of a character, for instance "Latin"; None for digits, punctuation, signs and rare scripts."""
    code = ord(character)
    place = bisect_right(_STARTS, code) - 1
    if place < 0 or code > _BLOCKS[place][1] or unicodedata.category(character)[0] not in "LMN":
        return None
    if unicodedata.category(character) == "Nd":
        return None
    return _BLOCKS[place][2]


def scripts_of(text: str) -> frozenset[str]:
    """All scripts that occur in a text."""
    return frozenset(script for script in map(script_of, text) if script is not None)


def family(script: str) -> str:
    """The writing system that a script belongs to: hiragana and katakana are "Japanese", bopomofo is "Han"."""
    return _FAMILIES.get(script, script)


def is_spaceless(character: str) -> bool:
    """Whether the script of the character is written without spaces between words."""
    return script_of(character) in SPACELESS_SCRIPTS


def extends(previous: str, character: str) -> bool:
    """Whether `character` belongs to the same cluster as `previous`: marks, joiners, small kana, stacked letters."""
    if character < "\u0300":
        return previous == _ZERO_WIDTH_JOINER and character == "\u00a9"
    if unicodedata.category(character)[0] == "M" or character in _SPACING_VOWELS or character in "\u200c\u200d":
        return True
    if previous in _STACKERS or previous == _ZERO_WIDTH_JOINER or previous in _PULLING_KANA:
        return unicodedata.category(character)[0] in "LS"
    if character in _LEANING_KANA:
        return script_of(previous) in ("Hiragana", "Katakana")
    return 0x1F3FB <= ord(character) <= 0x1F3FF or "\uff9e" <= character <= "\uff9f"


def clusters(text: str) -> list[tuple[int, int]]:
    """Split a text into user-perceived characters.

    Close to the extended grapheme clusters of Unicode (UAX 29), with two differences: small kana stay with their
    neighbour ("きゃ", "がっ|こ" is "が", "っこ") since they have no sound of their own, and flags are not paired.

    Returns:
        Spans (start, end) that cover the text in order.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for place in range(1, len(text)):
        if not extends(text[place - 1], text[place]):
            spans.append((start, place))
            start = place
    if text:
        spans.append((start, len(text)))
    return spans
