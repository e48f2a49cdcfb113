"""Amounts of text: chunks of words, the duration of a text relative to a window, and the texts that fit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LETTER = 0.08  # seconds per character
PATIENCE = 3  # factor by which a text may last longer than expected


def chunks(text: str, most_words: int, balanced: bool = False) -> list[str]:
    """Split a text into chunks of at most `most_words` words.

    Words are separated by single spaces, so a double space makes an empty word, which counts.

    Args:
        balanced: chunks of almost equal length, so that no single word is left at the end.

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
    """The longest duration of the texts over the given time: below 1 there is more audio than text."""
    return characters(texts) * LETTER * PATIENCE / seconds if seconds > 0 else float("inf")


def fitting(texts: Sequence[str], frames: int) -> tuple[list[str], list[str]]:
    """The first texts whose characters are fewer than the frames.

    Returns:
        The texts that fit, and the others, last one first. All are kept if not even the first one fits.
    """
    for kept in range(len(texts), 0, -1):
        if characters(texts[:kept]) < frames:
            return list(texts[:kept]), list(reversed(texts[kept:]))
    return list(texts), []
