"""Calibration of cue and word confidences: from the inputs of a recording to probabilities, and as a JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.features import (
    CUE_NAMES,
    GAP_NAMES,
    WORD_NAMES,
    FeatureRows,
    cue_features,
    word_and_gap_features,
)
from ctcalign.aligner.confidence.inputs import CueInputs, RecordingQuality
from ctcalign.aligner.confidence.logistic import Logistic, read_calibration_document
from ctcalign.aligner.confidence.prior_shift import EXPECTED, shifted
from ctcalign.errors import CalibrationError

F64 = NDArray[np.float64]

FORMAT = "ctcalign/confidence/1"
REMEDY = "create it again with `ctcalign calibrate`"
# The fits in order: attribute, also the key in the file, and features.
PARTS = (
    ("placed_word", WORD_NAMES),
    ("unplaced_word", WORD_NAMES),
    ("gap", GAP_NAMES),
    ("timed_word", WORD_NAMES),
    ("cue", CUE_NAMES),
)
# Names of older files.
_FORMER = {"placed_word": "heard", "unplaced_word": "unheard", "timed_word": "placed", "prior": "share"}


@dataclass(frozen=True)
class Calibration:
    """Logistic regressions that map inputs to probabilities.

    Attributes:
        placed_word, unplaced_word: that a word is spoken as written, for words that the aligner placed and for others.
        gap: that no word is missing between two words.
        timed_word: that a placed word is spoken as written and its times are right.
        cue: that a cue is spoken as written and its times are right.
        model: name of the recogniser.
        fitted_on: description of the data of the fit.
        prior: fraction of right cues for which `cue` was fitted, in (0, 1); None if it is unknown.
    """

    placed_word: Logistic
    unplaced_word: Logistic
    gap: Logistic
    timed_word: Logistic
    cue: Logistic
    model: str
    fitted_on: Mapping[str, Any] = field(default_factory=dict)
    prior: float | None = None

    def word_confidences(self, rows: FeatureRows) -> F64:
        """P(spoken as written, with right times) of each word of a cue; 0 for words that are not placed. (n,)"""
        return np.asarray(np.where(rows.placed, self.timed_word.probability(rows.words), 0.0))

    def cue_features(self, cue: CueInputs, quality: RecordingQuality, rows: FeatureRows) -> F64:
        """Features of a cue, from the probabilities of its words and gaps. (len(CUE_NAMES),)"""
        placed, unplaced = self.placed_word.probability(rows.words), self.unplaced_word.probability(rows.words)
        gaps = np.where(rows.known, self.gap.probability(rows.gaps), 1.0)
        return cue_features(cue, quality, np.where(rows.placed, placed, unplaced), gaps)

    def confidences(
        self, cue: CueInputs, quality: RecordingQuality, rows: FeatureRows | None = None
    ) -> tuple[float, F64]:
        """P(spoken as written, with right times) of a cue, independent of the other cues of its file, and of its words.

        Args:
            rows: features of the words and gaps, if they are already known.
        """
        rows = word_and_gap_features(cue, quality) if rows is None else rows
        [found] = self.cue.probability(self.cue_features(cue, quality, rows)[None]).tolist()
        return found, self.word_confidences(rows)

    def shifted(self, alone: F64, expected: float = EXPECTED) -> F64:
        """Confidences of all placed cues of a file, adapted to the fraction of them that is right. (n,) -> (n,)

        Args:
            expected: this fraction before the confidences are known.
        """
        return alone if self.prior is None else shifted(alone, self.prior, expected)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object."""
        parts = {name: getattr(self, name).to_dict() for name, _ in PARTS}
        prior = {} if self.prior is None else {"prior": self.prior}
        return {"format": FORMAT, "model": self.model, "fitted_on": dict(self.fitted_on), **prior, **parts}


def read_calibration(path: Path) -> Calibration:
    """Read a file that `ctcalign calibrate` wrote.

    Raises:
        CalibrationError: it cannot be read, has another format, or was fitted on other features.
    """
    return from_dict(read_calibration_document(path, FORMAT, REMEDY), str(path))


def from_dict(data: Mapping[str, Any], place: str) -> Calibration:
    """The inverse of `Calibration.to_dict`; `place` is the name of the file, for messages.

    Raises:
        CalibrationError: a part is missing or was fitted on other features.
    """
    parts = {}
    for name, features in PARTS:
        part = _entry(data, name)
        if not isinstance(part, Mapping):
            raise CalibrationError(f"{place}: the part {name!r} is missing; {REMEDY}")
        parts[name] = Logistic.from_dict(part, features, f"{place}: {name}")
    fitted_on = data.get("fitted_on")
    about = fitted_on if isinstance(fitted_on, Mapping) else {}
    prior = _entry(data, "prior")
    if prior is not None and not (isinstance(prior, float) and 0.0 < prior < 1.0):
        raise CalibrationError(f"{place}: prior: got {prior!r}, expected a number between 0 and 1; {REMEDY}")
    return Calibration(**parts, model=str(data.get("model", "")), fitted_on=about, prior=prior)


def _entry(data: Mapping[str, Any], key: str) -> Any:
    """A value of a calibration file, also under its former name; None if it has neither."""
    return data.get(key, data.get(_FORMER.get(key, key)))
