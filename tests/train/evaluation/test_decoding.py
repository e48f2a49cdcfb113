"""Decoding by best path, total score, and with a language model."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ctcalign.ctc import collapse
from ctcalign.errors import UsageError
from ctcalign.models.language_model.fusion import Fusion
from ctcalign.models.training.tokenizers import text_of
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.evaluation.decoding import Decoder


def test_the_total_of_alignments_and_a_language_model_choose():
    """The best path says "a"; more alignments say "b"; the language model likes "z z"."""
    probabilities = np.array([[0.4, 0.05, 0.3, 0.25], [0.4, 0.05, 0.3, 0.25]]) @ np.eye(4)
    emission = torch.tensor(probabilities).log()
    vocabulary = Vocabulary(("_", " ", "b", "z"), separator=1)
    assert Decoder().path(emission, vocabulary).tolist() == [0, 0]  # silence, 0.16
    assert set(Decoder("beam").path(emission, vocabulary).tolist()) - {0} == {2}  # b: 0.33

    class Likes:
        def score(self, sentence: str, bos: bool = True, eos: bool = True) -> float:
            return 0.0 if sentence == "z" else -1.0

    liked = Decoder("beam", language_model=Likes(), lm_weight=1.0).path(emission, vocabulary)
    assert set(liked.tolist()) - {0} == {3}
    little = Decoder("beam", language_model=Likes(), lm_weight=0.01).path(emission, vocabulary)
    assert set(little.tolist()) - {0} == {2}
    assert Decoder("beam", word_bonus=math.log(9)).kind == "beam"
    for wrong, message in (
        ({"kind": "best"}, "expected one of greedy, beam"),
        ({"beam": 0}, "beam: got 0, expected 1 to 1,000,000 prefixes"),
        ({"language_model": Likes()}, "use it with beam decoding"),
    ):
        with pytest.raises(UsageError, match=message):
            Decoder(**wrong)


class Pairs:
    """Knows "b z", and scores one word after the other."""

    known = frozenset({"b", "z"})

    def start(self) -> str:
        return "<s>"

    def word(self, history: str, word: str) -> tuple[float, str]:
        return (-0.1 if (history, word) in {("<s>", "b"), ("b", "z")} else -3.0), word

    def end(self, history: str) -> float:
        return 0.0


def test_a_model_of_words_is_part_of_the_search():
    probabilities = np.full((3, 4), 0.01)
    for t, (likely, other) in enumerate(((2, 3), (1, 0), (2, 3))):
        probabilities[t, [likely, other]] = 0.58, 0.4
    emission, vocabulary = torch.tensor(probabilities).log(), Vocabulary(("_", " ", "b", "z"), separator=1)
    plain = Decoder("beam")
    assert text_of(vocabulary, collapse(plain.path(emission, vocabulary), 0)) == "b b"
    fused = Decoder("beam", language_model=Pairs())
    assert text_of(vocabulary, collapse(fused.path(emission, vocabulary), 0)) == "b z"
    assert fused.about() == {
        "decode": "beam",
        "beam": 64,
        "lm": "Pairs",
        "lm_weight": 0.5,
        "word_bonus": 1.0,
        "unknown_word_score": -10.0,
        "lm_in_search": True,
    }
    assert Decoder("beam", 3, Pairs()).width == 3
    assert plain.about() == {"decode": "beam", "beam": 16}
    assert Decoder().about() == {"decode": "greedy"}
    assert fused.path(emission[:0], vocabulary).tolist() == []
    again = Decoder.of(Fusion(Pairs(), 0.1, 0.2, -0.3), 5)
    assert again == Decoder("beam", 5, again.language_model, 0.1, 0.2, None, -0.3)
    for wrong, message in (
        ({"lm_weight": -1.0}, "lm_weight: got -1.0"),
        ({"word_bonus": math.nan}, "word_bonus: got nan"),
        ({"unknown_word_score": math.inf}, "unknown_word_score: got inf"),
    ):
        with pytest.raises(UsageError, match=message):
            Decoder("beam", language_model=Pairs(), **wrong)
