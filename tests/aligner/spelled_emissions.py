"""Synthetic emissions: every letter is a spike at a known time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctcalign.emission.emission import Emission
from ctcalign.text.vocabulary import Vocabulary

LETTERS = "abcdefghijklmnop"
VOCABULARY = Vocabulary(("-", "|", *LETTERS), blank=0, separator=1)
SHIFT = 0.02


def words_of(text: str) -> list[list[int]]:
    return [[VOCABULARY.symbols.index(letter) for letter in word] for word in text.split()]


@dataclass
class Talk:
    """Builds an emission from spoken texts; `times` are (start, end) of those spoken by `cue`."""

    seed: int = 0
    labels: list[int] = field(default_factory=list)
    times: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def sentence(self, words: int = 8) -> str:
        lengths = self.rng.integers(3, 9, words)
        return " ".join("".join(self.rng.choice(list(LETTERS), size)) for size in lengths)

    def pause(self, seconds: float) -> Talk:
        self.labels += [0] * round(seconds / SHIFT)
        return self

    def say(self, text: str) -> tuple[float, float]:
        start = len(self.labels)
        for word in text.split():
            for letter in word:
                self.labels += [VOCABULARY.symbols.index(letter), *[0] * int(self.rng.integers(1, 5))]
            self.labels += [1, 0, 0]
        self.pause(0.4)
        return start * SHIFT, (len(self.labels) - 23) * SHIFT

    def cue(self, text: str) -> str:
        self.times.append(self.say(text))
        return text

    def emission(self, sure: float = 0.9) -> Emission:
        frames, classes = len(self.labels), len(VOCABULARY)
        logits = self.rng.normal(size=(frames, classes)).astype(np.float32)
        logits[np.arange(frames), self.labels] += np.log(sure / (1 - sure) * classes) + 3
        log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return Emission(log_probs, SHIFT, 0.0, VOCABULARY, frames * SHIFT)
