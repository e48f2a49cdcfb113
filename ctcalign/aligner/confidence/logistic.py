"""A logistic regression as numbers in a file: fitted elsewhere, applied with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.errors import CalibrationError, UsageError

F64 = NDArray[np.float64]
# Probabilities that a fit can promise: never certain, whatever the features say.
LEAST, MOST = 0.0005, 0.9995


@dataclass(frozen=True)
class Logistic:
    """P = 1 / (1 + exp(-(bias + weights . (x - mean) / scale))), then through the knots of a rising curve, if any.

    Attributes:
        names: of the features, in order.
        mean, scale, weights: a number a feature.
        curve: rising (from, to) pairs of probabilities, interpolated between; () changes nothing.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    curve: tuple[tuple[float, float], ...] = ()

    def log_odds(self, features: F64) -> F64:
        """(N, F) -> (N,). Values beyond six deviations count as six."""
        if features.ndim != 2 or features.shape[1] != len(self.names):
            raise UsageError(f"features: got shape {features.shape}, expected (N, {len(self.names)})")
        standard = np.clip((features - np.array(self.mean)) / np.array(self.scale), -6.0, 6.0)
        return np.asarray(standard @ np.array(self.weights) + self.bias)

    def probability(self, features: F64) -> F64:
        """(N, F) -> (N,) in [LEAST, MOST]."""
        found = 1.0 / (1.0 + np.exp(-np.clip(self.log_odds(features), -30.0, 30.0)))
        if self.curve:
            found = np.interp(found, [x for x, _ in self.curve], [y for _, y in self.curve])
        return np.asarray(np.clip(found, LEAST, MOST))

    def to_dict(self) -> dict[str, Any]:
        """A JSON object, the features by name."""
        rows = zip(self.names, self.mean, self.scale, self.weights, strict=True)
        features = [dict(zip(("name", "mean", "scale", "weight"), row, strict=True)) for row in rows]
        return {"bias": self.bias, "features": features, "curve": [list(pair) for pair in self.curve]}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], names: Sequence[str], place: str) -> Logistic:
        """The inverse. `names`: the features that this program computes; `place`: for messages.

        Raises:
            CalibrationError: not such an object, or of other features.
        """
        try:
            features = row["features"]
            found = tuple(str(f["name"]) for f in features)
            mean, scale, weights = (tuple(float(f[key]) for f in features) for key in ("mean", "scale", "weight"))
            curve = tuple((float(x), float(y)) for x, y in row["curve"])
            bias = float(row["bias"])
        except (KeyError, TypeError, ValueError) as error:
            raise CalibrationError(
                f"{place}: not a fit of ctcalign ({error}); make it with `ctcalign calibrate`"
            ) from None
        if found != tuple(names):
            raise CalibrationError(
                f"{place}: fitted on {len(found)} features that are not the {len(names)} of this version; "
                "make it again with `ctcalign calibrate`"
            )
        numbers = [*mean, *scale, *weights, bias, *(number for pair in curve for number in pair)]
        if not np.isfinite(numbers).all() or min(scale, default=1.0) <= 0:
            raise CalibrationError(f"{place}: holds numbers that are not finite or a scale that is not above 0")
        return cls(found, mean, scale, weights, bias, curve)
