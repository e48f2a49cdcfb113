"""A fitted calibration: from the material of a recording to probabilities, and as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.cue_features import CUE_NAMES, cue_features
from ctcalign.aligner.confidence.inputs import CueMaterial
from ctcalign.aligner.confidence.logistic import Logistic
from ctcalign.aligner.confidence.prior_shift import together
from ctcalign.aligner.confidence.recording_quality import Level
from ctcalign.aligner.confidence.word_features import GAP_NAMES, WORD_NAMES, Rows, features_of
from ctcalign.errors import CalibrationError

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
        share: of right captions that `cue` expects, in (0, 1); None where nobody knows it.
    """

    heard: Logistic
    unheard: Logistic
    gap: Logistic
    placed: Logistic
    cue: Logistic
    model: str
    fitted_on: Mapping[str, Any] = field(default_factory=dict)
    share: float | None = None

    def placed_words(self, rows: Rows) -> F64:
        """P(said as written and placed) of each word of a cue; 0 for what was not placed. (n,)"""
        return np.asarray(np.where(rows.heard, self.placed.probability(rows.words), 0.0))

    def cue_row(self, cue: CueMaterial, level: Level, rows: Rows) -> F64:
        """What `self.cue` takes of a cue."""
        heard, unheard = self.heard.probability(rows.words), self.unheard.probability(rows.words)
        gaps = np.where(rows.known, self.gap.probability(rows.gaps), 1.0)
        return cue_features(cue, level, np.where(rows.heard, heard, unheard), gaps)

    def judged(self, cue: CueMaterial, level: Level, rows: Rows | None = None) -> tuple[float, F64]:
        """P(said as written and placed) of a cue, looked at alone, and of each of its words."""
        rows = features_of(cue, level) if rows is None else rows
        [found] = self.cue.probability(self.cue_row(cue, level, rows)[None]).tolist()
        return found, self.placed_words(rows)

    def together(self, alone: F64) -> F64:
        """P of all placed cues of a file, from what `judged` says of each. (n,) -> (n,)"""
        return alone if self.share is None else together(alone, self.share)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object."""
        parts = {name: getattr(self, name).to_dict() for name in PARTS}
        share = {} if self.share is None else {"share": self.share}
        return {"format": FORMAT, "model": self.model, "fitted_on": dict(self.fitted_on), **share, **parts}


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
    share = data.get("share")
    if share is not None and not (isinstance(share, float) and 0.0 < share < 1.0):
        raise CalibrationError(
            f"{place}: share: got {share!r}, expected a number between 0 and 1; make it again with `ctcalign calibrate`"
        )
    return Calibration(**parts, model=str(data.get("model", "")), fitted_on=about, share=share)
