"""The edges of cues whose first or last words were said otherwise than written.

A wrong word is skipped and what was said in its place lies in a filler. That speech belongs to the cue when it follows
the cue's other words without a long pause, and when it is about as long as the words that were skipped there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Seconds of silence beyond which speech no longer belongs to the cue: where words are missing at this edge, else.
JOIN_MISSING, JOIN = 0.9, 0.35
# Seconds that a letter of a skipped word takes, and what may be said beyond that: words that were left out.
LETTER = 0.085
SLACK = 1.3


@dataclass(frozen=True)
class CueCore:
    """What of a cue was heard. Times in seconds.

    Attributes:
        start, end: of its first and last word that was heard.
        before, after: letters of the skipped words in front of these and behind.
        open_before, open_after: whether no cue that was not heard stands there: what is said may be that one.
    """

    start: float
    end: float
    before: int
    after: int
    open_before: bool = True
    open_after: bool = True


def cue_edges(cores: Sequence[CueCore], speech: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Start and end of each cue.

    Args:
        cores: cues in order, without overlap.
        speech: (start, end) of the stretches of speech that no word covers, in order, without overlap.
    """
    starts = [core.start for core in cores]
    ends = [core.end for core in cores]
    taken: set[int] = set()
    for wanting in (True, False):  # first those that miss words, then what merely touches
        for number, core in enumerate(cores):
            if wanting is (core.after > 0) and (wanting or core.open_after):
                after = cores[number + 1].start if number + 1 < len(cores) else float("inf")
                ends[number] = _grown(core.end, after, core.after, speech, taken, 1)
            if wanting is (core.before > 0) and (wanting or core.open_before):
                before = cores[number - 1].end if number else float("-inf")
                starts[number] = _grown(core.start, before, core.before, speech, taken, -1)
    return list(zip(starts, ends, strict=True))


def _grown(
    edge: float, limit: float, missing: int, speech: Sequence[tuple[float, float]], taken: set[int], way: int
) -> float:
    """The edge, where `missing` letters were not heard, moved over the stretches behind (way 1) or before it (-1)."""
    reach = edge
    room = 1.5 * LETTER * missing + SLACK
    pause = JOIN_MISSING if missing else JOIN
    order = range(len(speech)) if way > 0 else range(len(speech) - 1, -1, -1)
    for place in order:
        near, far = speech[place] if way > 0 else speech[place][::-1]
        if (near - edge) * way < -1e-6 or (limit - far) * way < -1e-6:
            continue
        if place in taken or (near - reach) * way > pause or (far - edge) * way > room:
            break
        taken.add(place)
        reach = far
    return reach
