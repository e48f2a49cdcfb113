"""Cross-validation of confidences: each speaker is predicted by a fit on the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.calibration import Calibration
from ctcalign.aligner.confidence.inputs import RecordingQuality
from ctcalign.calibration.fit import fit
from ctcalign.calibration.trials import UNKNOWN, Example
from ctcalign.errors import UsageError
from ctcalign.metrics.reliability import Predictions

F64 = NDArray[np.float64]

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)  # at which precision and recall are reported
FOLDS = 10


@dataclass(frozen=True)
class CrossValidation:
    """Predictions for held-out examples.

    Attributes:
        cues, words: of all examples.
        groups: number of speakers or recordings.
        parts: the cues by kind of corruption ("kind mixed") and by group ("speaker libri-174").
    """

    cues: Predictions
    words: Predictions
    groups: int
    parts: Mapping[str, Predictions] = field(default_factory=dict)


def cross_validate(
    found: Sequence[Example], model: str, step: Callable[[int, int], None] = lambda done, total: None
) -> CrossValidation:
    """Predict each group by a fit on the others; with more than FOLDS groups, several are held out at once.

    Args:
        step: called with the number of completed folds and the number of folds.
    Raises:
        UsageError: only one group, or too few examples in the others.
    """
    groups = list(dict.fromkeys(example.group for example in found))
    if len(groups) < 2:
        raise UsageError(
            f"examples: all of {groups[0] if groups else 'nothing'}; expected at least two speakers or recordings, "
            "so that each can be tested with a fit on the others"
        )
    fold_of = {group: number % min(FOLDS, len(groups)) for number, group in enumerate(groups)}
    cues, words = np.zeros(len(found)), [np.zeros(0)] * len(found)
    folds = sorted(set(fold_of.values()))
    for fold in folds:
        fitted = fit([example for example in found if fold_of[example.group] != fold], model)
        own = [number for number, example in enumerate(found) if fold_of[example.group] == fold]
        cues[own], predicted = example_confidences([found[number] for number in own], fitted)
        for number, value in zip(own, predicted, strict=True):
            words[number] = value
        step(fold + 1, len(folds))
    right = np.array([example.right for example in found])
    timed = np.concatenate([example.timed for example in found])
    known = timed != UNKNOWN
    parts: dict[str, Predictions] = {}
    for name, labels in (("kind", [e.kind for e in found]), ("speaker", [e.group for e in found])):
        for label in dict.fromkeys(labels):
            inside = np.array([own == label for own in labels])
            parts[f"{name} {label}"] = Predictions(cues[inside], right[inside])
    of_words = Predictions(np.concatenate(words)[known], timed[known] == 1)
    return CrossValidation(Predictions(cues, right), of_words, len(groups), parts)


def example_confidences(found: Sequence[Example], fitted: Calibration) -> tuple[F64, list[F64]]:
    """Confidences of the cues, 0 for those that are not aligned, and of the words of each."""
    cues, words = np.zeros(len(found)), [np.zeros(0)] * len(found)
    files: dict[RecordingQuality, list[int]] = {}  # each aligned file has a quality of its own
    for number, example in enumerate(found):
        if example.inputs is not None:
            cues[number], words[number] = fitted.confidences(example.inputs, example.quality, example.rows)
            files.setdefault(example.quality, []).append(number)
    for own in files.values():
        cues[own] = fitted.shifted(cues[own])
    return cues, words
