"""Fit of the confidence of a search on trial searches, with predictions for held-out recordings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.search.confidence import PhraseCalibration
from ctcalign.search.evidence import FEATURES
from ctcalign.search.trials import Candidate, Trial

RIDGE = 1.0  # penalty of the standardised weights; keeps the fit finite where features are nearly the same
LEAST_DEVIATION = 1e-3  # of a feature in nats or counts; a feature that varies less is not scaled up
STEPS, NEAR = 100, 1e-9  # of Newton's method: how many at most, and the change at which it stops


def fit_calibration(found: Sequence[Candidate], model: str, fitted_on: str = "") -> PhraseCalibration:
    """The calibration for the candidates of trial searches.

    Args:
        model: name of the recogniser.   fitted_on: description of the candidates, stored in the file.
    """
    features = np.array([[own.evidence.features()[name] for name in FEATURES] for own in found])
    bias, weights = ridge_regression(features, np.array([own.truth is not None for own in found], float))
    rounded = {name: round(float(weight), 5) for name, weight in zip(FEATURES, weights, strict=True)}
    return PhraseCalibration(model, round(bias, 5), rounded, fitted_on)


def ridge_regression(features: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Bias and weights of a logistic regression with an L2 penalty, by Newton's method.

    Args:
        features: (N, F).   right: 1 for true candidates, 0 for others. (N,)
    Returns:
        Bias and weights (F,) for features that are not standardised.
    """
    mean, scale = features.mean(0), features.std(0)
    scale = np.where(scale > LEAST_DEVIATION, scale, 1.0)
    ones = np.column_stack([np.ones(len(features)), (features - mean) / scale])
    ridge = RIDGE * np.diag([0.0, *np.ones(features.shape[1])])
    weights = np.zeros(ones.shape[1])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-ones @ weights))
        slope = ones.T @ (probability - right) + ridge @ weights
        step = np.linalg.solve((ones * (probability * (1 - probability))[:, None]).T @ ones + ridge, slope)
        weights -= step
        if np.abs(step).max() < NEAR:
            break
    own = weights[1:] / scale
    return float(weights[0] - own @ mean), own


def with_confidences(found: Sequence[Candidate], calibration: PhraseCalibration) -> list[tuple[Candidate, float]]:
    """Each candidate with its confidence."""
    return [(own, calibration.confidence(own.evidence.features())) for own in found]


def held_out_confidences(trials: Sequence[Trial], model: str) -> list[tuple[Candidate, float]]:
    """All candidates; the confidence of each is predicted by a fit on the other recordings."""
    predicted = []
    for trial in trials:
        rest = [own for other in trials if other is not trial for own in other.candidates]
        predicted += with_confidences(trial.candidates, fit_calibration(rest, model))
    return predicted


def fit_trials(trials: Sequence[Trial], model: str, count: int, seed: int) -> PhraseCalibration:
    """The calibration for all trials.

    Args:
        count, seed: of `run_trials`, for the description in the file.
    """
    hours = sum(trial.recording.emission.duration for trial in trials) / 3600
    found = [own for trial in trials for own in trial.candidates]
    fitted_on = (
        f"{hours:.2f} h of read speech of {len(trials)} speakers; for each, {count} phrases of 1, 2 and 3 to 5 "
        f"words that occur and as many that do not; {len(found)} candidates; seed {seed}"
    )
    return fit_calibration(found, model, fitted_on)
