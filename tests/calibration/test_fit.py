"""Fits of a calibration: data that are too few, and parts that cannot be learnt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctcalign.calibration.fit import fit
from ctcalign.calibration.run import calibrate
from ctcalign.calibration.trials import UNKNOWN
from ctcalign.errors import MissingPackageError, UsageError
from tests.calibration.made_up import MadeUpModel, made_up_examples


def test_too_few_examples_are_an_error():
    exact = [example for example in made_up_examples() if example.kind == "exact"]
    with pytest.raises(UsageError, match=r"36 captions are right and 0 wrong; .* give more recordings"):
        fit(exact, "made:up")
    with pytest.raises(UsageError, match="no caption was aligned"):
        fit([replace(example, inputs=None) for example in exact], "made:up")


def test_a_part_without_examples_is_a_constant():
    found = [replace(e, whole=np.full_like(e.whole, UNKNOWN)) for e in made_up_examples()]
    fitted = fit(found, "made:up")
    assert set(fitted.gap.weights) == {0.0}
    assert fitted.gap.bias == 0.0
    assert any(fitted.cue.weights)


def test_a_missing_scikit_learn_is_named_before_any_work(monkeypatch):
    monkeypatch.setattr("ctcalign.extras.is_installed", lambda package: False)
    with pytest.raises(MissingPackageError, match=r"sklearn is not installed; pip install 'ctcalign\[calibrate\]'"):
        calibrate([], MadeUpModel(), "en")
