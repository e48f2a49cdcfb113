"""Utterances that cannot be trained on."""

from __future__ import annotations

import torch

from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.train.data.batch import REASONS, SPARE, Batch, frames_needed, select


def test_what_cannot_be_trained_on_is_left_out():
    texts = ["ab", "abba", "a?", "ab", "ab", "", "a"]
    batch = Batch(torch.zeros(7, 9, 80), torch.full((7,), 9), texts, list("tuvwxyz"))
    batch.reasons = ["", "", "", "unreadable", SPARE, "untranscribed", ""]
    frames = torch.tensor([2, 4, 9, 9, 9, 9, 0])
    assert frames_needed([1, 2, 2, 1]) == 5
    found, skipped = select(batch, torch.zeros(7, 9, 3), frames, CharacterTokenizer("ab"))
    assert found is not None
    assert found.ids == ["t"]
    assert found.targets.tolist() == [[1, 2]]
    assert skipped == {"unreadable": 1, "untranscribed": 1, "partial": 0, "unsayable": 1, "too_short": 2}
    assert tuple(skipped) == REASONS
    nothing, _ = select(batch, torch.zeros(7, 9, 3), torch.zeros(7, dtype=torch.int64), CharacterTokenizer("ab"))
    assert nothing is None


def test_half_precision_makes_no_utterance_unreadable():
    """The sum of loud features is beyond the range of float16."""
    batch = Batch(torch.full((2, 1000, 80), -9.0), torch.tensor([1000, 1000]), ["a", "b"], ["x", "y"])
    batch.inputs = batch.inputs.half()
    assert batch.without_nan().reason(0) == ("", "")
    batch.inputs[1, 7, 3] = float("inf")
    assert [batch.without_nan().reason(place)[0] for place in range(2)] == ["", "unreadable"]
