"""A guess of the code page of a text that is not Unicode.

Each code page is tried with the languages that were written in it: the likelihood of the decoded letters, in nats, from
the order of letters by frequency, and the common words of the language. Detectors that count letter pairs need pages of
text; a caption file may have a dozen accents.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ctcalign.formats.shared.code_pages.languages import ALPHABETS, COMMON, LATIN

_FULL_WIDTH = frozenset("\u3000、。，．？！：；「」『』（）…《》“”‘’—·～")
# Typographic signs and their shares of the characters beyond ASCII in texts with Latin letters.
_SIGNS = {"’": 0.05, "“": 0.02, "”": 0.02, "–": 0.02, "…": 0.02, "—": 0.01, "‘": 0.01, "«": 0.01, "»": 0.01, "„": 0.01}
_SIGNS |= dict.fromkeys("\xa0€£°§©·´½²ªº♪", 0.003)

# Code pages, the languages they were used for, and a prior in nats: those of DOS, the Macintosh and Unix are rare.
_PAGES: tuple[tuple[str, str, float], ...] = (
    ("cp1252", "en fr de es pt it sv da fi is nl et", 0.0),
    ("cp1250", "pl cs sk hu ro hr", 0.0),
    ("cp1254", "tr", 0.0),
    ("cp1257", "lt lv et", 0.0),
    ("cp1251", "ru uk bg sr", 0.0),
    ("cp1253", "el", 0.0),
    ("cp1255", "he", 0.0),
    ("cp1256", "ar fa", 0.0),
    ("cp874", "th", 0.0),
    ("cp932", "ja", 0.0),
    ("gb18030", "zh", 0.0),
    ("big5", "zt", 0.0),
    ("cp949", "ko", 0.0),
    ("euc_jp", "ja", -2.0),
    ("iso8859_2", "pl cs sk hu hr", -2.0),
    ("iso8859_7", "el", -2.0),
    ("koi8_r", "ru", -2.0),
    ("koi8_u", "uk", -3.0),
    ("cp866", "ru", -3.0),
    ("iso8859_5", "ru", -4.0),
    ("cp852", "pl cs hu", -4.0),
    ("cp850", "fr de es", -4.0),
    ("mac_roman", "en fr de es it", -4.0),
)
_ODD = math.log(1e-5)  # of a letter that the language does not have
_BROKEN = math.log(1e-8)  # of a byte that the code page does not have
_WORD = 1.2  # nats for each common word
_LONGEST = 2_500  # bytes of lines beyond ASCII that decide, about forty captions


def guess(data: bytes) -> str:
    """The most likely code page of text that is neither ASCII nor Unicode; a codec of Python.

    >>> guess("Příliš žluťoučký kůň".encode("cp1250"))
    'cp1250'
    """
    if re.search(rb"\x1b\$[@B]", data):
        return "iso2022_jp"
    lines = [line for line in data.splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:_LONGEST]
    plain = b" ".join(line for line in data[: 8 * _LONGEST].splitlines() if line.isascii()).decode("ascii")
    best, most = "cp1252", -math.inf
    for page, languages, prior in _PAGES:
        text = sample.decode(page, errors="replace")
        for language in languages.split():
            likelihood = prior + _likelihood(text, plain, page, language)
            if likelihood > most:
                best, most = page, likelihood
    return best


def _likelihood(text: str, plain: str, page: str, language: str) -> float:
    model = _model(language, page)
    total = model.common_words(f"{text} {plain}")
    before = " "
    run = 0  # letters beyond ASCII in a row
    for place, character in enumerate(text):
        if character < "\x80":
            if run and model.whole_alphabet and character.isalpha():
                total += _ODD / 2  # Latin letters inside a word of another alphabet
            run = 0
        else:
            letter = unicodedata.category(character)[0] in "LM"
            run = run + 1 if letter else 0
            after = text[place + 1 : place + 2]
            total += model.character(character, before, after) + model.neighbours(character, before, run)
        before = character
    return total


@dataclass(frozen=True)
class _Model:
    """Likelihoods of the characters beyond ASCII of a language in a code page."""

    language: str
    page: str

    @property
    def whole_alphabet(self) -> bool:
        """Whether words have no ASCII letters."""
        return self.language not in LATIN

    @cached_property
    def letters(self) -> dict[str, float]:
        known = LATIN[self.language][0] if self.language in LATIN else ALPHABETS.get(self.language, "")
        weights = {letter: math.exp(-4.0 * place / len(known)) for place, letter in enumerate(known)}
        total = sum(weights.values()) / 0.8
        found = {letter: math.log(weight / total) for letter, weight in weights.items()}
        return self.signs | found

    @cached_property
    def signs(self) -> dict[str, float]:
        return {sign: math.log(share) for sign, share in _SIGNS.items()}

    @cached_property
    def common(self) -> dict[str, float]:
        known = COMMON.get(self.language, "")
        found = {c: -math.log(2.5 * len(known)) for c in known}
        return found | dict.fromkeys(_FULL_WIDTH, math.log(0.02))

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(LATIN[self.language][1].split()) if self.language in LATIN else frozenset()

    def common_words(self, text: str) -> float:
        if not self.words:
            return 0.0
        return _WORD * min(20, sum(word in self.words for word in re.findall(r"[^\W\d_]+", text.lower())))

    def character(self, character: str, before: str, after: str) -> float:
        """Of one character, in nats."""
        if character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cn", "Co"):
            return _BROKEN
        if self.language in COMMON:
            return self._ideograph(character)
        if before.isdigit() or after.isdigit():
            return self.signs.get(character, _ODD)
        lower = character.lower()
        if character in self.letters:
            return self.letters[character]
        if lower in self.letters and lower != character:
            # Capitals begin words, or the whole word is in capitals.
            inside = before.islower() or (before.isalpha() and after.islower())
            return self.letters[lower] + (_ODD / 2 if inside else -1.0)
        return _ODD

    def _ideograph(self, character: str) -> float:
        if character in self.common:
            return self.common[character]
        data = character.encode(self.page, errors="ignore")
        low, high, share = _FREQUENT[self.page]
        if len(data) == 2 and low <= data[0] <= high and unicodedata.category(character)[0] == "L":
            return math.log(share)
        return _ODD * len(data)

    def neighbours(self, character: str, before: str, run: int) -> float:
        """Effect of the previous letter: accents rarely follow each other, alphabets rarely mix within words."""
        if self.language in COMMON or not run:
            return 0.0
        if self.whole_alphabet:
            return _ODD / 2 if before < "\x80" and before.isalpha() else 0.0
        return math.log(0.2) if run == 2 else math.log(0.05) if run > 2 else 0.0


# Lead bytes of the frequent characters, and the share of each of them.
_FREQUENT = {
    "gb18030": (0xB0, 0xD7, 1 / 8000),
    "big5": (0xA4, 0xC6, 1 / 10000),
    "cp932": (0x88, 0x97, 1 / 8000),
    "euc_jp": (0xB0, 0xCF, 1 / 8000),
    "cp949": (0xB0, 0xC8, 1 / 4000),
}


@lru_cache(maxsize=128)
def _model(language: str, page: str) -> _Model:
    return _Model(language, page)
