"""Texts with many wrong words: placed where the speech between their neighbours resembles them as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ctcalign.aligner.ipfa.scouting import Scout, gaps, runs_without
from ctcalign.aligner.ipfa.segmenter import Segment
from ctcalign.edits import edit_distance
from ctcalign.emission.decoding import GreedyDecoding

LIKE = 0.62  # errors per label: text that is not spoken has 0.75 and more, text with 30 % wrong words 0.4
FEWEST_LABELS = 8


def guess(
    scout: Scout,
    placed: dict[int, Segment],
    decoding: GreedyDecoding,
    frame_of: Callable[[float], int],
    encode: Callable[[str], Sequence[int]],
    start: float,
    end: float,
) -> dict[int, Segment]:
    """Places of texts that were not found, in gaps whose speech resembles the texts that belong there.

    Args:
        scout: see `Scout`.
        placed: the texts that were found.
        decoding: of the whole recording; frame_of: the frame at a time in seconds.
        encode: labels of a text.
        start, end: of the speech in the recording, in seconds.
    Returns:
        Segments between the first and the last recognised label of the gap.
    """
    guessed: dict[int, Segment] = {}
    for low, high, numbers in gaps(placed, range(len(scout.texts)), start, end):
        for run in _parts(runs_without(placed, numbers)):
            first, stop = frame_of(low), frame_of(high)
            text = [label for n in run for label in encode(scout.texts[n])]
            if len(text) < FEWEST_LABELS:
                continue
            recognised = decoding.between(first, stop)
            if edit_distance(text, recognised.labels) > LIKE * len(text):
                continue
            frames = recognised.frames
            seconds = (high - low) / max(1, stop - first)
            begin = max(low, low + (int(frames[0]) - first - 1) * seconds)
            finish = min(high, low + (int(frames[-1]) - first + 2) * seconds)
            found = scout.together(begin, finish, run)
            if not found:
                continue
            guessed.update(found)
            break  # one run per gap: another would need the rest of it
    return guessed


def _parts(runs: list[list[int]]) -> list[list[int]]:
    """Whole runs first, then each text alone, longest run first."""
    whole = sorted(runs, key=len, reverse=True)
    return whole + [[n] for run in whole if len(run) > 1 for n in run]
