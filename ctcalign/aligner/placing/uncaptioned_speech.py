"""Speech that no cue covers, as the recogniser itself hears it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctcalign.ctc import FILLER, GraphPath
from ctcalign.emission.emission import Emission

SHORTEST_GAP = 1.0  # seconds between two cues that are looked into
LEAST_SYMBOLS = 4
LEAST_RATE = 3.0  # symbols a second that the recogniser must hear
WIDEST_PAUSE = 0.8  # seconds without a symbol that divide two stretches


def uncaptioned_speech(emission: Emission, covered: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches outside `covered` in which the model's best labels spell something.

    Args:
        emission: of the whole recording.
        covered: (start, end) of the placed cues in seconds, any order.
    Returns:
        (start, end) in seconds, in order.
    """
    found: list[tuple[float, float]] = []
    before = 0.0
    for start, end in [*sorted(covered), (emission.duration, emission.duration)]:
        if start - before >= SHORTEST_GAP:
            found.extend(spelled(emission, before, start))
        before = max(before, end)
    return found


def spelled(emission: Emission, start: float, end: float) -> list[tuple[float, float]]:
    """Stretches between two times in which the model's best labels spell something, (start, end) in seconds."""
    shift = emission.frame_shift
    first, stop = emission.clock.frames((start, end))
    new = emission.decoding.alone(first, stop).without_separators().frames
    if len(new) == 0:
        return []
    groups = np.split(new, np.flatnonzero(np.diff(new) * shift > WIDEST_PAUSE) + 1)
    stretches = []
    for group in groups:
        seconds = (int(group[-1]) - int(group[0]) + 1) * shift
        if len(group) >= LEAST_SYMBOLS and len(group) >= LEAST_RATE * seconds:
            at = emission.clock.seconds(int(group[0]))
            stretches.append((at, min(at + seconds, end)))
    return stretches


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
    widest = max(1, emission.clock.count(PAUSE))
    return [
        stretch
        for first, stop in _joined(path, labels_of_nodes)
        for stretch in emission.decoding.alone(first, stop).stretches(widest)
    ]


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
