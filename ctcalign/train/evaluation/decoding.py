"""Decoding of an emission to a frame path: greedy, or a beam search, with or without a language model or a guide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ctcalign import ctc
from ctcalign.checks import check_choice
from ctcalign.ctc.prefixes.beam import Hypothesis, check_beam
from ctcalign.errors import UsageError
from ctcalign.models.guide import Guide
from ctcalign.models.language_model.fusion import (
    UNKNOWN_WORD_SCORE,
    WEIGHT,
    WORD_BONUS,
    Fusion,
    beam_width,
    check_weights,
)
from ctcalign.models.language_model.n_gram import LanguageModel, WordModel
from ctcalign.models.language_model.n_gram import load_language_model as load_language_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.vocabulary import Vocabulary

DECODINGS = ("greedy", "beam")


@dataclass(frozen=True)
class Decoder:
    """Decoding options.

    Attributes:
        kind: "greedy": the best label of each frame. "beam": the text of a prefix beam search with the highest total
            CTC score; with a guide that of a label-synchronous beam search with the highest guided score; with a
            language model the one with the highest log p(text | audio) (or guided score) + lm_weight * log p(text) +
            word_bonus * words + unknown_word_score * words that the language model does not know.
        beam: prefixes kept, >= 1; None: 64 if a language model scores words in the search, else 16.
        language_model: None: without one. A `WordModel` scores words in the search; a model that scores whole texts, or
            any with a guide, chooses among the texts of the beam. See `ctcalign.models.language_model.fusion.Fusion`.
        lm_weight: >= 0.  word_bonus, unknown_word_score: nats.
        guide: None: without one.
    """

    kind: str = "greedy"
    beam: int | None = None
    language_model: LanguageModel | WordModel | None = None
    lm_weight: float = WEIGHT
    word_bonus: float = WORD_BONUS
    guide: Guide | None = None
    unknown_word_score: float = UNKNOWN_WORD_SCORE

    def __post_init__(self) -> None:
        check_choice("decode", self.kind, DECODINGS)
        if self.beam is not None:
            check_beam(self.beam)
        check_weights(self.lm_weight, self.word_bonus, self.unknown_word_score)
        if self.kind == "greedy" and self.language_model is not None:
            raise UsageError("lm: greedy decoding has no language model; use it with beam decoding")
        if self.kind == "greedy" and self.guide is not None:
            raise UsageError("guide: greedy decoding has no guide; use it with beam decoding")

    @classmethod
    def of(cls, fusion: Fusion, beam: int | None = None, guide: Guide | None = None) -> Decoder:
        """Beam decoding with a language model and its weights."""
        return cls("beam", beam, fusion.model, fusion.weight, fusion.bonus, guide, fusion.unknown_word_score)

    @cached_property
    def fusion(self) -> Fusion | None:
        """The language model with its weights."""
        if self.language_model is None:
            return None
        return Fusion(self.language_model, self.lm_weight, self.word_bonus, self.unknown_word_score)

    @property
    def in_search(self) -> bool:
        """Whether the language model scores words in the search; else it rescores the texts of the beam."""
        return self.fusion is not None and self.fusion.first_pass and self.guide is None

    @property
    def width(self) -> int:
        """Prefixes kept."""
        return beam_width(self.beam, self.fusion, self.guide is not None)

    def about(self) -> dict[str, Any]:
        """The options, for JSON."""
        found: dict[str, Any] = {"decode": self.kind}
        if self.kind == "beam":
            found["beam"] = self.width
        if self.fusion is not None:
            found |= {**self.fusion.about(), "lm_in_search": self.in_search}
        return found if self.guide is None else {**found, **self.guide.about()}

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
        best = self._found(emission, vocabulary, log_probs_of)[0]
        if not best.tokens:
            return np.full(len(emission), vocabulary.blank, np.int64)
        return np.asarray(ctc.best_path(emission, list(best.tokens), blank=vocabulary.blank).path, np.int64)

    def _found(
        self,
        emission: Tensor,
        vocabulary: Vocabulary,
        log_probs_of: Callable[[AcousticModel], npt.NDArray[np.floating]] | None,
    ) -> list[Hypothesis]:
        """The texts of the beam, best first."""
        if self.guide is not None:
            if log_probs_of is None:
                raise UsageError("log_probs_of: missing; a guide needs the log-probs of its models")
            found = self.guide.search(emission.numpy(), log_probs_of, vocabulary, self.width)
        elif self.fusion is not None and self.in_search:
            return self.fusion.search(emission.numpy(), vocabulary, self.width)
        else:
            found = ctc.nbest(emission[None], self.width, None, vocabulary.blank, self.width)[0]
        return found if self.fusion is None else self.fusion.rescored(found, vocabulary)
