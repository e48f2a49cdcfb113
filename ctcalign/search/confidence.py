"""Confidence of hits: a logistic regression over the evidence for a phrase, with coefficients in a JSON file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctcalign.aligner.confidence.logistic import read_calibration_document, shipped_file
from ctcalign.errors import UsageError
from ctcalign.search.evidence import FEATURES

FORMAT = "ctcalign/search-calibration/1"
REMEDY = "create it with tools/fit_search.py"
FALLBACK = "builtin:en"  # its calibration is used for models without one
MOST_LOG_ODDS = 50.0  # math.exp overflows beyond 709


@dataclass(frozen=True)
class PhraseCalibration:
    """Coefficients of the regression.

    Attributes:
        model: the recogniser for which they were fitted.
        bias: constant of the log-odds.
        weights: of `PhraseEvidence.features`, by name.
        fitted_on: description of the data of the fit.
    """

    model: str
    bias: float
    weights: Mapping[str, float]
    fitted_on: str = ""

    def confidence(self, features: Mapping[str, float]) -> float:
        """Probability in (0, 1) that the phrase is spoken there."""
        odds = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-min(max(odds, -MOST_LOG_ODDS), MOST_LOG_ODDS)))

    def to_dict(self) -> dict[str, Any]:
        """The JSON document."""
        return {
            "format": FORMAT,
            "model": self.model,
            "bias": self.bias,
            "weights": dict(self.weights),
            "fitted_on": self.fitted_on,
        }


def read_calibration(path: str | Path) -> PhraseCalibration:
    """Read a calibration that tools/fit_search.py wrote.

    Raises:
        UsageError: it cannot be read, has another format, or holds other features.
    """
    document = read_calibration_document(path, FORMAT, REMEDY, UsageError)
    weights: Any = document.get("weights")
    numbers = [document.get("bias"), *(weights.values() if isinstance(weights, dict) else [None])]
    if not all(type(number) in (int, float) and abs(number) < 1e6 for number in numbers):
        raise UsageError(f"calibration {path}: bias and weights must be numbers; {REMEDY}")
    unknown = sorted(set(weights) - set(FEATURES))
    if unknown:
        raise UsageError(f"calibration {path}: unknown weight {unknown[0]!r}, expected some of {', '.join(FEATURES)}")
    return PhraseCalibration(
        str(document.get("model", "")), float(document["bias"]), weights, str(document.get("fitted_on", ""))
    )


def calibration_for(model: str) -> tuple[PhraseCalibration, list[str]]:
    """The calibration shipped for a model, else that of the built-in model with a warning.

    Raises:
        UsageError: see `read_calibration`.
    """
    own = shipped_file(model, "search.json")
    if own is not None:
        return read_calibration(own), []
    warning = (
        f"confidence: {model} has no calibration, so that of {FALLBACK} is used; "
        "the order of the hits is more reliable than the numbers (--calibration FILE)"
    )
    fallback = shipped_file(FALLBACK, "search.json")
    if fallback is None:
        raise UsageError(f"calibration: that of {FALLBACK} is missing; install ctcalign again")
    return read_calibration(fallback), [warning]
