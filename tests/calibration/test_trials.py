"""Labelled examples from alignments of erroneous captions."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.calibration.trials import UNKNOWN, trials
from ctcalign.calibration.truth import Utterance
from ctcalign.errors import CaptionError
from tests.calibration.made_up import MadeUpModel, made_up_examples, transcribed


def test_examples_of_exact_text_are_right_and_wrong_ones_are_not():
    found = made_up_examples()
    kinds = {example.kind for example in found}
    assert {"exact", "text_noise30", "extra", "mixed"} <= kinds
    exact = [example for example in found if example.kind == "exact"]
    assert all(example.right for example in exact)
    assert all((example.spoken == 1).all() and (example.whole == 1).all() for example in exact)
    noisy = [example for example in found if example.kind == "text_noise30"]
    assert sum(example.right for example in noisy) < len(noisy) / 2
    assert any((example.spoken == 0).any() for example in noisy)
    assert any((example.whole == 0).any() for example in noisy)


def test_a_gap_is_known_only_between_spoken_words():
    for example in made_up_examples():
        if example.inputs is not None and len(example.spoken) > 1:
            both = (example.spoken[:-1] == 1) & (example.spoken[1:] == 1)
            assert np.array_equal(example.whole != UNKNOWN, both)


def test_verbatim_text_that_is_not_recognised_is_an_error():
    emission, _ = transcribed(6, cues=2)
    texts = [Utterance("ponm " * 200, 1.0, 2.0)]
    with pytest.raises(CaptionError):
        list(trials(emission, texts, "speaker", MadeUpModel(), "en", kinds=("exact",)))
