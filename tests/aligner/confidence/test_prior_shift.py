"""Confidences adapted to the fraction of right captions of a file."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.confidence.prior_shift import EXPECTED, estimated_prior, shifted
from ctcalign.metrics.reliability import reliability_stats

FITTED = 0.9


def captions(prior: float, count: int, seed: int = 0):
    """Right and wrong captions with confidences that are calibrated if the fraction FITTED of them is right."""
    rng = np.random.default_rng(seed)
    right = rng.random(count) < prior
    feature = rng.normal(np.where(right, 1.0, -1.0), 1.0)  # the log of the likelihood ratio is 2 x
    return 1.0 / (1.0 + np.exp(-(2.0 * feature + np.log(FITTED / (1.0 - FITTED))))), right


def off(confidences, right) -> float:
    found = reliability_stats(confidences.tolist(), right.tolist())
    assert found is not None
    return found.ece


@pytest.mark.parametrize("prior", [0.3, 0.6, 0.9, 0.97])
def test_the_prior_is_found(prior):
    assert estimated_prior(captions(prior, 4000)[0], FITTED) == pytest.approx(prior, abs=0.03)


def test_where_most_are_wrong_confidences_become_calibrated():
    alone, right = captions(0.3, 4000)
    assert off(alone, right) > 0.15
    assert off(shifted(alone, FITTED), right) < 0.02


def test_files_with_the_fitted_prior_change_little():
    alone, right = captions(FITTED, 20_000)
    assert np.abs(shifted(alone, FITTED) - alone).max() < 0.02
    assert off(shifted(alone, FITTED), right) < 0.01


def test_the_order_stays_and_every_value_is_a_probability():
    alone, _ = captions(0.4, 200)
    alone = np.concatenate([alone, [0.0005, 0.9995]])
    moved = shifted(alone, FITTED)
    assert (np.diff(moved[np.argsort(alone)]) >= 0).all()
    assert ((moved > 0) & (moved < 1)).all()


def test_few_captions_move_the_prior_little():
    assert estimated_prior(np.zeros(0), FITTED) == pytest.approx(EXPECTED)
    assert estimated_prior(np.array([0.01]), FITTED) > 0.8
    assert estimated_prior(np.full(200, 0.01), FITTED) < 0.1
    assert len(shifted(np.zeros(0), FITTED)) == 0
