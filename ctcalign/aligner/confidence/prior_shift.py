"""What all captions of a file say about each: where many are wrong, every single one is less likely to be right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.logistic import LEAST, MOST

F64 = NDArray[np.float64]

# Before anything is heard of a file, so many of its captions are expected to be right, with the weight of so many
# captions: one bad caption of three says little about the other two. Measured in docs/confidence.md.
EXPECTED, WEIGHT = 0.97, 20.0
STEPS, NEAR = 200, 1e-7


def right_share(alone: F64, fitted: float) -> float:
    """The share of right captions in a file: the fixed point of their confidences (maximum a posteriori).

    Source: Saerens, Latinne and Decaestecker 2002, Adjusting the outputs of a classifier to new a priori
    probabilities, Neural Computation 14(1), the EM algorithm there, here with a beta prior.

    Args:
        alone: (n,) confidences of the captions, each judged on its own, in (0, 1).
        fitted: share of right captions that these confidences expect.
    Returns:
        In (0, 1).
    """
    share = EXPECTED
    for _ in range(STEPS):
        before = share
        share = (float(_moved(alone, fitted, before).sum()) + WEIGHT * EXPECTED) / (len(alone) + WEIGHT)
        if abs(share - before) < NEAR:
            break
    return share


def together(alone: F64, fitted: float) -> F64:
    """(n,) confidences of the captions of one file, made for the share of them that is right. Their order stays."""
    return np.asarray(np.clip(_moved(alone, fitted, right_share(alone, fitted)), LEAST, MOST))


def _moved(alone: F64, fitted: float, share: float) -> F64:
    """Bayes' rule with another prior."""
    right, wrong = alone * (share / fitted), (1.0 - alone) * ((1.0 - share) / (1.0 - fitted))
    return np.asarray(right / (right + wrong))
