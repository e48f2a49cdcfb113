"""Fit a calibration on examples. The only file here that needs scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.calibration import Calibration
from ctcalign.aligner.confidence.cue_features import CUE_NAMES
from ctcalign.aligner.confidence.logistic import Logistic
from ctcalign.aligner.confidence.word_features import GAP_NAMES, WORD_NAMES
from ctcalign.calibration.examples import UNKNOWN, Example
from ctcalign.errors import UsageError

F64 = NDArray[np.float64]
B1 = NDArray[np.bool_]

LEAST_EXAMPLES = 5  # of either kind
# The errors that are put in are many, so that there is something to learn from. Of real captions that find a place more
# are right: the examples are weighted to this share, which moves the cues' probabilities and not their order. What a
# file shows itself moves them on (share.py).
RIGHT_SHARE = 0.94
# Inverse strengths of the penalty on weights: there are many words, and few captions.
WORD_FREEDOM, CUE_FREEDOM = 1.0, 0.5


def fit(found: Sequence[Example], model: str, about: Mapping[str, Any] | None = None) -> Calibration:
    """One calibration from all examples.

    Args:
        model: name of the recogniser.   about: what is told of the examples in the file.
    Raises:
        UsageError: too few examples, or all of them right or all wrong; or scikit-learn is missing.
    """
    placed = [example for example in found if example.material is not None]
    if not placed:
        raise UsageError("examples: no caption was placed; check that texts and recordings belong together")
    features, heard = (np.concatenate([getattr(e.rows, name) for e in placed]) for name in ("words", "heard"))
    said, good = (np.concatenate([getattr(e, name) for e in placed]) for name in ("said", "placed"))
    gap_x, gap_y = _gaps(placed)
    known = said != UNKNOWN
    parts: dict[str, Any] = {
        "heard": _logistic(features[known & heard], said[known & heard] == 1, WORD_NAMES),
        "unheard": _logistic(features[known & ~heard], said[known & ~heard] == 1, WORD_NAMES),
        "gap": _logistic(gap_x, gap_y, GAP_NAMES),
    }
    timed = (good != UNKNOWN) & heard
    parts["placed"] = _logistic(features[timed], good[timed] == 1, WORD_NAMES)
    first = Calibration(**parts, cue=parts["gap"], model=model)  # the cue's fit needs the others
    rows = np.stack([first.cue_row(e.material, e.level, e.rows) for e in placed if e.material is not None])
    rights = np.array([e.right for e in placed])
    parts["cue"] = _logistic(rows, rights, CUE_NAMES, CUE_FREEDOM, RIGHT_SHARE)
    return Calibration(**parts, model=model, fitted_on=about or {}, share=RIGHT_SHARE)


def _gaps(placed: Sequence[Example]) -> tuple[F64, B1]:
    rows, truth = [np.zeros((0, len(GAP_NAMES)))], [np.zeros(0, np.bool_)]
    for example in placed:
        if len(example.whole):
            use = example.rows.known & (example.whole != UNKNOWN)
            rows.append(example.rows.gaps[use])
            truth.append(example.whole[use] == 1)
    return np.concatenate(rows), np.concatenate(truth)


def _logistic(
    features: F64, right: B1, names: tuple[str, ...], freedom: float = WORD_FREEDOM, share: float | None = None
) -> Logistic:
    count = len(names)
    yes, no = int(right.sum()), int((~right).sum())
    if min(yes, no) < LEAST_EXAMPLES:
        if names is CUE_NAMES:
            raise UsageError(
                f"examples: {yes} captions are right and {no} wrong; expected at least {LEAST_EXAMPLES} of either; "
                "give more recordings"
            )
        # Nothing to tell them apart by: their share, whatever the features are.
        bias = float(f"{np.log((yes + 1) / (no + 1)):.6g}")
        return Logistic(names, (0.0,) * count, (1.0,) * count, (0.0,) * count, bias)
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise UsageError("calibrate: scikit-learn is needed to fit; pip install 'ctcalign[calibrate]'") from None
    mean, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    standard = np.clip((features - mean) / scale, -6.0, 6.0)
    weights = None if share is None else np.where(right, share / right.mean(), (1 - share) / (~right).mean())
    solved = LogisticRegression(C=freedom, max_iter=1000).fit(standard, right, sample_weight=weights)
    return Logistic(
        names, _numbers(mean), _numbers(scale), _numbers(solved.coef_[0]), float(f"{solved.intercept_[0]:.6g}")
    )


def _numbers(values: F64) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
