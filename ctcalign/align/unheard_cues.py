"""Cues of which no word was heard, but in whose place something is said.

A caption may tell in quite other words what is said: nothing of it is heard, and speech that no cue covers stands
between its neighbours. Where there are as many such stretches as such cues, and each is about as long as its cue would
take, the cues get their times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctcalign.align.alignment import AlignedCue
from ctcalign.align.assemble import NOT_HEARD, letters
from ctcalign.align.breaths import with_breaths
from ctcalign.align.placing import Placement
from ctcalign.align.spoken import SpokenText

BY_NEIGHBOURS = "not heard; placed by its neighbours, something else is said there"

Span = tuple[float, float]

# A cue's time at the pace of the others, against the stretch: all cues between two neighbours, and each of them.
MOST_TOGETHER = 1.75
MOST_EACH = 2.5
# What a stretch is longer than from its first to its last symbol, in seconds.
EDGES = 0.3
# Edges of the same stretch in both lists are no further apart, in seconds.
SAME = 0.15


@dataclass(frozen=True)
class _Gap:
    """Unheard cues [first, stop) between two neighbours, at `after` and `before`, in seconds."""

    first: int
    stop: int
    after: float
    before: float


def place_unheard(
    text: SpokenText, cues: Sequence[AlignedCue], unwritten: Sequence[Span], placement: Placement, duration: float
) -> tuple[list[Span], list[str]]:
    """Give such cues a place; they become "aligned" with the reason BY_NEIGHBOURS, their words stay without times.

    Args:
        text: whose cues these are.
        cues: all of them, in file order; changed.
        unwritten: (start, end) of the speech that no cue covers, in seconds, in order.
        placement: of the words, with the edges of the speech between them.
        duration: length of the recording in seconds.
    Returns:
        What of `unwritten` is left, and a warning that counts the cues.
    """
    said = [0] * len(cues)
    for number, (cue, _) in enumerate(text.homes):
        said[cue] += letters(text, number)
    pace = _pace(cues, said)
    left = list(unwritten)
    found: list[int] = []
    if pace is None:
        return left, []
    for gap in _gaps(cues, duration):
        inside = [span for span in left if span[0] >= gap.after - SAME and span[1] <= gap.before + SAME]
        if not _fits([said[cue] * pace for cue in range(gap.first, gap.stop)], inside):
            continue
        for cue, span in zip(range(gap.first, gap.stop), inside, strict=True):
            cues[cue].start, cues[cue].end = _edges(span, placement.speech, gap)
            cues[cue].status, cues[cue].reason = "aligned", BY_NEIGHBOURS
            left.remove(span)
            found.append(cue)
    _take_in_breaths(cues, found, left, placement)
    if not found:
        return left, []
    return left, [f"{len(found)} cue{'s' if len(found) > 1 else ''}: {BY_NEIGHBOURS}"]


def _pace(cues: Sequence[AlignedCue], said: Sequence[int]) -> float | None:
    """Seconds a letter in the cues that were heard; None without any."""
    spans = [
        (c.end - c.start, n) for c, n in zip(cues, said, strict=True) if _heard(c) and c.start is not None and c.end
    ]
    total = sum(n for _, n in spans)
    return sum(seconds for seconds, _ in spans) / total if total else None


def _heard(cue: AlignedCue) -> bool:
    return cue.status == "aligned" and cue.start is not None


def _unheard(cue: AlignedCue) -> bool:
    return cue.status == "not_spoken" and cue.reason == NOT_HEARD


def _gaps(cues: Sequence[AlignedCue], duration: float) -> list[_Gap]:
    """Neighbouring cues of which nothing was heard; marks that nobody speaks may stand between them."""
    gaps: list[_Gap] = []
    after, place = 0.0, 0
    while place < len(cues):
        cue = cues[place]
        if not _unheard(cue):
            after = cue.end if _heard(cue) and cue.end is not None else after
            place += 1
            continue
        stop = place
        while stop < len(cues) and _unheard(cues[stop]):
            stop += 1
        before = next((c.start for c in cues[stop:] if _heard(c) and c.start is not None), duration)
        gaps.append(_Gap(place, stop, after, before))
        place = stop
    return gaps


def _fits(wanted: Sequence[float], spans: Sequence[Span]) -> bool:
    if len(spans) != len(wanted):
        return False
    lengths = [end - start + EDGES for start, end in spans]
    pairs = [
        (sum(wanted), sum(lengths), MOST_TOGETHER),
        *((a, b, MOST_EACH) for a, b in zip(wanted, lengths, strict=True)),
    ]
    return all(a <= most * b and b <= most * a for a, b, most in pairs)


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
