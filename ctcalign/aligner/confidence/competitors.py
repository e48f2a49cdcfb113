"""Comparison of a word with competing words in the same frames.

A weak recogniser also gives low scores to words that are spoken, so the score of a word is compared with the scores of
other words in its frames: a spoken word scores higher than nearly all others of its length, a word that is not spoken
does not. The competitors are the other words of the same captions; if these are few, their reversals are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.kernels import compared
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

COMPETITORS = 48  # compared with each word
FEW = 40  # distinct words; with fewer, the reversed words are competitors too


@dataclass(frozen=True)
class Competitors:
    """The distinct words of a recording, ordered by length.

    Attributes:
        symbols: of all words, concatenated; word w is symbols[begins[w] : begins[w + 1]].
        numbers: index of each word.
    """

    symbols: I64
    begins: I64
    numbers: dict[tuple[int, ...], int]

    def of(self, word: tuple[int, ...]) -> I64:
        """Numbers of about COMPETITORS other words of nearly the same length."""
        own = self.numbers[word]
        count = len(self.numbers)
        low = max(0, min(own - COMPETITORS // 2, count - COMPETITORS - 1))
        near = np.arange(low, min(count, low + COMPETITORS + 1))
        return np.asarray(near[near != own], np.int64)


def competitors_of(words: Sequence[Sequence[int]]) -> Competitors:
    """Competitors from the symbols of all words of a recording; repetitions are merged."""
    known = {tuple(word): None for word in words}
    if len(known) < FEW:
        known |= {word[::-1]: None for word in list(known)}
    ordered = sorted(known, key=lambda word: (len(word), _hash(word)))
    begins = np.concatenate([[0], np.cumsum([len(word) for word in ordered])]).astype(np.int64)
    symbols = np.array([label for word in ordered for label in word], np.int64)
    return Competitors(symbols, begins, {word: number for number, word in enumerate(ordered)})


def _hash(word: tuple[int, ...]) -> int:
    """Sort key that separates words with a common beginning; the same on every machine."""
    value = 0
    for label in word:
        value = (value * 1_000_003 + label + 1) % 2_147_483_647
    return value


def against_competitors(
    emission: Emission, known: Competitors, words: Sequence[Sequence[int]], places: Sequence[tuple[int, int]]
) -> F64:
    """Compare each word with its competitors in the same frames.

    Args:
        known: competitors from all words of the recording, `words` among them.
        words: symbols of each word.
        places: frames [low, high) for each word, with nothing but the word and silence in them.
    Returns:
        (n, 3): margin to the best competitor in nats, at most WORST in size; distance to the mean of the competitors in
        standard deviations, at most 6; fraction of the competitors that score better.
    """
    if not words:
        return np.zeros((0, 3))
    blank, separator = emission.vocabulary.blank, emission.vocabulary.separator
    low, high = np.array(places, np.int64).T
    first = int(low.min())
    rows = np.ascontiguousarray(emission.log_probs[first : max(first, int(high.max()))], np.float32)
    quiet = rows[:, blank].astype(np.float64)
    if separator is not None:
        quiet = np.maximum(quiet, rows[:, separator])
    chosen = [known.of(tuple(word)) for word in words]
    counts = np.array([len(others) for others in chosen], np.int64)
    own = np.array([known.numbers[tuple(word)] for word in words], np.int64)
    others = np.concatenate(chosen)
    return compared(rows, quiet, known.symbols, known.begins, low - first, high - first, own, others, counts, blank)
