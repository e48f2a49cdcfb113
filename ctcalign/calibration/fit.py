"""Fit a calibration on examples. The only file of the package that needs scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.calibration import Calibration
from ctcalign.aligner.confidence.features import CUE_NAMES, GAP_NAMES, WORD_NAMES
from ctcalign.aligner.confidence.logistic import Logistic, standardised
from ctcalign.calibration.trials import UNKNOWN, Example
from ctcalign.errors import UsageError
from ctcalign.extras import require

F64 = NDArray[np.float64]
B1 = NDArray[np.bool_]

LEAST_EXAMPLES = 5  # of right and of wrong examples each
# Fraction of right captions to which the examples are weighted. Artificial errors are frequent, so that there is enough
# to learn from; of the aligned captions of real files, more are right. The weights change the probabilities of the cues
# but not their order; the prior estimated for each file shifts them further (aligner/confidence/prior_shift.py).
CUE_PRIOR = 0.94
# Inverse strengths of the L2 penalty: there are many words but few captions.
WORD_C, CUE_C = 1.0, 0.5


def fit(found: Sequence[Example], model: str, about: Mapping[str, Any] | None = None) -> Calibration:
    """Fit one calibration on all examples.

    Args:
        model: name of the recogniser.   about: description of the examples, stored in the file.
    Raises:
        UsageError: too few examples, only right or only wrong ones.   MissingPackageError: scikit-learn is missing.
    """
    placed = [example for example in found if example.inputs is not None]
    if not placed:
        raise UsageError("examples: no caption was aligned; check that the texts match the recordings")
    features, is_placed = (np.concatenate([getattr(e.rows, name) for e in placed]) for name in ("words", "placed"))
    spoken, timed = (np.concatenate([getattr(e, name) for e in placed]) for name in ("spoken", "timed"))
    gap_features, whole = _gaps(placed)
    known = spoken != UNKNOWN
    parts: dict[str, Any] = {}
    for name, chosen in (("placed_word", known & is_placed), ("unplaced_word", known & ~is_placed)):
        parts[name] = _logistic(features[chosen], spoken[chosen] == 1, WORD_NAMES)
    parts["gap"] = _logistic(gap_features, whole, GAP_NAMES)
    known = (timed != UNKNOWN) & is_placed
    parts["timed_word"] = _logistic(features[known], timed[known] == 1, WORD_NAMES)
    first = Calibration(**parts, cue=parts["gap"], model=model)  # the fit for cues needs the others; its own is a dummy
    rows = np.stack([first.cue_features(e.inputs, e.quality, e.rows) for e in placed if e.inputs is not None])
    parts["cue"] = _logistic(rows, np.array([e.right for e in placed]), CUE_NAMES, CUE_C, CUE_PRIOR)
    return Calibration(**parts, model=model, fitted_on=about or {}, prior=CUE_PRIOR)


def _gaps(placed: Sequence[Example]) -> tuple[F64, B1]:
    """Features and ground truth of the gaps for which both are known."""
    rows, truth = [np.zeros((0, len(GAP_NAMES)))], [np.zeros(0, np.bool_)]
    for example in placed:
        if len(example.whole):
            use = example.rows.known & (example.whole != UNKNOWN)
            rows.append(example.rows.gaps[use])
            truth.append(example.whole[use] == 1)
    return np.concatenate(rows), np.concatenate(truth)


def _logistic(
    features: F64, right: B1, names: tuple[str, ...], c: float = WORD_C, prior: float | None = None
) -> Logistic:
    """Fit a logistic regression.

    Args:
        c: inverse strength of the penalty.
        prior: fraction of right examples to which they are weighted; None leaves them as they are.
    """
    count = len(names)
    yes, no = int(right.sum()), int((~right).sum())
    if min(yes, no) < LEAST_EXAMPLES:
        if names is CUE_NAMES:
            raise UsageError(
                f"examples: {yes} captions are right and {no} wrong; expected at least {LEAST_EXAMPLES} of each; "
                "give more recordings"
            )
        # Too few to learn from: a constant probability.
        bias = float(f"{np.log((yes + 1) / (no + 1)):.6g}")
        return Logistic(names, (0.0,) * count, (1.0,) * count, (0.0,) * count, bias)
    require("sklearn")
    from sklearn.linear_model import LogisticRegression

    mean, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    weights = None if prior is None else np.where(right, prior / right.mean(), (1 - prior) / (~right).mean())
    solved = LogisticRegression(C=c, max_iter=1000).fit(
        standardised(features, mean, scale), right, sample_weight=weights
    )
    return Logistic(
        names, _rounded(mean), _rounded(scale), _rounded(solved.coef_[0]), float(f"{solved.intercept_[0]:.6g}")
    )


def _rounded(values: F64) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
