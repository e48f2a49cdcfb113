"""The output symbols of a CTC model, and how a word is encoded with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ctcalign.text.folding import APOSTROPHES, foldings
from ctcalign.text.scripts import scripts_of

WORD_START = "\u2581"
# Byte pieces as sentencepiece writes them: "<0xC3>"; several are the bytes of one symbol.
_BYTES = re.compile(r"(?:<0x[0-9A-Fa-f]{2}>)+")
# Symbols that stand for no text, such as "<s>" and "[PAD]".
SPECIAL = re.compile(r"<[^<>]+>|\[[^\[\]]+\]|##+|\*", re.DOTALL)
_SKIP_COST = 1 << 20  # cost of skipping a character, in pieces: the last resort
_START_COST = 1 << 10  # cost of skipping the mark of a word start: cheaper than a letter


@dataclass(frozen=True)
class Vocabulary:
    """Output symbols of a model, in the order of its columns.

    `separator` is the column of the word separator ("|" or " "), None when there is none. Word-piece vocabularies
    (`word_pieces`) mark the first piece of a word with "\u2581" instead. A symbol may be a byte ("<0xC3>").
    """

    symbols: tuple[str, ...]
    blank: int = 0
    separator: int | None = None
    unknown: int | None = None
    word_pieces: bool = False

    def __len__(self) -> int:
        return len(self.symbols)

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Text that each symbol writes: " " for the separator, "" for the blank, the unknown and specials ("<s>").

        A byte that is not ASCII is written as a lone surrogate, which `joined` resolves.
        """
        silent = {self.blank, self.unknown}
        return tuple(
            " " if column == self.separator else "" if column in silent else _spelling(symbol)
            for column, symbol in enumerate(self.symbols)
        )

    def text(self, labels: Iterable[int]) -> str:
        """The text of labels, composed (NFC), words separated by one space; blanks and specials write nothing."""
        text = "".join(self.spellings[label] for label in labels)
        return joined(text.replace(WORD_START, " ") if self.word_pieces else text)

    @cached_property
    def pieces(self) -> dict[str, int]:
        """Text to column: all symbols except blank, separator, unknown and specials such as "<s>".

        A symbol with decomposed letters is also found by its composed form (NFC), a byte by its spelling.
        """
        found = dict(self._written)
        for text, column in self._written.items():
            found.setdefault(composed(text), column)
        for column, text in enumerate(self.spellings):
            if text and column != self.separator:
                found.setdefault(text, column)
        return found

    @cached_property
    def _written(self) -> dict[str, int]:
        """Text to column of the symbols that are not bytes."""
        found: dict[str, int] = {}
        for column, text in enumerate(self.spellings):
            if text and column != self.separator and not _BYTES.fullmatch(self.symbols[column]):
                found.setdefault(text, column)
        return found

    @cached_property
    def characters(self) -> frozenset[str]:
        """All characters that occur in a piece, composed or not, except the mark of a word start. Without bytes."""
        return frozenset("".join((*self._written, *map(composed, self._written)))) - {WORD_START}

    @cached_property
    def case(self) -> Literal["lower", "upper", "mixed"]:
        """Case of the letters in the vocabulary; a script without case counts as lower.

        A few letters of the other case (stray symbols of the training text) do not make a vocabulary mixed.
        """
        upper = sum(1 for character in self.characters if character.lower() != character)
        lower = sum(1 for character in self.characters if character.upper() != character)
        if upper > 4 * lower:
            return "upper"
        return "mixed" if upper > lower / 4 else "lower"

    @cached_property
    def has_digits(self) -> bool:
        """Whether the vocabulary has all ten digits."""
        return all(digit in self.characters for digit in "0123456789")

    @cached_property
    def scripts(self) -> frozenset[str]:
        """Scripts of the vocabulary."""
        return scripts_of("".join(self.characters))

    @cached_property
    def _single_letters(self) -> bool:
        return not self.word_pieces and self._longest <= 1

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.pieces), default=0)

    def encode(self, word: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Encode one word with the fewest symbols.

        The word is composed (NFC) and converted to the case of the vocabulary. A letter that the vocabulary lacks is
        written with its parts (é as e and an accent) or replaced by its plain form (é by e, ß by ss, æ by ae); a
        missing apostrophe is dropped, since it is not pronounced. What it lacks is written with bytes if it has them.

        Args:
            word: one spoken word, without spaces, in lower case (or in its own case for a vocabulary of both), in any
                Unicode normal form.
        Returns:
            The columns, and the characters that could not be encoded, each as often as it occurs.
        """
        pieces = self.pieces
        if self._single_letters and all(letter in pieces for letter in self._in_case(word)):
            return tuple([pieces[letter] for letter in self._in_case(word)]), ()
        text, unsupported = self._spelled(word)
        if not text:
            return (), unsupported
        if self._single_letters:
            return tuple(self.pieces[character] for character in text), unsupported
        columns, skipped = self._fewest(text)
        if skipped:
            # The pieces may contain an accent apart from its letter ("e", "\u0301s"), or a letter only within others.
            in_bytes = "".join(c if c in pieces else self._in_bytes(c) or c for c in text)
            others = (self._fewest(unicodedata.normalize("NFD", text)), self._fewest(in_bytes))
            columns, skipped = min(((columns, skipped), *others), key=lambda found: len(found[1]))
        return columns, (*unsupported, *skipped)

    def _spelled(self, word: str) -> tuple[str, tuple[str, ...]]:
        known = self.characters
        spelled: list[str] = []
        unsupported: list[str] = []
        for cluster in self._in_case(word):
            for form in foldings(cluster):
                supported = next((option for option in self._cases(form) if set(option) <= known), None)
                if supported is None and form == cluster and cluster not in APOSTROPHES:
                    supported = self._in_bytes(cluster)
                if supported is not None:
                    spelled.append(supported)
                    break
            else:
                if cluster not in APOSTROPHES:
                    unsupported.append(cluster)
        return "".join(spelled), tuple(unsupported)

    def _in_bytes(self, character: str) -> str | None:
        """A character as the spellings of its bytes, None if the vocabulary does not have them."""
        spelled = character.encode("utf-8", "replace").decode("ascii", "surrogateescape")
        return spelled if all(byte in self.pieces for byte in spelled) else None

    def _in_case(self, word: str) -> str:
        if self.case == "mixed":
            return composed(word)
        return composed(word.upper() if self.case == "upper" else word.lower())

    @staticmethod
    def _cases(form: str) -> Iterable[str]:
        return (form, form.lower(), form.upper())

    def _fewest(self, text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Shortest sequence of pieces that spells the text; among equals the one with the longer pieces first."""
        if self.word_pieces:
            text = WORD_START + text
        end = len(text)
        best: list[tuple[int, int]] = [(0, 0)] * (end + 1)  # cost from here on, length of the next piece (0: skip)
        for start in range(end - 1, -1, -1):
            skip = _START_COST if text[start] == WORD_START else _SKIP_COST
            best[start] = (best[start + 1][0] + skip, 0)
            for length in range(min(self._longest, end - start), 0, -1):
                if text[start : start + length] in self.pieces:
                    cost = best[start + length][0] + 1
                    if cost < best[start][0]:
                        best[start] = (cost, length)
        columns: list[int] = []
        skipped: list[str] = []
        place = 0
        while place < end:
            length = best[place][1]
            if length:
                columns.append(self.pieces[text[place : place + length]])
            elif text[place] != WORD_START:
                skipped.append(text[place])
            place += length or 1
        return tuple(columns), tuple(skipped)


def composed(text: str) -> str:
    """The text in Unicode's composed form (NFC), in which texts and symbols are compared."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def joined(text: str) -> str:
    """Spellings of symbols as text: bytes resolved, composed (NFC), a run of white space as one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return " ".join(text.split())


def _spelling(symbol: str) -> str:
    if _BYTES.fullmatch(symbol):
        text = bytes.fromhex("".join(re.findall("0x(..)", symbol))).decode("utf-8", "surrogateescape")
        return text if text >= " " else " "  # a control character
    return "" if SPECIAL.fullmatch(symbol) else symbol.encode("utf-8", "replace").decode("utf-8")
