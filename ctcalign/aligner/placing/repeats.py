"""Text that may be said elsewhere as well: sentences written twice and said once, choruses sung more than written.

The best path takes one of the places that fit; here the others are found, so that nobody takes a guess for sure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.edits import substring_distances
from ctcalign.emission.emission import Emission

Span = tuple[float, float]

NEAR = 5  # cues on either side that a stretch of speech, or an equal text, is compared with
LEAST_LETTERS = 6  # of a text: shorter ones are heard everywhere
SHOWN = 10  # cues that the warning names
MOST_ERRORS = 0.35  # label errors over the labels of the text, up to which it is the same text


def mark_repeats(
    text: Transcript, cues: Sequence[AlignedCue], unwritten: Sequence[Span], emission: Emission
) -> list[str]:
    """Write into each cue's `alternatives` where else its words are said; and a warning that counts them.

    Looked at are the places of cues with the same words of which one is not heard, and stretches of speech without a
    text, each against the `NEAR` cues on either side in the text.

    Args:
        text: whose cues these are.
        cues: all of them, in file order.
        unwritten: (start, end) in seconds of speech that no cue covers.
        emission: of the recording.
    """
    spoken = _labels(text)
    for place, cue in enumerate(cues):
        if cue.status == "aligned" or len(spoken[place]) < LEAST_LETTERS:
            continue
        for other in _around(place, len(cues)):
            span = cues[other].span
            if spoken[other] == spoken[place] and span is not None:
                cue.alternatives.append(span)
                break
    if unwritten:
        _match_speech(spoken, cues, unwritten, emission)
    found = [cue.index for cue in cues if cue.alternatives]
    if not found:
        return []
    shown = ", ".join(map(str, found[:SHOWN])) + (", ..." if len(found) > SHOWN else "")
    return [
        f"repeats: {len(found)} cue{'s' if len(found) > 1 else ''} may be said elsewhere as well ({shown}); "
        "where the captions have times, --max-shift lets these decide"
    ]


def _match_speech(
    spoken: Sequence[tuple[int, ...]], cues: Sequence[AlignedCue], unwritten: Sequence[Span], emission: Emission
) -> None:
    shift, decoding = emission.frame_shift, emission.decoding.without_separators()
    labels, frames = decoding.labels, decoding.frames
    placed = [place for place, cue in enumerate(cues) if cue.start is not None and cue.status == "aligned"]
    starts = np.array([cues[place].start for place in placed])
    for start, end in unwritten:
        low, high = np.searchsorted(frames, [(time - emission.offset) / shift for time in (start, end)])
        behind = int(np.searchsorted(starts, start))
        first = placed[behind - 1] if behind else -1  # the cue before this speech
        for place in range(max(0, first + 1 - NEAR), min(len(cues), first + 1 + NEAR)):
            span = _said(spoken[place], labels[low:high])
            if span is not None:
                a, b = (emission.offset + shift * int(frames[low + at]) for at in (span[0], span[1] - 1))
                cues[place].alternatives.append((a, min(b + shift, emission.duration)))


def _said(text: tuple[int, ...], heard: NDArray[np.int64]) -> tuple[int, int] | None:
    """Where in the labels heard the text is said, None where it is not."""
    if len(text) < LEAST_LETTERS or len(heard) < (1 - MOST_ERRORS) * len(text):
        return None
    errors = substring_distances(text, heard)
    stop = int(errors.argmin())
    if errors[stop] > MOST_ERRORS * len(text):
        return None
    start = stop - int(substring_distances(text[::-1], heard[:stop][::-1]).argmin())
    return (start, stop) if stop > start else None


def _labels(text: Transcript) -> list[tuple[int, ...]]:
    """The labels of each cue in the first reading of its words, without separators."""
    found: list[list[int]] = [[] for _ in text.cues]
    for (cue, _), word in zip(text.homes, text.spoken, strict=True):
        found[cue] += word.alternatives[0] if word.alternatives else ()
    return [tuple(labels) for labels in found]


def _around(place: int, count: int) -> list[int]:
    """The places next to one, nearest first."""
    return [p for step in range(1, NEAR + 1) for p in (place - step, place + step) if 0 <= p < count]
