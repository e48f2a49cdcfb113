"""The fit of confidences of hits."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ctcalign.search.evidence import FEATURES
from ctcalign.search.fit import fit_calibration, fit_trials, held_out_confidences, ridge_regression, with_confidences
from ctcalign.search.recordings import read_truth
from ctcalign.search.trials import run_trials
from tests.aligner.tones import ToneModel
from tests.search.corpora import TEXTS, write_corpus


def test_the_regression_finds_the_weights_that_made_the_data():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40_000, 2)) * [1.0, 5.0] + [0.0, 3.0]
    right = rng.random(40_000) < 1 / (1 + np.exp(-(0.5 + features @ [1.0, -0.4])))
    bias, weights = ridge_regression(features, right.astype(float))
    assert bias == pytest.approx(0.5, abs=0.1)
    assert weights == pytest.approx([1.0, -0.4], abs=0.05)


def test_the_regression_is_that_of_scikit_learn_on_standardised_features():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(300, 3)) * [1.0, 5.0, 0.1] + [0.0, 3.0, -2.0]
    right = rng.random(300) < 1 / (1 + np.exp(-features[:, 0]))
    bias, weights = ridge_regression(features, right.astype(float))
    peer = LogisticRegression(C=1.0, tol=1e-10).fit((features - features.mean(0)) / features.std(0), right)
    assert weights * features.std(0) == pytest.approx(peer.coef_[0], abs=1e-5)
    assert bias + weights @ features.mean(0) == pytest.approx(peer.intercept_[0], abs=1e-5)


def test_each_recording_is_predicted_by_a_fit_on_the_others(tmp_path):
    write_corpus(tmp_path)
    trials = run_trials([read_truth(tmp_path / name / "truth.json", ToneModel()) for name in TEXTS], ToneModel(), 6, 0)
    predicted = held_out_confidences(trials, "tones")
    one, two = trials
    expected = with_confidences(one.candidates, fit_calibration(two.candidates, "tones"))
    assert predicted[: len(one.candidates)] == expected
    assert len(predicted) == len(one.candidates) + len(two.candidates)
    calibration = fit_trials(trials, "tones", 6, 0)
    assert [*calibration.weights] == [*FEATURES]
    assert "of 2 speakers; for each, 6 phrases of 1, 2 and 3 to 5 words" in calibration.fitted_on
    assert calibration.fitted_on.endswith(f"{len(predicted)} candidates; seed 0")
