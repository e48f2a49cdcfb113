"""Text that may also be spoken elsewhere: a sentence written twice but spoken once, a chorus sung more often.

The best path chooses one of the places that fit. The others are listed as alternatives of the cue.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.edits import substring_distances
from ctcalign.emission.emission import Emission

NEAR = 5  # cues on either side with which a stretch of speech, or an equal text, is compared
LEAST_LETTERS = 6  # of a text; shorter ones match by chance
SHOWN = 10  # cues that the warning lists
MOST_ERRORS = 0.35  # label errors divided by the labels of the text, up to which speech matches the text


def mark_repeats(
    transcript: Transcript,
    cues: Sequence[AlignedCue],
    uncaptioned: Sequence[tuple[float, float]],
    emission: Emission,
) -> list[str]:
    """Add the other places at which its words may be spoken to each cue's `alternatives`; return a warning with counts.

    A cue that is not placed is compared with the cues of equal text near it, and a stretch of speech that no cue covers
    with the cues near it: `NEAR` on either side.

    Args:
        transcript: the text of the cues.
        cues: all of them, in file order.
        uncaptioned: (start, end) in seconds of speech that no cue covers.
        emission: of the recording.
    """
    texts = _labels(transcript)
    for place, cue in enumerate(cues):
        if cue.status == "aligned" or len(texts[place]) < LEAST_LETTERS:
            continue
        for other in _around(place, len(cues)):
            span = cues[other].span
            if texts[other] == texts[place] and span is not None:
                cue.alternatives.append(span)
                break
    if uncaptioned:
        _match_speech(texts, cues, uncaptioned, emission)
    found = [cue.index for cue in cues if cue.alternatives]
    if not found:
        return []
    shown = ", ".join(map(str, found[:SHOWN])) + (", ..." if len(found) > SHOWN else "")
    return [
        f"repeats: {len(found)} cue{'s' if len(found) > 1 else ''} may be spoken elsewhere as well ({shown}); "
        "if the captions have times, --max-shift uses these to decide"
    ]


def _match_speech(
    texts: Sequence[tuple[int, ...]],
    cues: Sequence[AlignedCue],
    uncaptioned: Sequence[tuple[float, float]],
    emission: Emission,
) -> None:
    clock, decoding = emission.clock, emission.decoding.without_separators()
    labels, frames = decoding.labels, decoding.frames
    placed = [place for place, cue in enumerate(cues) if cue.start is not None and cue.status == "aligned"]
    starts = np.array([cues[place].start for place in placed])
    for start, end in uncaptioned:
        low, high = np.searchsorted(frames, [clock.position(start), clock.position(end)])
        behind = int(np.searchsorted(starts, start))
        first = placed[behind - 1] if behind else -1  # the cue before this speech
        for place in range(max(0, first + 1 - NEAR), min(len(cues), first + 1 + NEAR)):
            match = best_match(texts[place], labels[low:high])
            if match is not None:
                begin, last = (clock.seconds(int(frames[low + at])) for at in (match[0], match[1] - 1))
                cues[place].alternatives.append((begin, min(last + clock.frame_shift, emission.duration)))


def best_match(text: tuple[int, ...], recognised: NDArray[np.int64]) -> tuple[int, int] | None:
    """Position of a text in the recognised labels, (first, stop); None if it is not found.

    >>> best_match((1, 2, 3, 4, 5, 6), np.array([9, 1, 2, 3, 7, 5, 6, 9]))
    (1, 7)
    """
    if len(text) < LEAST_LETTERS or len(recognised) < (1 - MOST_ERRORS) * len(text):
        return None
    errors = substring_distances(text, recognised)
    stop = int(errors.argmin())
    if errors[stop] > MOST_ERRORS * len(text):
        return None
    start = stop - int(substring_distances(text[::-1], recognised[:stop][::-1]).argmin())
    return (start, stop) if stop > start else None


def _labels(transcript: Transcript) -> list[tuple[int, ...]]:
    """The labels of each cue in the first reading of its words, without separators."""
    found: list[list[int]] = [[] for _ in transcript.cues]
    for (cue, _), word in zip(transcript.homes, transcript.spoken, strict=True):
        found[cue] += word.alternatives[0] if word.alternatives else ()
    return [tuple(labels) for labels in found]


def _around(place: int, count: int) -> list[int]:
    """The neighbouring positions of one, nearest first."""
    return [p for step in range(1, NEAR + 1) for p in (place - step, place + step) if 0 <= p < count]
