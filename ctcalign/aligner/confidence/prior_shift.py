"""Adaptation of confidences to the file: the more of its cues are wrong, the less likely each cue is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.logistic import LEAST, MOST

F64 = NDArray[np.float64]

# Beta prior of the fraction of right cues in a file: its mean, and its weight in cues, so that one bad cue of three has
# little influence on the other two. Measured in docs/confidence.md.
EXPECTED, WEIGHT = 0.97, 5.0
UNRECOGNISED = 0.5  # its mean where the model does not recognise the text (recognition.py)
STEPS, NEAR = 200, 1e-7  # largest number of iterations, and the change at which they stop


def estimated_prior(alone: F64, fitted: float, expected: float = EXPECTED) -> float:
    """Fraction of right cues in a file: the fixed point of their confidences (maximum a posteriori).

    Source: Saerens, Latinne and Decaestecker 2002, Adjusting the outputs of a classifier to new a priori
    probabilities, Neural Computation 14(1), the EM algorithm there, here with a beta prior.

    Args:
        alone: (n,) confidences of the cues, each computed without the others, in (0, 1).
        fitted: fraction of right cues for which these confidences were fitted.
        expected: mean of the beta prior.
    Returns:
        In (0, 1).
    """
    prior = expected
    for _ in range(STEPS):
        before = prior
        prior = (float(_with_prior(alone, fitted, before).sum()) + WEIGHT * expected) / (len(alone) + WEIGHT)
        if abs(prior - before) < NEAR:
            break
    return prior


def shifted(alone: F64, fitted: float, expected: float = EXPECTED) -> F64:
    """Confidences of the cues of one file with the prior replaced by the estimated one; their order is kept. (n,)"""
    return np.asarray(np.clip(_with_prior(alone, fitted, estimated_prior(alone, fitted, expected)), LEAST, MOST))


def _with_prior(alone: F64, fitted: float, prior: float) -> F64:
    """Bayes' rule with another prior."""
    right, wrong = alone * (prior / fitted), (1.0 - alone) * ((1.0 - prior) / (1.0 - fitted))
    return np.asarray(right / (right + wrong))
