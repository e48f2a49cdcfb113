"""Prefix beam search: the token sequences with the highest total probability over their alignments."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ctcalign.ctc.prefixes import kernels as prefix_kernels
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
    return list(prefixes_kept(log_probs, beam, blank)[0][0])


def prefixes_kept(log_probs: npt.NDArray[np.floating], beam: int, blank: int) -> list[tuple[tuple[int, ...], float]]:
    """All prefixes that the search is left with, best first, and the mass of those of their alignments that it kept."""
    if isinstance(beam, bool) or beam < 1:
        raise UsageError(f"beam: got {beam}, expected 1 or more")
    scores = np.ascontiguousarray(log_probs, np.float64)
    nodes, masses, parents, labels = prefix_kernels.search(scores, beam, blank, LEAST_LOG_PROB)
    found = []
    for start, mass in zip(nodes.tolist(), masses.tolist(), strict=True):
        tokens, node = [], start
        while node > 0:
            tokens.append(int(labels[node]))
            node = parents[node]
        found.append((tuple(reversed(tokens)), mass))
    return found
