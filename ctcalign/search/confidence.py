"""From evidence to the probability that a phrase is said: a logistic regression whose coefficients are a small JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.search.evidence import FEATURES

FORMAT = "ctcalign/search-calibration/1"
_BUILTIN = Path(__file__).parents[1] / "models" / "builtin"
FALLBACK = "builtin:en"


@dataclass(frozen=True)
class PhraseCalibration:
    """Coefficients.

    Attributes:
        model: whose scores they were fitted on.
        bias: constant of the log-odds.
        weights: of `Evidence.features`, by name.
        fitted_on: what was searched in what, for people to read.
    """

    model: str
    bias: float
    weights: Mapping[str, float]
    fitted_on: str = ""

    def confidence(self, features: Mapping[str, float]) -> float:
        """Probability in (0, 1) that the phrase is said there."""
        odds = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-min(max(odds, -50.0), 50.0)))  # exp of more than 709 overflows

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
    """Read a calibration.

    Raises:
        UsageError: no such file, or none of this format.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"calibration {path}: {error.strerror or error}; name a file of tools/fit_search.py") from None
    except ValueError:
        raise UsageError(f"calibration {path}: no JSON; name a file of tools/fit_search.py") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(
            f"calibration {path}: expected a file of the format {FORMAT}; make one with tools/fit_search.py"
        )
    weights: Any = document.get("weights")
    numbers = [document.get("bias"), *(weights.values() if isinstance(weights, dict) else [None])]
    if not all(isinstance(number, (int, float)) and abs(number) < 1e6 for number in numbers):
        raise UsageError(
            f"calibration {path}: bias and weights must be numbers; make it again with tools/fit_search.py"
        )
    unknown = sorted(set(weights) - set(FEATURES))
    if unknown:
        raise UsageError(f"calibration {path}: unknown weight {unknown[0]!r}, expected some of {', '.join(FEATURES)}")
    return PhraseCalibration(
        str(document.get("model", "")), float(document["bias"]), weights, str(document.get("fitted_on", ""))
    )


def calibration_for(model: str) -> tuple[PhraseCalibration, list[str]]:
    """The calibration that is shipped for a model, else that of the built-in one with a warning."""
    family, _, language = model.partition(":")
    own = _BUILTIN / language / "search.json"
    if family == "builtin" and own.is_file():
        return read_calibration(own), []
    warning = (
        f"confidence: {model} has no calibration, so that of {FALLBACK} was taken; "
        "the order of the hits can be trusted more than the numbers (--calibration FILE)"
    )
    return read_calibration(_BUILTIN / "en" / "search.json"), [warning]
