"""Confidences made for the share of a file's captions that is right."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.confidence.prior_shift import EXPECTED, estimated_prior, shifted
from ctcalign.metrics.reliability import reliability_stats

FITTED = 0.9


def captions(share: float, count: int, seed: int = 0):
    """Right captions and wrong ones whose confidences are true where FITTED of the captions are right."""
    chance = np.random.default_rng(seed)
    right = chance.random(count) < share
    heard = chance.normal(np.where(right, 1.0, -1.0), 1.0)  # the log of the likelihood ratio is 2 x
    return 1.0 / (1.0 + np.exp(-(2.0 * heard + np.log(FITTED / (1.0 - FITTED))))), right


def off(confidences, right) -> float:
    found = reliability_stats(confidences.tolist(), right.tolist())
    assert found is not None
    return found.ece


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.97])
def test_the_share_is_found(share):
    assert estimated_prior(captions(share, 4000)[0], FITTED) == pytest.approx(share, abs=0.03)


def test_where_most_are_wrong_confidences_become_true():
    alone, right = captions(0.3, 4000)
    assert off(alone, right) > 0.15
    assert off(shifted(alone, FITTED), right) < 0.02


def test_what_was_fitted_for_such_files_stays():
    alone, right = captions(FITTED, 20_000)
    assert np.abs(shifted(alone, FITTED) - alone).max() < 0.02
    assert off(shifted(alone, FITTED), right) < 0.01


def test_the_order_stays_and_every_value_is_a_probability():
    alone, _ = captions(0.4, 200)
    alone = np.concatenate([alone, [0.0005, 0.9995]])
    moved = shifted(alone, FITTED)
    assert (np.diff(moved[np.argsort(alone)]) >= 0).all()
    assert ((moved > 0) & (moved < 1)).all()


def test_few_captions_say_little():
    assert estimated_prior(np.zeros(0), FITTED) == pytest.approx(EXPECTED)
    assert estimated_prior(np.array([0.01]), FITTED) > 0.9
    assert estimated_prior(np.full(200, 0.01), FITTED) < 0.1
    assert len(shifted(np.zeros(0), FITTED)) == 0
