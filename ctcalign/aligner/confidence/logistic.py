"""Fitted logistic regressions, their JSON files, and the paths of the files of the bundled models.

Fitting needs scikit-learn and is done elsewhere; applying needs numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.errors import CalibrationError, CaptionError, CtcAlignError, UsageError
from ctcalign.files import parse_json
from ctcalign.files.text_size import read_bytes
from ctcalign.models.builtin.model import FOLDER

F64 = NDArray[np.float64]
# Range of the probabilities of a fit, so that none is certain.
LEAST, MOST = 0.0005, 0.9995
MOST_DEVIATIONS = 6.0  # features further from their mean are clipped to this
MOST_LOG_ODDS = 30.0  # larger values change no probability in [LEAST, MOST]
_SHOWN = 60  # characters of a key or name in a message


@dataclass(frozen=True)
class Logistic:
    """P = 1 / (1 + exp(-(bias + weights . (x - mean) / scale))), then mapped by a monotone curve, if any.

    Attributes:
        names: of the features, in order.
        mean, scale, weights: one number per feature.
        curve: rising (from, to) pairs of probabilities, with linear interpolation between them; () is the identity.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    curve: tuple[tuple[float, float], ...] = ()

    def log_odds(self, features: F64) -> F64:
        """(N, F) -> (N,). Features are clipped to MOST_DEVIATIONS standard deviations."""
        if features.ndim != 2 or features.shape[1] != len(self.names):
            raise UsageError(f"features: got shape {features.shape}, expected (N, {len(self.names)})")
        standard = standardised(features, np.array(self.mean), np.array(self.scale))
        return np.asarray(standard @ np.array(self.weights) + self.bias)

    def probability(self, features: F64) -> F64:
        """(N, F) -> (N,) in [LEAST, MOST]."""
        found = 1.0 / (1.0 + np.exp(-np.clip(self.log_odds(features), -MOST_LOG_ODDS, MOST_LOG_ODDS)))
        if self.curve:
            found = np.interp(found, [x for x, _ in self.curve], [y for _, y in self.curve])
        return np.asarray(np.clip(found, LEAST, MOST))

    def to_dict(self) -> dict[str, Any]:
        """A JSON object with the features by name."""
        rows = zip(self.names, self.mean, self.scale, self.weights, strict=True)
        features = [dict(zip(("name", "mean", "scale", "weight"), row, strict=True)) for row in rows]
        return {"bias": self.bias, "features": features, "curve": [list(pair) for pair in self.curve]}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], names: Sequence[str], place: str) -> Logistic:
        """The inverse of `to_dict`.

        Args:
            names: the features that this version computes.   place: file and part, for messages.
        Raises:
            CalibrationError: not such an object, or one of other features.
        """
        try:
            features = row["features"]
            found = tuple(str(f["name"]).replace("unheard", "unplaced") for f in features)  # as in older files
            mean, scale, weights = (tuple(float(f[key]) for f in features) for key in ("mean", "scale", "weight"))
            curve = tuple((float(x), float(y)) for x, y in row["curve"])
            bias = float(row["bias"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CalibrationError(
                f"{place}: not a fit of ctcalign ({error}); create it with `ctcalign calibrate`"
            ) from None
        if found != tuple(names):
            raise CalibrationError(
                f"{place}: fitted on {len(found)} features that are not the {len(names)} of this version; "
                "create it again with `ctcalign calibrate`"
            )
        numbers = [*mean, *scale, *weights, bias, *(number for pair in curve for number in pair)]
        if not np.isfinite(numbers).all() or min(scale, default=1.0) <= 0:
            raise CalibrationError(f"{place}: holds numbers that are not finite or a scale that is not above 0")
        return cls(found, mean, scale, weights, bias, curve)


def standardised(features: F64, mean: F64, scale: F64) -> F64:
    """(features - mean) / scale, clipped to MOST_DEVIATIONS. (N, F)"""
    return np.asarray(np.clip((features - mean) / scale, -MOST_DEVIATIONS, MOST_DEVIATIONS))


def read_calibration_document(
    path: str | Path, schema: str, remedy: str, error: type[CtcAlignError] = CalibrationError
) -> Mapping[str, Any]:
    """The JSON object of a calibration file.

    Args:
        schema: expected value of its key "format".
        remedy: what to do about a file that cannot be used, for messages.
        error: raised if the file cannot be used.
    Raises:
        error: the file cannot be read, is not JSON or has another format.
    """
    try:
        data = parse_json(read_bytes(path, str(path)).decode("utf-8"), str(path))
    except OSError as problem:
        raise error(f"calibration {path}: cannot be read: {problem.strerror or problem}; {remedy}") from problem
    except CaptionError as problem:  # names the file
        raise error(f"calibration {problem}; {remedy}") from None
    except ValueError as problem:
        raise error(f"calibration {path}: not valid JSON ({problem}); {remedy}") from None
    if isinstance(data, Mapping) and data.get("format") == schema:
        return data
    raise error(f"calibration {path}: expected the format {schema}, got {_described(data)}; {remedy}")


def _described(data: Any) -> str:
    """Description of the content of a file that is not a calibration."""
    if not isinstance(data, Mapping):
        kinds = {dict: "object", list: "list", str: "text", bool: "true or false", type(None): "null"}
        # An empty file is read as JSON lines without a line.
        return "an empty file or list" if data == [] else f"JSON of another kind ({kinds.get(type(data), 'number')})"
    if isinstance(data.get("format"), str):
        return repr(data["format"][:_SHOWN])
    keys = ", ".join(str(key)[:_SHOWN] for key in list(data)[:5])
    return f"JSON without it (its keys: {keys})" if keys else "an empty object"


def shipped_file(model: str, name: str) -> Path | None:
    """The calibration file of a bundled model ("builtin:en"); None for models without one."""
    family, _, language = model.partition(":")
    path = FOLDER / language / name
    return path if family == "builtin" and language and path.is_file() else None
