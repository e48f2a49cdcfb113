"""Edges of texts whose first or last words are wrong.

Such a word is placed next to its correct neighbour (a separator costs nothing), so that the speech in its place remains
uncovered; or it is placed in the speech of the next text. Therefore stray labels beyond a pause are removed, and labels
recognised between two texts are assigned to one of them unless they increase its edit distance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.ipfa.segmenter import Segment
from ctcalign.edits import prefix_distances
from ctcalign.emission.decoding import GreedyDecoding
from ctcalign.spans import FrameClock

PAUSE = 0.25  # seconds between two labels
PAUSE_COST = 1.5  # errors that crossing a pause must save
SAME_BREATH = 0.9  # errors that a label without a pause in between is worth
STRAY_PAUSE = 0.4  # seconds between stray labels at an edge and the rest of a text
STRAY_COST = 2.0  # errors that removing them may add
STRAYS = 10  # labels at most
LEFT = 0.7  # labels that must remain, per label of the text
WRONG_WORDS = -2.1  # nats per label below which some words are probably wrong and may be misplaced
FARTHEST = 4.0  # seconds that a text may grow at one end


def grown(
    placed: Mapping[int, Segment],
    texts: Sequence[str],
    encode: Callable[[str], Sequence[int]],
    decoding: GreedyDecoding,
    clock: FrameClock,
    start: float,
    end: float,
) -> dict[int, Segment]:
    """The segments without stray labels, extended over the speech between them. Totals and scores are unchanged.

    Args:
        placed: cores by number of their text, in order and without overlap.
        texts, encode: the texts and their labels.
        decoding: of the recording.
        clock: clock of its frames.
        start, end: of its speech, in seconds.
    """
    numbers = sorted(placed)
    labels = [np.asarray(encode(texts[n]), np.int64) for n in numbers]
    old = [(clock.frame(placed[n].start), clock.frame(placed[n].end)) for n in numbers]
    edges = [
        _trimmed(text, span, decoding, STRAY_PAUSE / clock.frame_shift)
        if placed[n].total < WRONG_WORDS * placed[n].labels
        else span
        for n, text, span in zip(numbers, labels, old, strict=True)
    ]
    edges = [_to_labels(span, decoding) for span in edges]
    starts, stops = [first for first, _ in edges], [stop for _, stop in edges]
    reach = clock.frame(start + FARTHEST) - clock.frame(start)
    for i in range(len(numbers) + 1):
        low = stops[i - 1] if i else clock.frame(start)
        high = starts[i] if i < len(numbers) else clock.frame(end)
        recognised = decoding.between(low, high)
        labels_between, frames = recognised.labels, recognised.frames
        if not len(frames):
            continue
        width = PAUSE / clock.frame_shift
        before = after = np.zeros(1)
        if i:
            near = int(np.searchsorted(frames, low + reach))
            before = _costs(
                labels[i - 1], decoding.between(*edges[i - 1]).labels, labels_between[:near], frames[:near] - low, width
            )
        if i < len(numbers):
            near = int(np.searchsorted(frames, high - reach))
            own = decoding.between(starts[i], stops[i]).labels[::-1]
            after = _costs(labels[i][::-1], own, labels_between[near:][::-1], high - frames[near:][::-1], width)
        taken_before, taken_after = _split(before, after, frames)
        if taken_before:
            edges[i - 1] = (edges[i - 1][0], int(frames[taken_before - 1]) + 1)
        if taken_after:
            edges[i] = (int(frames[len(frames) - taken_after]), edges[i][1])
    result = {}
    for n, (first, stop), (old_first, old_stop) in zip(numbers, edges, old, strict=True):
        segment = placed[n]
        if first != old_first:
            segment = replace(segment, start=clock.seconds(first))
        if stop != old_stop:
            segment = replace(segment, end=clock.seconds(stop))
        result[n] = segment
    return result


def _to_labels(span: tuple[int, int], decoding: GreedyDecoding) -> tuple[int, int]:
    """Shrink a span to its first and last recognised label: a wrong label may be entered anywhere in a pause."""
    frames = decoding.between(*span).frames
    return (int(frames[0]), int(frames[-1]) + 1) if len(frames) else span


def _trimmed(text: NDArray[np.int64], span: tuple[int, int], decoding: GreedyDecoding, pause: float) -> tuple[int, int]:
    """The span without the few labels at either edge that are separated by a pause and do not match the text."""
    first, stop = span
    for backwards in (False, True):
        recognised = decoding.between(first, stop)
        frames = recognised.frames
        way = slice(None, None, -1) if backwards else slice(None)
        errors = prefix_distances(text[way], recognised.labels[way])
        order = frames[way]
        for kept in range(len(order) - 1, max(round(LEFT * len(text)), len(order) - 1 - STRAYS), -1):
            if abs(int(order[kept]) - int(order[kept - 1])) > pause and errors[kept] <= errors[-1] + STRAY_COST:
                first, stop = (int(order[kept - 1]), stop) if backwards else (first, int(order[kept - 1]) + 1)
                break
    return first, stop


def _costs(
    text: NDArray[np.int64],
    own: NDArray[np.int64],
    more: NDArray[np.int64],
    distances: NDArray[np.int64],
    pause: float,
) -> NDArray[np.float64]:
    """Edit distance of a text with 0, 1, 2, ... of the adjacent labels, plus the cost of the pauses crossed."""
    errors = prefix_distances(text, np.concatenate([own, more]))[len(own) :].astype(np.float64)
    pauses = np.cumsum(np.diff(distances, prepend=0) > pause)
    errors[1:] += PAUSE_COST * pauses - SAME_BREATH * np.cumsum(pauses == 0)
    return errors


def _split(before: NDArray[np.float64], after: NDArray[np.float64], frames: NDArray[np.int64]) -> tuple[int, int]:
    """Numbers of labels for the text before and the text after: fewest errors, then most labels, then widest gap."""
    best = (np.inf, 0, 0.0)
    taken = (0, 0)
    for a in range(len(before)):
        most = min(len(after) - 1, len(frames) - a)
        costs = before[a] + after[: most + 1]
        least = costs.min()
        b = int(np.flatnonzero(costs <= least)[-1])
        gap = float(frames[len(frames) - b] - frames[a - 1]) if a and 0 < b else 0.0
        key = (float(least), -(a + b), -gap)
        if key < best:
            best, taken = key, (a, b)
    return taken
