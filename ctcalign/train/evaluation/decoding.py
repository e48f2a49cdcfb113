"""Decoding of an emission to a frame path: greedy, or a beam search, with or without a language model or a guide."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ctcalign import ctc
from ctcalign.checks import check_choice, check_count, check_number
from ctcalign.errors import UsageError
from ctcalign.models.guide import Guide
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.training.tokenizers import text_of
from ctcalign.text.vocabulary import Vocabulary

DECODINGS = ("greedy", "beam")


class LanguageModel(Protocol):
    """Scores whole texts, as kenlm's models do."""

    def score(self, sentence: str, bos: bool = True, eos: bool = True) -> float:
        """log10 of the probability of a text, its words separated by one space."""
        ...


@dataclass
class Decoder:
    """Decoding options.

    Attributes:
        kind: "greedy": the best label of each frame. "beam": the text of a prefix beam search with the highest total
            CTC score; with a guide that of a label-synchronous beam search with the highest guided score; with a
            language model the one of these texts with the highest
            log p(text | audio) (or guided score) + lm_weight * log p(text) + word_bonus * words.
        beam: prefixes kept, >= 1.
        language_model: None: without one.
        lm_weight: >= 0.  word_bonus: nats.
        guide: None: without one.
    """

    kind: str = "greedy"
    beam: int = 16
    language_model: LanguageModel | None = None
    lm_weight: float = 0.5
    word_bonus: float = 0.0
    guide: Guide | None = None

    def __post_init__(self) -> None:
        check_choice("decode", self.kind, DECODINGS)
        check_count("beam", self.beam)
        check_number("lm_weight", self.lm_weight)
        if not math.isfinite(self.word_bonus):
            raise UsageError(f"word_bonus: got {self.word_bonus}, expected a finite number")
        if self.kind == "greedy" and self.language_model is not None:
            raise UsageError("lm: greedy decoding has no language model; use it with beam decoding")
        if self.kind == "greedy" and self.guide is not None:
            raise UsageError("guide: greedy decoding has no guide; use it with beam decoding")

    def path(
        self,
        emission: Tensor,
        vocabulary: Vocabulary,
        log_probs_of: Callable[[AcousticModel], npt.NDArray[np.floating]] | None = None,
    ) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The path (T,) of the decoded text from an emission (T, C) on the CPU; of a beam's text its best alignment.

        Args:
            log_probs_of: with a guide, the log-probs of its models on the same audio.
        """
        if self.kind == "greedy" or not len(emission):
            return np.asarray(emission.argmax(-1).numpy(), np.int64)
        if self.guide is None:
            found = ctc.nbest(emission[None], self.beam, None, vocabulary.blank, self.beam)[0]
        else:
            if log_probs_of is None:
                raise UsageError("log_probs_of: missing; a guide needs the log-probs of its models")
            found = self.guide.search(emission.numpy(), log_probs_of, vocabulary, self.beam)
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
    """An n-gram model from an ARPA file or kenlm's binary format.

    Raises:
        UsageError: there is no such file, it cannot be read, or kenlm is not installed.
    """
    if not Path(file).is_file():
        raise UsageError(f"lm: there is no n-gram model {file}")
    try:
        kenlm: Any = import_module("kenlm")
    except ImportError:
        raise UsageError("lm: reading n-gram models needs kenlm; pip install kenlm, or decode without --lm") from None
    try:
        model: LanguageModel = kenlm.Model(file)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"lm: {file} cannot be read as ARPA or kenlm's binary format ({error})") from error
    return model
