"""Start and end of cues whose words were found, including wrong words at their edges.

A word that was spoken differently from the text is skipped, and the speech in its place is in a filler. That speech
belongs to the cue if it follows the other words of the cue without a long pause and is about as long as the skipped
words would be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import itemgetter

from ctcalign.aligner.placing.words import PlacedWord, Placement
from ctcalign.aligner.transcript import Transcript
from ctcalign.spans import Span

# A cue is placed if words with at least this fraction of its letters were found; fewer may be found by chance.
LEAST_FOUND = 0.45
# Seconds of silence beyond which speech is not part of the cue: if words are missing at this edge, and if not.
JOIN_MISSING, JOIN = 0.9, 0.35
LETTER = 0.085  # seconds that a letter of a skipped word takes
SLACK = 1.3  # further seconds of speech, for words that are not in the text


def without_chance(transcript: Transcript, placed: Sequence[PlacedWord | None]) -> list[PlacedWord | None]:
    """The words without those of cues of which too few letters were found."""
    letters = [0] * len(transcript.cues)
    found = [0] * len(transcript.cues)
    for number, ((cue, _), word) in enumerate(zip(transcript.homes, placed, strict=True)):
        letters[cue] += transcript.letters(number)
        found[cue] += 0 if word is None else transcript.letters(number)
    return [
        word if found[cue] >= LEAST_FOUND * letters[cue] else None
        for (cue, _), word in zip(transcript.homes, placed, strict=True)
    ]


def cue_spans(transcript: Transcript, placement: Placement, reserved: Collection[int] | None = ()) -> list[Span | None]:
    """Start and end of each cue that is placed, None for the others.

    Args:
        transcript: the input.
        placement: of its words, with the speech between them.
        reserved: cues that are not placed but may be, between their neighbours; None: all that have spoken words. The
            neighbours are not extended over the speech that may belong to them.
    """
    words, numbers = without_chance(transcript, placement.words), transcript.numbers_of_cues()
    cores: dict[int, CueCore] = {}
    for cue, own in enumerate(numbers):
        core = _core(transcript, words, own)
        if core is not None:
            cores[cue] = core
    waiting = [
        cue for cue, own in enumerate(numbers) if own and cue not in cores and (reserved is None or cue in reserved)
    ]
    bounds = [-1, *cores, len(numbers)]
    free = [bisect_left(waiting, high) == bisect_left(waiting, low) for low, high in pairwise(bounds)]
    limited = [
        replace(core, open_before=before, open_after=after)
        for core, before, after in zip(cores.values(), free, free[1:], strict=False)
    ]
    edges = cue_edges(limited, placement.speech)
    spans: list[Span | None] = [None] * len(numbers)
    for cue, (start, end) in zip(cores, edges, strict=True):
        spans[cue] = Span(start, end)
    return spans


@dataclass(frozen=True)
class CueCore:
    """The words of a cue that were found. Times in seconds.

    Attributes:
        start, end: of the first and the last word that was found.
        before, after: letters of the skipped words before the first and after the last one.
        open_before, open_after: whether speech there may be added although no word is missing, since it is not
            reserved for another cue.
    """

    start: float
    end: float
    before: int
    after: int
    open_before: bool = True
    open_after: bool = True


def _core(transcript: Transcript, words: Sequence[PlacedWord | None], numbers: Sequence[int]) -> CueCore | None:
    """The core of a cue with these spoken words; None when none of them has a place."""
    placed = [(number, word) for number in numbers if (word := words[number]) is not None]
    if not placed:
        return None
    (first, first_word), (last, last_word) = placed[0], placed[-1]
    before = sum(transcript.letters(number) for number in numbers if number < first)
    after = sum(transcript.letters(number) for number in numbers if number > last)
    return CueCore(first_word.start, last_word.end, before, after)


def cue_edges(cores: Sequence[CueCore], speech: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Start and end of each cue, moved over the speech that belongs to it.

    Args:
        cores: cues in order, without overlap.
        speech: (start, end) of the stretches of speech that no word covers, in order, without overlap.
    """
    starts = [core.start for core in cores]
    ends = [core.end for core in cores]
    taken: set[int] = set()
    for missing in (True, False):  # edges with missing words come first, then those that only touch speech
        for number, core in enumerate(cores):
            if missing is (core.after > 0) and (missing or core.open_after):
                after = cores[number + 1].start if number + 1 < len(cores) else float("inf")
                ends[number] = _moved(core.end, after, core.after, speech, taken, 1)
            if missing is (core.before > 0) and (missing or core.open_before):
                before = cores[number - 1].end if number else float("-inf")
                starts[number] = _moved(core.start, before, core.before, speech, taken, -1)
    return list(zip(starts, ends, strict=True))


def _moved(
    edge: float, limit: float, missing: int, speech: Sequence[tuple[float, float]], taken: set[int], way: int
) -> float:
    """An edge at which `missing` letters were skipped, moved over the stretches after it (way 1) or before it (-1)."""
    reach = edge
    room = 1.5 * LETTER * missing + SLACK
    pause = JOIN_MISSING if missing else JOIN
    if way > 0:
        order = range(bisect_left(speech, edge - 1e-6, key=itemgetter(0)), len(speech))
    else:
        order = range(bisect_right(speech, edge + 1e-6, key=itemgetter(1)) - 1, -1, -1)
    for place in order:
        near, far = speech[place] if way > 0 else speech[place][::-1]
        if (limit - far) * way < -1e-6:
            break
        if place in taken or (near - reach) * way > pause or (far - edge) * way > room:
            break
        taken.add(place)
        reach = far
    return reach
