"""A language model in the beam search of a recogniser: shallow fusion at the ends of words, or rescoring."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.checks import check_number
from ctcalign.ctc.fused.search import fused_beam_search
from ctcalign.ctc.prefixes.beam import Hypothesis, prefixes_kept
from ctcalign.errors import UsageError
from ctcalign.models.language_model.n_gram import LanguageModel, NGram, WordModel, word_model
from ctcalign.models.language_model.words import TO_NATS, ScoredWords
from ctcalign.text.vocabulary import Vocabulary

# Chosen on 120 synthetic utterances and 16 of LJ Speech, with the n-gram model of egs/mini_en/objectives without their
# texts: grid of 0.3, 0.5, 0.7, 1 and 0, 1, 2 and 0, -5, -10.
WEIGHT = 0.5
WORD_BONUS = 1.0
UNKNOWN_WORD_SCORE = -10.0
MOST = 1e6  # of a weight: sums of scores stay finite, and differences of the audio count
PLAIN_BEAM, FUSED_BEAM = 16, 64  # prefixes kept, without and with scores of words in the search


def check_weights(weight: float, bonus: float, unknown_word_score: float) -> None:
    """Raise UsageError unless the weights of a language model are finite and not absurd, and the first one >= 0."""
    check_number("lm_weight", weight, below=MOST)
    for name, value in (("word_bonus", bonus), ("unknown_word_score", unknown_word_score)):
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float, np.integer, np.floating))
            or not -MOST < value < MOST
        ):
            raise UsageError(f"{name}: got {value!s:.40}, expected a finite number > {-MOST:g} and < {MOST:g}")


@dataclass
class Fusion:
    """A language model and its weights.

    The score of a text is log p(text | audio) + weight * log p(text) + bonus * words + unknown_word_score * words that
    the model does not know. A `WordModel`, such as an n-gram model of kenlm, scores the words in the search; the beam
    is pruned by the sum. A model that scores whole texts only chooses among the texts of a prefix beam search, and all
    words are known to it.

    Attributes:
        model: the language model; a kenlm.Model becomes an `NGram`.
        weight: >= 0.  bonus, unknown_word_score: nats per word; finite.
    """

    model: LanguageModel | WordModel
    weight: float = WEIGHT
    bonus: float = WORD_BONUS
    unknown_word_score: float = UNKNOWN_WORD_SCORE
    _words: tuple[Vocabulary, ScoredWords] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_weights(self.weight, self.bonus, self.unknown_word_score)
        self.weight, self.bonus = float(self.weight), float(self.bonus)
        self.unknown_word_score = float(self.unknown_word_score)
        self.model = word_model(self.model)
        if not self.first_pass and not callable(getattr(self.model, "score", None)):
            kind = type(self.model).__name__
            raise UsageError(f"lm: got {kind}, expected a model with known, start, word and end, or with score(text)")

    @property
    def first_pass(self) -> bool:
        """Whether the model scores words in the search."""
        return isinstance(self.model, WordModel)

    def about(self) -> dict[str, Any]:
        """The file of the model (of another model its class) and the weights, for JSON."""
        return {
            "lm": self.model.name if isinstance(self.model, NGram) else type(self.model).__name__,
            "lm_weight": self.weight,
            "word_bonus": self.bonus,
            "unknown_word_score": self.unknown_word_score,
        }

    def search(self, log_probs: npt.NDArray[np.floating], vocabulary: Vocabulary, beam: int) -> list[Hypothesis]:
        """The best texts of an emission (T, C), with their scores; at least one.

        Raises: as `fused_beam_search`.
        """
        if self.first_pass:
            return fused_beam_search(log_probs, self._scored(vocabulary), beam, vocabulary.blank)
        rows = np.asarray(log_probs)
        return self.rescored((Hypothesis(*one) for one in prefixes_kept(rows, beam, vocabulary.blank)), vocabulary)

    def rescored(self, found: Iterable[Hypothesis], vocabulary: Vocabulary) -> list[Hypothesis]:
        """Texts with the score of the language model added, best first; of equal ones the first ones first."""
        texts = [Hypothesis(one.tokens, one.score + self._prior(one.tokens, vocabulary)) for one in found]
        return sorted(texts, key=lambda one: -one.score)

    def _prior(self, labels: tuple[int, ...], vocabulary: Vocabulary) -> float:
        if isinstance(self.model, WordModel):
            return self._scored(vocabulary).text(labels)
        text = vocabulary.text(labels)
        score = self.weight * self.model.score(text) * TO_NATS if self.weight else 0.0
        if math.isnan(score) or score == math.inf:
            raise UsageError(f"lm: got {score} as the score of a text, expected a finite number or -inf")
        return score + self.bonus * len(text.split())

    def _scored(self, vocabulary: Vocabulary) -> ScoredWords:
        """The scores of words; those of the last vocabulary are kept."""
        kept = self._words  # another thread may replace it
        if kept is None or kept[0] != vocabulary:
            assert isinstance(self.model, WordModel)
            words = ScoredWords(self.model, vocabulary, self.weight, self.bonus, self.unknown_word_score)
            kept = self._words = vocabulary, words
        return kept[1]


def beam_width(beam: int | None, fusion: Fusion | None, guided: bool) -> int:
    """Prefixes kept; the default if `beam` is None. `guided`: the search has a guide, the language model rescores."""
    if beam is not None:
        return beam
    return FUSED_BEAM if fusion is not None and fusion.first_pass and not guided else PLAIN_BEAM
