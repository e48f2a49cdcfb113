"""Decoding by best path, total score, and with a language model."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.evaluation.decoding import Decoder, load_language_model


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
        ({"beam": 0}, "beam: got 0, expected a whole number >= 1"),
        ({"language_model": Likes()}, "use it with beam decoding"),
    ):
        with pytest.raises(UsageError, match=message):
            Decoder(**wrong)


def test_language_models_that_are_none(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="there is no n-gram model"):
        load_language_model(str(tmp_path / "none.arpa"))
    (tmp_path / "some.arpa").write_text("x")
    monkeypatch.setitem(sys.modules, "kenlm", None)
    with pytest.raises(UsageError, match="pip install kenlm"):
        load_language_model(str(tmp_path / "some.arpa"))
