"""How good confidences are on examples that no fit has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.calibration import Calibration
from ctcalign.aligner.confidence.recording_quality import Level
from ctcalign.calibration.examples import UNKNOWN, Example
from ctcalign.calibration.fit import fit
from ctcalign.errors import UsageError
from ctcalign.metrics.reliability import Predictions

F64 = NDArray[np.float64]

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)
FOLDS = 10


@dataclass(frozen=True)
class CrossValidation:
    """Cross-validated: each group is judged by a fit on the others. `parts`: cues, by kind of error and by group."""

    cues: Predictions
    words: Predictions
    groups: int
    parts: Mapping[str, Predictions] = field(default_factory=dict)


def cross_validate(
    found: Sequence[Example], model: str, step: Callable[[int, int], None] = lambda done, total: None
) -> CrossValidation:
    """Leave out one group after the other; several at once where there are more than FOLDS.

    Args:
        step: called with the folds done and in all.
    Raises:
        UsageError: one group alone, or too few examples in the others.
    """
    groups = list(dict.fromkeys(example.group for example in found))
    if len(groups) < 2:
        raise UsageError(
            f"examples: all of {groups[0] if groups else 'nothing'}; expected two speakers or recordings at least, "
            "so that one can be tested with what was learnt from the other"
        )
    fold_of = {group: number % min(FOLDS, len(groups)) for number, group in enumerate(groups)}
    cues, words = np.zeros(len(found)), [np.zeros(0)] * len(found)
    folds = sorted(set(fold_of.values()))
    for fold in folds:
        fitted = fit([example for example in found if fold_of[example.group] != fold], model)
        own = [number for number, example in enumerate(found) if fold_of[example.group] == fold]
        cues[own], left = judged([found[number] for number in own], fitted)
        for number, value in zip(own, left, strict=True):
            words[number] = value
        step(fold + 1, len(folds))
    right = np.array([example.right for example in found])
    truth = np.concatenate([example.placed for example in found])
    values = np.concatenate(words)
    known = truth != UNKNOWN
    parts: dict[str, Any] = {}
    for name, labels in (("kind", [e.kind for e in found]), ("speaker", [e.group for e in found])):
        for label in dict.fromkeys(labels):
            inside = np.array([own == label for own in labels])
            parts[f"{name} {label}"] = Predictions(cues[inside], right[inside])
    return CrossValidation(Predictions(cues, right), Predictions(values[known], truth[known] == 1), len(groups), parts)


def judged(found: Sequence[Example], fitted: Calibration) -> tuple[F64, list[F64]]:
    """Confidences of cues, 0 without a place, and of the words of each."""
    cues, words = np.zeros(len(found)), [np.zeros(0)] * len(found)
    files: dict[Level, list[int]] = {}  # each aligned file has a level of its own
    for number, example in enumerate(found):
        if example.material is not None:
            cues[number], words[number] = fitted.judged(example.material, example.level, example.rows)
            files.setdefault(example.level, []).append(number)
    for own in files.values():
        cues[own] = fitted.together(cues[own])
    return cues, words
