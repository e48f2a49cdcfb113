"""Held-out predictions on made-up speakers, and their control: shuffled ground truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctcalign.calibration.cross_validation import cross_validate, example_confidences
from ctcalign.errors import UsageError
from tests.calibration.made_up import made_up_calibration, made_up_examples


def test_a_held_out_speaker_is_predicted_well():
    found = made_up_examples()
    checked = cross_validate(found, "made:up")
    assert checked.groups == 3
    assert checked.cues.auc > 0.95
    assert checked.cues.reliability.ece < 0.1
    assert checked.words.auc > 0.95
    assert len(checked.cues.right) == len(found)
    kept = checked.cues.kept(0.9)
    assert kept.precision > 0.9
    kinds = sum(len(part.right) for name, part in checked.parts.items() if name.startswith("kind"))
    assert kinds == len(found)


def test_shuffled_truth_teaches_nothing():
    found = made_up_examples()
    rng = np.random.default_rng(0)
    rights = rng.permutation([example.right for example in found])
    shuffled = [replace(example, right=bool(right)) for example, right in zip(found, rights, strict=True)]
    assert abs(cross_validate(shuffled, "made:up").cues.auc - 0.5) < 0.1


def test_a_single_speaker_cannot_be_held_out():
    with pytest.raises(UsageError, match="expected at least two speakers"):
        cross_validate([example for example in made_up_examples() if example.group == "speaker 1"], "made:up")


def test_each_file_has_its_own_prior_and_each_unplaced_cue_confidence_zero():
    fitted = made_up_calibration()
    own = [example for example in made_up_examples() if example.group == "speaker 3"]
    together = example_confidences(own, fitted)[0]
    noisy = np.array([example.kind == "text_noise30" for example in own])
    alone = example_confidences([example for example in own if example.kind == "text_noise30"], fitted)[0]
    assert together[noisy] == pytest.approx(alone)
    unplaced = np.array([example.inputs is None for example in own])
    assert unplaced.any()
    assert (together[unplaced] == 0.0).all()
    assert (together[~unplaced] > 0.0).all()
