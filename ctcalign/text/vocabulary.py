"""The symbols a CTC model can say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Output symbols of a model, in the order of its columns.

    `separator` is the column that stands between words ("|" or " "), None when there is none. Word-piece vocabularies
    (`word_pieces`) mark the first piece of a word with "\u2581" instead.
    """

    symbols: tuple[str, ...]
    blank: int = 0
    separator: int | None = None
    unknown: int | None = None
    word_pieces: bool = False

    def __len__(self) -> int:
        return len(self.symbols)
