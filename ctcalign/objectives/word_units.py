"""Word boundaries and spelling of the labels of a vocabulary, as tables for the compiled kernels over texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ctcalign.checks import check_choice
from ctcalign.errors import BatchError, UsageError

WORD_START = "\u2581"
SEPARATORS = (" ", "|", WORD_START)
UNITS = ("auto", "characters", "word_pieces")


@dataclass(frozen=True)
class WordUnits:
    """Tables over the labels of a vocabulary.

    Attributes:
        separates: whether a label is a separator between words, (C,) bool.
        begins: whether a label begins a word, (C,) bool.
        codes, offsets: concatenated characters of all labels, and the offset of each label's first one, (C + 1,).
    """

    separates: NDArray[np.bool_]
    begins: NDArray[np.bool_]
    codes: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @property
    def classes(self) -> int:
        return len(self.separates)

    def arrays(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
        """The tables as arguments of the kernels."""
        return self.separates, self.begins, self.codes, self.offsets


def word_units(vocabulary: Sequence[str], units: str = "auto", separator: str | None = None) -> WordUnits:
    """Tables of a vocabulary for texts made of words.

    Args:
        vocabulary: the symbol of each label.
        units: "characters": words are separated by a symbol. "word_pieces": the first piece of a word begins with
            "\u2581". "auto": word pieces if a symbol of several characters begins with that mark.
        separator: the symbol between words; None takes the first of " ", "|" and "\u2581" in the vocabulary.
    Raises:
        UsageError: empty vocabulary, or no symbol that separates words.
    """
    check_choice("units", units, UNITS)
    if isinstance(vocabulary, str) or not isinstance(vocabulary, Sequence):
        raise UsageError(f"vocabulary: expected the symbols of the labels, got {type(vocabulary).__name__}")
    if not all(isinstance(symbol, str) for symbol in vocabulary):
        raise UsageError("vocabulary: expected texts, got other values among them")
    return _tables(tuple(vocabulary), units, separator)


@lru_cache(maxsize=16)
def label_units(classes: int) -> WordUnits:
    """Tables in which every label is a word."""
    nothing, everything = np.zeros(classes, np.bool_), np.ones(classes, np.bool_)
    return WordUnits(nothing, everything, np.arange(classes), np.arange(classes + 1))


@lru_cache(maxsize=16)
def _tables(vocabulary: tuple[str, ...], units: str, separator: str | None) -> WordUnits:
    if not vocabulary:
        raise UsageError("vocabulary: it is empty; pass the symbol of each label to work on words")
    if units == "auto":
        pieces = any(len(symbol) > 1 and symbol.startswith(WORD_START) for symbol in vocabulary)
        units = "word_pieces" if pieces else "characters"
    if units == "word_pieces":
        begins = np.array([symbol.startswith(WORD_START) for symbol in vocabulary])
        separates = np.zeros(len(vocabulary), np.bool_)
        written = [symbol.replace(WORD_START, "") for symbol in vocabulary]
        if not begins.any():
            raise UsageError(
                f"units: no symbol begins with {WORD_START!r}, which marks the first word piece; use characters"
            )
    else:
        between = next((one for one in SEPARATORS if one in vocabulary), None) if separator is None else separator
        if between not in vocabulary:
            raise UsageError(
                f"separator: got {separator!r}, but the vocabulary has no such symbol between words; name its "
                "separator, or work on single labels (minimum_cer, unit='labels')"
            )
        separates = np.array([symbol == between for symbol in vocabulary])
        begins = np.zeros(len(vocabulary), np.bool_)
        written = list(vocabulary)
    codes = np.array([ord(character) for character in "".join(written)], np.int64)
    offsets = np.cumsum([0, *map(len, written)])
    return WordUnits(separates, begins, codes, offsets.astype(np.int64))


def flat_references(references: Sequence[Sequence[int]], classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Concatenated labels of all references, and the offset of each, (B + 1,).

    Raises:
        BatchError: a label outside the vocabulary.
    """
    rows = [np.asarray(reference, np.int64).reshape(-1) for reference in references]
    flat = np.concatenate(rows)
    check_labels("reference", flat, classes)
    return flat, np.cumsum([0, *map(len, rows)]).astype(np.int64)


def check_labels(name: str, labels: NDArray[np.int64], classes: int) -> None:
    """Labels must be in [0, classes), since the kernels do not check it."""
    if labels.size and not (0 <= labels.min() and labels.max() < classes):
        raise BatchError(
            f"{name}: labels from {labels.min()} to {labels.max()}, but the vocabulary has {classes} symbols; "
            "pass the vocabulary of this model"
        )
