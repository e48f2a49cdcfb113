"""What is said inside the fillers of a path: stretches of speech that no word covers."""

from __future__ import annotations

import numpy as np

from ctcalign.align.emission import Emission
from ctcalign.ctc import FILLER, GraphPath

# Seconds without a symbol that divide two stretches.
PAUSE = 0.25


def filler_speech(
    path: GraphPath, labels_of_nodes: np.ndarray[tuple[int], np.dtype[np.int64]], emission: Emission
) -> list[tuple[int, int]]:
    """Frames [first, stop) from the first to the last symbol that the model hears in each stretch, in order.

    Args:
        path: best path of a graph with fillers.
        labels_of_nodes: labels of that graph, (N,).
    """
    blank, separator = emission.vocabulary.blank, emission.vocabulary.separator
    widest = max(1, round(PAUSE / emission.frame_shift))
    found: list[tuple[int, int]] = []
    for first, stop in _joined(path, labels_of_nodes):
        best = np.asarray(emission.log_probs[first:stop]).argmax(1)
        said = np.flatnonzero((best != blank) & (best != (blank if separator is None else separator)))
        if not said.size:
            continue
        for group in np.split(said, np.flatnonzero(np.diff(said) > widest) + 1):
            found.append((first + int(group[0]), first + int(group[-1]) + 1))
    return found


def _joined(path: GraphPath, labels: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[tuple[int, int]]:
    """Spans of fillers, those that touch as one."""
    found: list[tuple[int, int]] = []
    for node, (first, stop) in zip(path.nodes.tolist(), path.spans, strict=True):
        if labels[node] > FILLER:
            continue
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((first, stop))
    return found
