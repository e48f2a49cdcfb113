"""Transcripts as a recogniser writes them: captions without mark-up and punctuation, numbers in words.

`ctcalign align` normalises captions in the same way, with all readings of a word; here the most likely one is used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from ctcalign.checks import check_choice
from ctcalign.text.bilingual import translations
from ctcalign.text.languages import known_code
from ctcalign.text.readings.letters import is_acronym
from ctcalign.text.readings.tokens import core_of
from ctcalign.text.scripts import is_spaceless
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.text.words import Word, words_of

TextMode = Literal["normalised", "as-is"]
MODES: tuple[TextMode, ...] = ("normalised", "as-is")
Encode = Callable[[str], tuple[Sequence[int], tuple[str, ...]]]
"""Text to labels, and the characters that have no label."""

_GROUPED = re.compile(r"(?<=\d)'(?=\d{3})")  # `core_of` marks a hard space between digits with an apostrophe


class Piece(NamedTuple):
    """Normalised words of a transcript and the characters `text[start:end]` that they come from.

    `glued`: no space before it, as between the characters of Chinese.
    """

    words: str
    start: int
    end: int
    glued: bool = False


class Transcripts:
    """Normalises transcripts for the symbols of a model.

    A transcript that the symbols can write is not changed. Any other is read as `ctcalign align` reads a caption:
    mark-up, punctuation, sounds in brackets and lines in another writing system are dropped, numbers and abbreviations
    are written in words, and each word keeps its own spelling as far as the model has symbols for it (capitals, digits,
    punctuation).

    Args:
        encode: function of the tokenizer or vocabulary; it is called with single words.
        vocabulary: the symbols.
        language: code of the language of transcripts that name none; None: English. It affects numbers, abbreviations.
        mode: "normalised", or "as-is" to leave transcripts unchanged, except for invisible characters.
    Raises:
        UsageError: the mode is unknown.
    """

    def __init__(
        self, encode: Encode, vocabulary: Vocabulary, language: str | None = None, mode: str = "normalised"
    ) -> None:
        check_choice("text", mode, MODES)
        self.mode = mode
        self.vocabulary, self.language = vocabulary, language
        self._encode = encode
        self._punctuated = not vocabulary.characters.isdisjoint(".,?!")
        self._lost: dict[str, bool] = {}
        self._chosen: dict[tuple[str, tuple[tuple[str, ...], ...]], str] = {}

    def __call__(self, text: str, language: str | None = None) -> str:
        """The normalised transcript, words separated by one space; "" if no word is spoken.

        Args:
            language: of this transcript: a code or an English name; else the default is used.
        """
        if text.isascii() and all(map(self._writes, text.split())):
            return " ".join(text.split())  # what `pieces` finds, in less time
        return joined(self.pieces(text, language))

    def pieces(self, text: str, language: str | None = None) -> list[Piece]:
        """The words of a normalised transcript with their place in `text`."""
        tokens = list(tokens_of(text))
        visible = [Piece(self._visible(text[start:end]), start, end) for start, end in tokens]
        if self.mode == "as-is" or all(self._writes(piece.words) for piece in visible):
            return [piece for piece in visible if piece.words]
        found: list[Piece] = []
        language = known_code(language) or self.language
        for word in self._words(text, language):
            alone = not text[word.start - 1 : word.start].strip()
            written = self._spoken(word, language) if word.spoken else self._sign(word) if alone else ""
            if written:
                found.append(Piece(written, word.start, word.end, bool(found) and _glued(text, found[-1], word)))
        return found

    def _words(self, text: str, language: str | None) -> list[Word]:
        """The words without those of lines in a writing system that is not that of the speech; see `translations`."""
        other = translations([text], [(None, None)], self.vocabulary, language).regions.get(0, ())
        words = words_of(text, language)
        return [word for word in words if not any(start <= word.start < end for start, end in other)]

    def _visible(self, token: str) -> str:
        """The token without format characters (soft hyphen, zero-width space, byte order mark) that have no symbol."""
        if token.isascii():
            return token
        known = self.vocabulary.characters
        return "".join(c for c in token if c in known or unicodedata.category(c) != "Cf")

    def _writes(self, text: str) -> bool:
        """Whether the model has symbols for all characters of a text."""
        lost = self._lost.get(text)
        if lost is None:
            lost = self._lost[text] = bool(self._encode(text)[1])
        return not lost

    def _spoken(self, word: Word, language: str | None) -> str:
        key = (word.text, word.readings)
        if key not in self._chosen:
            spellings = self._spellings(word, _likely(word, language))
            self._chosen[key] = next(filter(self._writable, spellings), " ".join(word.readings[0]))
        return self._chosen[key]

    def _spellings(self, word: Word, readings: Sequence[tuple[str, ...]]) -> Iterator[str]:
        """Spellings of a word, in the order of preference."""
        own, core = self._visible(word.text), core_of(word.text).text
        if self._punctuated:
            yield own
        if self.vocabulary.case == "mixed" and core.lower() == " ".join(word.readings[0]):
            yield core
        if self.vocabulary.has_digits and not set(core).isdisjoint("0123456789"):
            yield _GROUPED.sub("", core)
        for reading in readings:
            yield " ".join(reading)
            yield " ".join(reading).upper()
        yield from (own, core)

    def _writable(self, text: str) -> bool:
        return self._writes(text) and bool(self._encode(text)[0])

    def _sign(self, word: Word) -> str:
        """A sign of punctuation, if it is a symbol of the model; "" for mark-up."""
        text = self._visible(word.text)
        return text if word.kind == "punctuation" and self._writable(text) else ""


def joined(pieces: Sequence[Piece]) -> str:
    """The text of pieces."""
    return "".join(f"{'' if piece.glued else ' '}{piece.words}" for piece in pieces).strip()


def tokens_of(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the words of a text between white space."""
    place = 0
    for token in text.split():
        start = text.index(token, place)
        place = start + len(token)
        yield start, place


def _likely(word: Word, language: str | None) -> Sequence[tuple[str, ...]]:
    """The readings of a word, most likely first: an emphasised word ("I said NO") is not spelled, unlike an acronym."""
    first = word.readings[0]
    whole = "".join(first)
    if len(first) > 1 and len(whole) == len(first) and (whole,) in word.readings and not is_acronym(whole, language):
        return ((whole,), *word.readings)
    return word.readings


def _glued(text: str, before: Piece, word: Word) -> bool:
    """Whether there is no space between two words because their script has none."""
    gap = text[before.end : word.start]
    touches = not any(character.isspace() for character in gap)
    return touches and (is_spaceless(text[before.end - 1]) or is_spaceless(text[word.start]))
