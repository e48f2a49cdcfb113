"""Logistic regressions and the calibration files of bundled models."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.confidence.logistic import LEAST, MOST, Logistic, shipped_file
from ctcalign.errors import UsageError


def test_a_logistic_is_what_its_formula_says():
    one = Logistic(("a", "b"), (1.0, 0.0), (2.0, 1.0), (0.5, -1.0), 0.25, ((0.0, 0.0), (1.0, 0.5)))
    odds = 0.25 + 0.5 * (3.0 - 1.0) / 2.0 - 1.0 * 2.0
    assert one.log_odds(np.array([[3.0, 2.0]])) == pytest.approx([odds])
    assert one.probability(np.array([[3.0, 2.0]])) == pytest.approx([0.5 / (1 + np.exp(-odds))])
    with pytest.raises(UsageError, match=r"got shape \(1, 3\), expected \(N, 2\)"):
        one.probability(np.zeros((1, 3)))


def test_extreme_features_count_as_six_deviations_and_nothing_is_certain():
    one = Logistic(("a",), (1.0,), (2.0,), (1.0,), 0.0)
    assert one.log_odds(np.array([[13.0], [1e9], [-1e9]])).tolist() == [6.0, 6.0, -6.0]
    steep = Logistic(("a",), (0.0,), (1.0,), (100.0,), 0.0)
    assert steep.probability(np.array([[5.0], [-5.0]])).tolist() == [MOST, LEAST]


def test_only_bundled_models_have_a_shipped_file():
    assert shipped_file("builtin:en", "confidence.json").is_file()
    for name in ("hf:en", "en", "builtin:", "builtin:nowhere", ""):
        assert shipped_file(name, "confidence.json") is None
