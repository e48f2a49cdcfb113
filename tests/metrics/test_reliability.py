"""Reliability, ROC AUC and detection computed by hand."""

from __future__ import annotations

import pytest

from ctcalign.errors import UsageError
from ctcalign.metrics.reliability import detection, reliability_stats, roc_auc


def test_calibrated_confidences_have_no_calibration_error():
    found = reliability_stats([0.75] * 4 + [0.25] * 4, [True, True, True, False, True, False, False, False])
    assert found is not None
    assert found.ece == 0.0
    assert found.brier == pytest.approx((6 * 0.0625 + 2 * 0.5625) / 8)


def test_bins_include_their_lower_bound_and_the_last_one_both():
    found = reliability_stats([0.0, 0.1, 0.3, 0.6, 0.7, 1.0], [True] * 6)
    assert found is not None
    assert [row.count for row in found.bins] == [1, 1, 0, 1, 0, 0, 1, 1, 0, 1]
    assert found.bins[2].right is None
    assert (found.bins[-1].confidence, found.bins[-1].low) == (1.0, 0.9)


def test_bins_are_weighted_by_their_counts():
    found = reliability_stats([0.95, 0.95, 0.95, 0.25], [True, True, True, False])
    assert found is not None
    assert found.ece == pytest.approx((3 * 0.05 + 0.25) / 4)


def test_wide_bins_can_hide_calibration_errors():
    values, right = [0.2, 0.8], [True, False]
    one, ten = reliability_stats(values, right, 1), reliability_stats(values, right)
    assert one is not None
    assert ten is not None
    assert one.ece == pytest.approx(0.0)
    assert ten.ece == pytest.approx(0.8)


def test_no_items_and_bad_arguments():
    assert reliability_stats([], []) is None
    with pytest.raises(UsageError, match="bins is 0"):
        reliability_stats([0.5], [True], 0)
    with pytest.raises(ValueError, match=r"a confidence is 1\.2"):
        reliability_stats([1.2], [True])


def test_roc_auc_counts_pairs():
    # Right: 3 and 1; wrong: 2, 1 and one without a score. 3 beats all three; 1 ties once and beats None.
    assert roc_auc([3, 1, 2, 1, None], [True, True, False, False, False]) == pytest.approx((3 + 0.5 + 1) / 6)
    assert roc_auc([1, 2], [True, True]) is None


def test_detection():
    found = detection([True, True, False, False], [True, False, True, False])
    assert (found.precision, found.recall) == (0.5, 0.5)
    nothing = detection([False], [False])
    assert (nothing.precision, nothing.recall) == (None, None)
