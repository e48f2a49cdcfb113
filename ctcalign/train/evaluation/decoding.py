"""From an emission to a text and the times of its tokens: greedy, prefix beam, with or without a language model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from ctcalign import ctc
from ctcalign.errors import UsageError
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.tokenizers import text_of

DECODINGS = ("greedy", "beam")


class LanguageModel(Protocol):
    """Scores whole texts, as kenlm's models do."""

    def score(self, sentence: str, bos: bool = True, eos: bool = True) -> float:
        """Logarithm to base 10 of the probability of a text, its words apart by one space."""
        ...


@dataclass
class Decoder:
    """How texts are found.

    Attributes:
        kind: "greedy": the best label of each frame. "beam": of the texts of a prefix beam search the one with the best
            total CTC score, or with a language model the best of
            log p(text | sound) + lm_weight * log p(text) + word_bonus * words.
        beam: prefixes that are kept, >= 1.
        language_model: None: without.  lm_weight, word_bonus: nats.
    """

    kind: str = "greedy"
    beam: int = 16
    language_model: LanguageModel | None = None
    lm_weight: float = 0.5
    word_bonus: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in DECODINGS:
            raise UsageError(f"decode: expected {' or '.join(DECODINGS)}, got {self.kind!r}")
        if self.beam < 1 or not self.lm_weight >= 0 or not math.isfinite(self.word_bonus):
            raise UsageError(
                f"decode: expected a beam of 1 or more, an lm_weight of 0 or more and a finite word_bonus, got "
                f"{self.beam}, {self.lm_weight} and {self.word_bonus}"
            )
        if self.kind == "greedy" and self.language_model is not None:
            raise UsageError("lm: a language model chooses among the texts of a beam; use it with beam decoding")

    def path(self, emission: Tensor, vocabulary: Vocabulary) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The frame path of what is said, (T,), from an emission (T, C) on the processor.

        The path of a beam's text is the best alignment of that text.
        """
        if self.kind == "greedy" or not len(emission):
            return np.asarray(emission.argmax(-1).numpy(), np.int64)
        found = ctc.nbest(emission[None], self.beam, None, vocabulary.blank, self.beam)[0]
        best = max(found, key=lambda one: one.score + self._prior(text_of(vocabulary, one.tokens)))
        if not best.tokens:
            return np.full(len(emission), vocabulary.blank, np.int64)
        return np.asarray(ctc.best_path(emission, list(best.tokens), blank=vocabulary.blank).path, np.int64)

    def _prior(self, text: str) -> float:
        if self.language_model is None:
            return 0.0
        score = self.language_model.score(text, bos=True, eos=True) * math.log(10)
        return self.lm_weight * score + self.word_bonus * len(text.split())


def load_language_model(file: str) -> LanguageModel:
    """An n-gram model, ARPA or kenlm's binary.

    Raises:
        UsageError: no such file, it cannot be read, or kenlm is not installed.
    """
    if not Path(file).is_file():
        raise UsageError(f"lm: there is no n-gram model {file}")
    try:
        kenlm: Any = import_module("kenlm")
    except ImportError:
        raise UsageError(
            "lm: n-gram models are read by kenlm, which is not installed; pip install kenlm, or decode without --lm"
        ) from None
    try:
        model: LanguageModel = kenlm.Model(file)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"lm: {file} cannot be read as ARPA or kenlm's binary ({error})") from error
    return model
