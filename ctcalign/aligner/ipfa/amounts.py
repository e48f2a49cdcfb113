"""How much text: chunks of words, its proportion to a window, and what fits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LETTER = 0.08  # seconds that a character lasts
PATIENCE = 3  # times that a text may last longer than expected


def chunks(text: str, most_words: int, balanced: bool = False) -> list[str]:
    """Cut a text into pieces of at most `most_words` words.

    Words are what single spaces divide, so a double space makes an empty word that counts.

    Args:
        balanced: pieces of almost equal length, so that none of a single word is left at the end.

        >>> chunks("one two three four", 3), chunks("one two three four", 3, balanced=True)
        (['one two three', 'four'], ['one two', 'three four'])
    """
    words = text.split(" ")
    if len(words) <= most_words:
        return [text]
    if balanced:
        pieces = -(-len(words) // most_words)
        edges = [len(words) * i // pieces for i in range(pieces + 1)]
    else:
        edges = [*range(0, len(words), most_words), len(words)]
    found = (" ".join(words[a:b]).strip(" ") for a, b in pairwise(edges))
    return [piece for piece in found if piece]


def characters(texts: Sequence[str]) -> int:
    """Characters of the texts with a space between them."""
    return len(" ".join(texts))


def proportion(texts: Sequence[str], seconds: float) -> float:
    """The time that texts may take, over the time there is: below 1 there is more audio than text."""
    return characters(texts) * LETTER * PATIENCE / seconds if seconds > 0 else float("inf")


def fitting(texts: Sequence[str], frames: int) -> tuple[list[str], list[str]]:
    """Texts with fewer characters in all than there are frames.

    Returns:
        The texts kept, and the others, last one first. All are kept where not even the first one fits alone.
    """
    for kept in range(len(texts), 0, -1):
        if characters(texts[:kept]) < frames:
            return list(texts[:kept]), list(reversed(texts[kept:]))
    return list(texts), []
