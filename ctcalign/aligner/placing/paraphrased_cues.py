"""Cues of which no word was heard, but in whose place something is said.

A caption may tell in quite other words what is said: nothing of it is heard, and speech that no cue covers stands
between its neighbours. Where there are as many such stretches as such cues, and each is about as long as its cue would
take, the cues get their times. Sounds that the text marks, as applause, may take a stretch too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ctcalign.aligner.placing.breaths import with_breaths
from ctcalign.aligner.placing.cues import time_marks
from ctcalign.aligner.placing.placement import BY_NEIGHBOURS, Placement, is_mark, letters
from ctcalign.aligner.placing.uncaptioned_speech import spelled
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission

Span = tuple[float, float]

# A cue's time at the pace of the others, against the stretch: all cues between two neighbours, and each of them.
MOST_TOGETHER = 1.75
MOST_EACH = 2.5
# What a stretch is longer than from its first to its last symbol, in seconds.
EDGES = 0.3


@dataclass(frozen=True)
class _Gap:
    """Unheard cues and marks between two neighbours, in order; these end at `after`, begin at `before`, in seconds."""

    cues: list[int]
    after: float
    before: float


def place_unheard(
    text: Transcript,
    cues: Sequence[AlignedCue],
    placement: Placement,
    emission: Emission,
    only: Collection[int] | None = None,
) -> list[int]:
    """Give such cues a place; they become "aligned" with the reason BY_NEIGHBOURS, their words stay without times.

    Args:
        text: whose cues these are.
        cues: all of them, in file order; changed.
        placement: of the words, with the edges of the speech between them.
        emission: of the recording.
        only: the positions of those that may be placed; None: all.
    Returns:
        The positions of the cues that were placed.
    """
    said = [0] * len(cues)
    for number, (cue, _) in enumerate(text.homes):
        said[cue] += letters(text, number)
    pace = _pace(cues, said)
    if pace is None:
        return []
    found: list[int] = []
    others: list[Span] = []
    for gap in _gaps(cues, emission.duration):
        inside = spelled(emission, gap.after, gap.before)
        if len(inside) == len(gap.cues):
            pairs = [(cue, span) for cue, span in zip(gap.cues, inside, strict=True) if not is_mark(cues[cue])]
        else:
            unheard = [cue for cue in gap.cues if not is_mark(cues[cue])]
            pairs = list(zip(unheard, inside, strict=True)) if len(unheard) == len(inside) else []
        if only is not None:
            pairs = [(cue, span) for cue, span in pairs if cue in only]
        if not pairs or not _fits([(said[cue] * pace, span) for cue, span in pairs]):
            continue
        taken = [span for _, span in pairs]
        others += [span for span in inside if span not in taken]
        for cue, span in pairs:
            cues[cue].start, cues[cue].end = _edges(span, placement.speech, gap)
            cues[cue].status, cues[cue].reason = "aligned", BY_NEIGHBOURS
            found.append(cue)
    if found:
        _take_in_breaths(cues, found, others, placement)
        time_marks(cues, emission.duration)
    return found


def _pace(cues: Sequence[AlignedCue], said: Sequence[int]) -> float | None:
    """Seconds a letter in the cues that were heard; None without any."""
    spans = [
        (c.end - c.start, n) for c, n in zip(cues, said, strict=True) if _heard(c) and c.start is not None and c.end
    ]
    total = sum(n for _, n in spans)
    return sum(seconds for seconds, _ in spans) / total if total else None


def _heard(cue: AlignedCue) -> bool:
    return cue.status == "aligned" and cue.start is not None


def _gaps(cues: Sequence[AlignedCue], duration: float) -> list[_Gap]:
    """Between two neighbours that were heard, where one of the cues was not."""
    gaps: list[_Gap] = []
    after = 0.0
    waiting: list[int] = []
    for place, cue in enumerate(cues):
        if not _heard(cue):
            waiting.append(place)
            continue
        gaps.append(_Gap(waiting, after, cue.start or 0.0))
        waiting, after = [], cue.end or 0.0
    gaps.append(_Gap(waiting, after, duration))
    return [gap for gap in gaps if any(not is_mark(cues[place]) for place in gap.cues)]


def _fits(pairs: Sequence[tuple[float, Span]]) -> bool:
    """Whether the stretches are about as long as their cues would take, together and each."""
    lengths = [(wanted, end - start + EDGES) for wanted, (start, end) in pairs]
    together = (sum(wanted for wanted, _ in lengths), sum(length for _, length in lengths))
    limits = [(*together, MOST_TOGETHER), *((*one, MOST_EACH) for one in lengths)]
    return all(a <= most * b and b <= most * a for a, b, most in limits)


def _edges(span: Span, speech: Sequence[Span], gap: _Gap) -> Span:
    """The stretch from the onset of its first sound to the offset of its last."""
    own = [part for part in speech if part[1] > span[0] and part[0] < span[1]]
    start = min([span[0], *(part[0] for part in own)])
    end = max([span[1], *(part[1] for part in own)])
    return max(start, gap.after), min(end, gap.before)


def _take_in_breaths(
    cues: Sequence[AlignedCue], found: Sequence[int], left: Sequence[Span], placement: Placement
) -> None:
    placed = [place for place, cue in enumerate(cues) if _heard(cue)]
    spans = [(cues[place].start or 0.0, cues[place].end or 0.0) for place in placed]
    wide = with_breaths(spans, left, placement.energy, placement.energy_shift)
    for position, place in enumerate(placed):
        if place in found:
            before = spans[position - 1][1] if position else 0.0
            after = spans[position + 1][0] if position + 1 < len(spans) else wide[position][1]
            cues[place].start = max(wide[position][0], min(before, spans[position][0]))
            cues[place].end = min(wide[position][1], max(after, spans[position][1]))
