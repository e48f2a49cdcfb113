"""Confidences of hits: the formula, its files, and the calibration of each model."""

from __future__ import annotations

import json
import math

import pytest

from ctcalign.errors import UsageError
from ctcalign.search.confidence import FALLBACK, PhraseCalibration, calibration_for, read_calibration
from ctcalign.search.evidence import FEATURES


def test_confidence_is_the_logistic_of_its_weights():
    calibration = PhraseCalibration("m", 1.0, {"score": 2.0, "errors": -1.0})
    features = dict.fromkeys(FEATURES, 0.0) | {"score": -0.5, "errors": 0.25}
    assert calibration.confidence(features) == pytest.approx(1 / (1 + math.exp(0.25)))
    assert calibration.confidence(features | {"score": -1e4}) < 1e-9


def test_a_calibration_goes_to_a_file_and_back(tmp_path):
    calibration = PhraseCalibration("m", 1.0, {"score": 2.0}, "by hand")
    (tmp_path / "c.json").write_text(json.dumps(calibration.to_dict()), encoding="utf-8")
    assert read_calibration(tmp_path / "c.json") == calibration


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        ("{", "not valid JSON"),
        ("[]", "expected the format ctcalign/search-calibration/1, got an empty file or list"),
        ('{"format": "ctcalign/search-calibration/1", "bias": 1}', "bias and weights must be numbers"),
        ('{"format": "ctcalign/search-calibration/1", "bias": 1, "weights": {"score": NaN}}', "must be numbers"),
        ('{"format": "ctcalign/search-calibration/1", "bias": 1, "weights": {"x": 1}}', "unknown weight 'x'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, content, message):
    if content is not None:
        (tmp_path / "c.json").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_calibration(tmp_path / "c.json")


def test_other_models_take_the_built_in_calibration_with_a_warning():
    own, none = calibration_for(FALLBACK)
    other, warnings = calibration_for("hf:someone/model")
    assert none == []
    assert other == own
    assert len(warnings) == 1
    assert "hf:someone/model has no calibration" in warnings[0]
