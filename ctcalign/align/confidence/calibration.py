"""A fitted calibration: from the material of a recording to probabilities, and as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.align.confidence.cue_features import CUE_NAMES, cue_features
from ctcalign.align.confidence.level import Level
from ctcalign.align.confidence.logistic import CalibrationError, Logistic
from ctcalign.align.confidence.material import CueMaterial
from ctcalign.align.confidence.word_features import (
    GAP_NAMES,
    WORD_NAMES,
    between_heard,
    gap_features,
    word_features,
)

F64 = NDArray[np.float64]

FORMAT = "ctcalign/confidence/1"
# Fits in the order in which they are made, and the features of each.
PARTS = {"heard": WORD_NAMES, "unheard": WORD_NAMES, "gap": GAP_NAMES, "placed": WORD_NAMES, "cue": CUE_NAMES}


@dataclass(frozen=True)
class Calibration:
    """Probabilities from material.

    Attributes:
        heard, unheard: that a word is said as written, for words that the aligner placed, and those it did not.
        gap: that nothing is left out between two words.
        placed: that a word is said as written and placed well.
        cue: that a cue is said as written and placed well.
        model: name of the recogniser.
        fitted_on: what it was fitted on, for people and for comparisons.
    """

    heard: Logistic
    unheard: Logistic
    gap: Logistic
    placed: Logistic
    cue: Logistic
    model: str
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def words(self, cue: CueMaterial, level: Level) -> F64:
        """P(said as written) of each word. (n,)"""
        features = word_features(cue, level)
        heard, unheard = self.heard.probability(features), self.unheard.probability(features)
        return np.asarray(np.where(cue.evidence.heard, heard, unheard))

    def placed_words(self, cue: CueMaterial, level: Level) -> F64:
        """P(said as written and placed) of each word; 0 for what was not placed. (n,)"""
        found = self.placed.probability(word_features(cue, level))
        return np.asarray(np.where(cue.evidence.heard, found, 0.0))

    def gaps(self, cue: CueMaterial, level: Level) -> F64:
        """P(nothing left out) of each gap, 1 beside words that were not heard. (n - 1,)"""
        known = between_heard(cue)
        if not known.size:
            return np.zeros(0)
        return np.asarray(np.where(known, self.gap.probability(gap_features(cue, level)), 1.0))

    def features(self, cue: CueMaterial, level: Level) -> F64:
        """What `self.cue` takes of a cue."""
        return cue_features(cue, level, self.words(cue, level), self.gaps(cue, level))

    def cues(self, cues: list[CueMaterial], level: Level) -> F64:
        """P(said as written and placed) of each cue."""
        if not cues:
            return np.zeros(0)
        return self.cue.probability(np.stack([self.features(cue, level) for cue in cues]))

    def to_dict(self) -> dict[str, Any]:
        """A JSON object."""
        parts = {name: getattr(self, name).to_dict() for name in PARTS}
        return {"format": FORMAT, "model": self.model, "fitted_on": dict(self.fitted_on), **parts}


def read_calibration(path: Path) -> Calibration:
    """A file that `ctcalign calibrate` wrote.

    Raises:
        CalibrationError: it cannot be read, is something else, or was made for other features.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise CalibrationError(f"{path}: not valid JSON ({error}); make it with `ctcalign calibrate`") from None
    return from_dict(data, str(path))


def from_dict(data: Any, place: str) -> Calibration:
    """The inverse of `Calibration.to_dict`; `place` is for messages."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, Mapping) else type(data).__name__
        raise CalibrationError(
            f"{place}: expected a calibration ({FORMAT}), got {found!r}; make it with `ctcalign calibrate`"
        )
    parts = {}
    for name, features in PARTS.items():
        if not isinstance(data.get(name), Mapping):
            raise CalibrationError(f"{place}: the part {name!r} is missing; make it again with `ctcalign calibrate`")
        parts[name] = Logistic.from_dict(data[name], features, f"{place}: {name}")
    fitted_on = data.get("fitted_on")
    about = fitted_on if isinstance(fitted_on, Mapping) else {}
    return Calibration(**parts, model=str(data.get("model", "")), fitted_on=about)
