"""How a word compares with other words in its place.

A recogniser that misspells gives bad marks to words that are said, too. What another word would get in the same place
tells more: a word that is said beats nearly all others of its length, a word that is not said is one of them. The
rivals are the other words of the same captions, and where these are few, their letters backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.competitor_kernels import word_scores
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

RIVALS = 48
FEW = 40  # distinct words, below which their letters backwards are rivals too
SLACK = 10  # frames before a word's first symbol and behind its last that are looked at
WORST = 60.0


@dataclass(frozen=True)
class Rivals:
    """The words of a recording, each once, ordered by their length.

    Attributes:
        symbols: of all words one behind the other; word w is symbols[begins[w] : begins[w + 1]].
        numbers: place of each word.
    """

    symbols: I64
    begins: I64
    numbers: dict[tuple[int, ...], int]

    def of(self, word: tuple[int, ...]) -> I64:
        """The numbers of about RIVALS words of nearly the same length; not its own."""
        own = self.numbers[word]
        count = len(self.numbers)
        low = max(0, min(own - RIVALS // 2, count - RIVALS - 1))
        near = np.arange(low, min(count, low + RIVALS + 1))
        return np.asarray(near[near != own], np.int64)


def rivals(words: Sequence[Sequence[int]]) -> Rivals:
    """From the symbols of all words, repeated as they are."""
    known = {tuple(word): None for word in words}
    if len(known) < FEW:
        known |= {word[::-1]: None for word in list(known)}
    ordered = sorted(known, key=lambda word: (len(word), _scattered(word)))
    begins = np.concatenate([[0], np.cumsum([len(word) for word in ordered])]).astype(np.int64)
    symbols = np.array([label for word in ordered for label in word], np.int64)
    return Rivals(symbols, begins, {word: number for number, word in enumerate(ordered)})


def _scattered(word: tuple[int, ...]) -> int:
    """An order in which words that begin alike do not lie together, the same on every machine."""
    value = 0
    for label in word:
        value = (value * 1_000_003 + label + 1) % 2_147_483_647
    return value


def against_rivals(
    emission: Emission, known: Rivals, words: Sequence[Sequence[int]], places: Sequence[tuple[int, int]]
) -> F64:
    """Of each word in its place: (n, 3).

    The columns are how many nats the word is better than the best of its rivals, how many deviations better than their
    mean, and the share of its rivals that are better than it.

    Args:
        places: frames [low, high) in which nothing but the word is said.
    """
    blank, separator = emission.vocabulary.blank, emission.vocabulary.separator
    found = np.zeros((len(words), 3))
    for number, (word, (low, high)) in enumerate(zip(words, places, strict=True)):
        if high <= low:
            found[number] = -WORST, -3.0, 1.0
            continue
        rows = np.ascontiguousarray(emission.log_probs[low:high], np.float32)
        quiet = rows[:, blank].astype(np.float64)
        if separator is not None:
            quiet = np.maximum(quiet, rows[:, separator])
        own = known.numbers[tuple(word)]
        others = known.of(tuple(word))
        scores = word_scores(rows, quiet, known.symbols, known.begins, np.append(own, others), blank)
        mine, rest = float(scores[0]), scores[1:][np.isfinite(scores[1:])]
        if not np.isfinite(mine):
            found[number] = -WORST, -3.0, 1.0
        elif rest.size < 2:
            found[number] = WORST, 3.0, 0.0
        else:
            spread = max(float(rest.std()), 1.0)
            found[number] = (
                np.clip(mine - rest.max(), -WORST, WORST),
                np.clip((mine - rest.mean()) / spread, -6.0, 6.0),
                float((rest > mine).mean()),
            )
    return found
