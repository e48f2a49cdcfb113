"""Conversion of words to token sequences of the model, one sequence for each reading."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, get_args

from ctcalign.errors import UsageError
from ctcalign.text.romanise import Romaniser, needs_romanising
from ctcalign.text.vocabulary import Vocabulary, composed
from ctcalign.text.words import Word

Romanise = Literal["auto", "always", "never"]
ROMANISE: tuple[Romanise, ...] = get_args(Romanise)


@dataclass(frozen=True)
class TokenisedWord:
    """A word and its possible token sequences.

    `alternatives` are distinct and in the order of the readings; empty if the word is not spoken or if the vocabulary
    covers none of its characters (the aligner then uses a wildcard). `unsupported` are the characters that the
    vocabulary lacks.
    """

    word: Word
    alternatives: tuple[tuple[int, ...], ...]
    unsupported: tuple[str, ...] = ()


@dataclass
class TextReport:
    """Characters and words that the vocabulary could not represent."""

    words: int = 0
    romanised: int = 0
    bridged: list[str] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    missing_romaniser: bool = False

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user; empty when everything could be represented."""
        lines: list[str] = []
        if self.unsupported:
            most = ", ".join(f"{_shown(character)} {count}×" for character, count in self.unsupported.most_common(12))
            more = f" and {len(self.unsupported) - 12} more" if len(self.unsupported) > 12 else ""
            lines.append(f"text: the model has no symbol for {self.unsupported.total()} characters: {most}{more}")
        if self.bridged:
            some = ", ".join(dict.fromkeys(self.bridged[:8]))
            counts = f"{len(self.bridged)} of {self.words} words"
            lines.append(f"text: {counts} have no symbol of the model and are aligned as wildcards: {some}")
        if self.missing_romaniser:
            lines.append("text: romanisation is needed but uroman is not installed; pip install 'ctcalign[text]'")
        return lines


class Tokeniser:
    """Convert words to the symbols of a model.

    Args:
        vocabulary: the model's symbols.
        language: code of the text's language, used for romanisation; None when unknown.
        romanise: "auto" writes words in Latin letters when the vocabulary lacks their script, "always" whenever they
            are not in Latin letters, "never" leaves them.
    Raises:
        UsageError: another value of `romanise`; ModelError from `tokenise`: "always" without uroman.
    """

    def __init__(self, vocabulary: Vocabulary, language: str | None = None, romanise: Romanise = "auto") -> None:
        if romanise not in ("auto", "always", "never"):
            raise UsageError(f'romanise: got {romanise!r}, expected "auto", "always" or "never"')
        self.vocabulary = vocabulary
        self.language = language
        self.romanise = romanise
        self.report = TextReport()
        self._romaniser = Romaniser(language, required=romanise == "always")
        self._encoded: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {}
        self._cache: dict[tuple[str, tuple[tuple[str, ...], ...]], _Written] = {}

    def start_report(self) -> None:
        """Reset the counts: call it for each recording."""
        self.report = TextReport()

    def tokenise(self, word: Word) -> TokenisedWord:
        """The token sequences of all readings of a word; losses are counted in `report`."""
        if not word.spoken:
            return TokenisedWord(word, ())
        key = (word.text, word.readings)
        written = self._cache.get(key)
        if written is None:
            written = self._cache[key] = self._write(word)
        report = self.report
        report.words += 1
        report.romanised += written.romanised
        report.missing_romaniser |= written.romaniser_missing
        if written.unsupported:
            report.unsupported.update(written.unsupported)
        if not written.alternatives:
            report.bridged.append(word.text)
        return TokenisedWord(word, written.alternatives, written.unsupported)

    def _write(self, word: Word) -> _Written:
        done: dict[tuple[int, ...], tuple[str, ...]] = {}
        romanised = missing = False
        lost: tuple[str, ...] = ()
        for reading in self._readings(word):
            spoken = reading
            if needs_romanising("".join(reading), self.vocabulary, self.romanise):
                in_latin = self._romaniser.words(reading)
                romanised, missing = romanised or in_latin is not None, missing or in_latin is None
                spoken = reading if in_latin is None else in_latin
            columns, unsupported = self._columns(spoken)
            lost = lost or unsupported
            if columns and (columns not in done or len(unsupported) < len(done[columns])):
                done[columns] = unsupported
        if not done:
            return _Written((), lost, romanised, missing)
        fewest = min(map(len, done.values()))
        kept = tuple(columns for columns, unsupported in done.items() if len(unsupported) == fewest)
        return _Written(kept, done[kept[0]], romanised, missing)

    def _readings(self, word: Word) -> tuple[tuple[str, ...], ...]:
        """The readings of a word, and its own spelling where the vocabulary has digits or both cases."""
        known = self.vocabulary.characters
        own = "".join(character for character in composed(word.text) if character.isalnum() or character in known)
        if self.vocabulary.case == "mixed" and own.lower() != own and own.lower() == "".join(word.readings[0]):
            return (*word.readings, (own,))
        if self.vocabulary.has_digits and not set(own).isdisjoint("0123456789") and "<" not in word.text:
            return (*word.readings, (own,))
        return word.readings

    def _columns(self, reading: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[str, ...]]:
        columns: list[int] = []
        unsupported: list[str] = []
        for part in reading:
            encoded = self._encoded.get(part)
            if encoded is None:
                encoded = self._encoded[part] = self.vocabulary.encode(part)
            ids, left = encoded
            unsupported.extend(left)
            if ids and columns and self.vocabulary.separator is not None:
                columns.append(self.vocabulary.separator)
            columns.extend(ids)
        return tuple(columns), tuple(unsupported)


@dataclass(frozen=True)
class _Written:
    alternatives: tuple[tuple[int, ...], ...]
    unsupported: tuple[str, ...]
    romanised: bool
    romaniser_missing: bool


def _shown(character: str) -> str:
    return f'"{character}"' if character.isprintable() else f"U+{ord(character):04X}"
