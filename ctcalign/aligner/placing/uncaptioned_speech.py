"""Speech that no word or cue covers, found in the greedy decoding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc import FILLER, GraphPath
from ctcalign.emission.emission import Emission

SHORTEST_GAP = 1.0  # seconds between two cues; shorter gaps are not searched
LEAST_SYMBOLS = 4  # in a stretch of speech
LEAST_RATE = 3.0  # symbols per second in a stretch of speech
WIDEST_PAUSE = 0.8  # seconds from symbol to symbol that separate two stretches outside of cues
FILLER_PAUSE = 0.25  # seconds without a symbol that separate two stretches inside a filler


def uncaptioned_speech(emission: Emission, covered: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches of speech outside `covered`.

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
            found.extend(recognised_speech(emission, before, start))
        before = max(before, end)
    return found


def recognised_speech(emission: Emission, start: float, end: float) -> list[tuple[float, float]]:
    """Stretches between two times in which enough symbols are recognised, (start, end) in seconds."""
    clock = emission.clock
    begins = emission.decoding.alone(*clock.frames((start, end))).without_separators().frames
    if not begins.size:
        return []
    stretches = []
    for group in np.split(begins, np.flatnonzero(np.diff(begins) * clock.frame_shift > WIDEST_PAUSE) + 1):
        seconds = (int(group[-1]) - int(group[0]) + 1) * clock.frame_shift
        if len(group) >= LEAST_SYMBOLS and len(group) >= LEAST_RATE * seconds:
            begin = clock.seconds(int(group[0]))
            stretches.append((begin, min(begin + seconds, end)))
    return stretches


def filler_speech(path: GraphPath, labels: NDArray[np.int64], emission: Emission) -> list[tuple[int, int]]:
    """Stretches of speech in the fillers of a graph, as frames [first, stop), in order.

    A stretch extends from its first to its last recognised symbol.

    Args:
        path: best path of a graph with fillers.
        labels: of the graph's nodes, (N,).
        emission: of the recording.
    """
    pause = max(1, emission.clock.count(FILLER_PAUSE))
    return [
        stretch
        for first, stop in _filler_spans(path, labels)
        for stretch in emission.decoding.alone(first, stop).stretches(pause)
    ]


def _filler_spans(path: GraphPath, labels: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Frames [first, stop) of fillers; fillers that touch are joined."""
    found: list[tuple[int, int]] = []
    for node, (first, stop) in zip(path.nodes.tolist(), path.spans, strict=True):
        if labels[node] > FILLER:
            continue
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((first, stop))
    return found
