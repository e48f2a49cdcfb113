"""Prefix beam search: the token sequence with the highest total probability over its alignments."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ctcalign.errors import UsageError

# Labels less likely than this in a frame (nats) do not extend a prefix there: no effect on results that matter, and
# most of the work saved.
LEAST_LOG_PROB = -9.0


def prefix_beam_search(log_probs: npt.NDArray[np.floating], beam: int = 16, blank: int = 0) -> list[int]:
    """Search the most probable token sequence of one emission.

    Each prefix carries two masses, of its alignments that end in blank and of those that end in its last token; a
    repeated token extends a prefix only from the first (Hannun et al. 2014, Algorithm 1, without a language model).

    Args:
        log_probs: natural log, shape (T, C).
        beam: prefixes kept after each frame, >= 1.
        blank: column of the blank.
    Returns:
        Tokens of the best prefix that was kept; [] for silence.
    Raises:
        UsageError: beam < 1.
    """
    if beam < 1:
        raise UsageError(f"beam: got {beam}, expected 1 or more")
    nothing = -math.inf
    prefixes: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, nothing)}
    for row in np.asarray(log_probs, np.float64):
        likely = [int(label) for label in np.flatnonzero(row > LEAST_LOG_PROB) if label != blank]
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (in_blank, in_token) in prefixes.items():
            whole = np.logaddexp(in_blank, in_token)
            old_blank, old_token = grown.get(prefix, (nothing, nothing))
            stay = in_token + row[prefix[-1]] if prefix else nothing
            grown[prefix] = (np.logaddexp(old_blank, whole + row[blank]), np.logaddexp(old_token, stay))
            for label in likely:
                mass = (in_blank if prefix and label == prefix[-1] else whole) + row[label]
                longer = (*prefix, label)
                old_blank, old_token = grown.get(longer, (nothing, nothing))
                grown[longer] = (old_blank, np.logaddexp(old_token, mass))
        best = sorted(grown.items(), key=lambda item: -np.logaddexp(*item[1]))[:beam]
        prefixes = dict(best)
    return list(next(iter(prefixes))) if prefixes else []
