"""Times in a caption file for cues that are not spoken: those of the input file, moved with their neighbours."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.spans import Span

Unspoken = Literal["keep", "drop"]
LEAST = 0.2  # seconds; a shorter display is not noticeable
_SAME = 0.05  # seconds between edges of cues that are shown together


@dataclass(frozen=True)
class Moved:
    """Seconds by which cues moved, at their middles in the input file; between two cues it is interpolated."""

    times: list[float]
    shifts: list[float]

    def span(self, start: float, end: float) -> Span:
        """The new place of a span of the input file."""
        if not self.times:
            return Span(start, end)
        middle = (start + end) / 2
        k = bisect_right(self.times, middle)
        if k == 0 or k == len(self.times):
            shift = self.shifts[min(k, len(self.times) - 1)]
        else:
            before, after = self.times[k - 1], self.times[k]
            share = (middle - before) / (after - before)
            shift = self.shifts[k - 1] + share * (self.shifts[k] - self.shifts[k - 1])
        return Span(start + shift, end + shift)


def moved(alignment: Alignment) -> Moved:
    """Shifts of the spoken cues of an alignment. A cue with a shift unlike both neighbours gets the shift of these."""
    found: dict[float, float] = {}
    for cue in alignment.cues:
        old = Span.of(cue.input_start, cue.input_end)
        if cue.status == "aligned" and cue.span is not None and old is not None:
            middle = (old.start + old.end) / 2
            found[middle] = (cue.span.start + cue.span.end) / 2 - middle
    times = sorted(found)
    raw = [found[time] for time in times]
    shifts = [median(raw[max(k - 1, 0) : k + 2]) if 0 < k < len(raw) - 1 else raw[k] for k in range(len(raw))]
    return Moved(times, shifts)


def spoken_only(alignment: Alignment) -> tuple[Alignment, list[str]]:
    """A copy without the cues that are not spoken, and a note with their number."""
    kept = [cue for cue in alignment.cues if cue.status != "not_spoken"]
    gone = len(alignment.cues) - len(kept)
    note = f"{gone} cue{'s are' if gone > 1 else ' is'} not spoken and dropped (--unspoken)"
    return replace(alignment, cues=kept), [note] * bool(gone)


def settled(alignment: Alignment, *, apart: bool = True) -> dict[int, Span]:
    """A place for each cue that has none: its time in the input file, moved with its neighbours, where there is room.

    Where there is none, a pause between its neighbours in the file. It does not overlap another cue, unless the two
    overlap in the input file. A cue that finds less than `LEAST` seconds, or would be outside of the recording, has no
    place.

    Args:
        alignment: the alignment.
        apart: else cues may overlap, and those that are not spoken have no place but this.
    Returns:
        Spans by position in `alignment.cues`.
    """
    waiting = [
        (i, old)
        for i, cue in enumerate(alignment.cues)
        if (old := _old(cue)) is not None and (cue.span is None or (not apart and cue.status == "not_spoken"))
    ]
    if not waiting:
        return {}
    shift = moved(alignment)
    taken = sorted(cue.span for cue in alignment.cues if cue.span is not None and cue.span.end > cue.span.start)
    longest = max((b - a for a, b in taken), default=0.0)
    partners = _Partners(alignment.cues)
    pauses = _pauses(alignment)
    out: dict[int, Span] = {}
    for i, old in waiting:
        together = partners.of(old)
        same = next((new for was, new in together if _close(was, old)), None)
        target = same or shift.span(*old)
        if target.end <= 0 or target.start >= alignment.duration:
            continue
        target = Span(max(target.start, 0.0), target.end)
        if together or not apart:
            out[i] = target
            continue
        place = _free(target, taken, longest)
        if place is None:  # the pause itself is elsewhere
            low, high = pauses[i]
            low = max([low, *(span.end for j, span in out.items() if j < i and span.start >= low)])
            place = _free(Span(low, min(high, low + target.duration)), taken, longest)
        if place is not None:
            out[i] = place
            insort(taken, place)
            longest = max(longest, place.duration)
    return out


def _pauses(alignment: Alignment) -> list[Span]:
    """For each cue the stretch between the placed cues before and after it in the file."""
    befores, afters = [], []
    time = 0.0
    for cue in alignment.cues:
        befores.append(time)
        time = cue.end if cue.span is not None and cue.end is not None else time
    time = alignment.duration
    for cue in reversed(alignment.cues):
        afters.append(time)
        time = cue.start if cue.span is not None and cue.start is not None else time
    return [Span(low, high) for low, high in zip(befores, reversed(afters), strict=True)]


def _old(cue: AlignedCue) -> Span | None:
    return Span.of(cue.input_start, cue.input_end)


def _close(a: Span, b: Span) -> bool:
    return abs(a.start - b.start) <= _SAME and abs(a.end - b.end) <= _SAME


class _Partners:
    """The placed cues by their times in the input file."""

    def __init__(self, cues: Sequence[AlignedCue]) -> None:
        self._rows = sorted((old, cue.span) for cue in cues if cue.span is not None and (old := _old(cue)) is not None)
        self._starts = [old.start for old, _ in self._rows]
        self._longest = max((old.end - old.start for old, _ in self._rows), default=0.0)

    def of(self, span: Span) -> list[tuple[Span, Span]]:
        """Old and new spans of the cues that overlap a span of the input file by more than `_SAME`."""
        first = bisect_left(self._starts, span.start - self._longest)
        stop = bisect_left(self._starts, span.end)
        return [
            (old, new)
            for old, new in self._rows[first:stop]
            if min(old.end, span.end) - max(old.start, span.start) > _SAME
        ]


def _free(target: Span, taken: list[Span], longest: float) -> Span | None:
    """The longest part of a span that overlaps none of those taken (sorted by start); None if it is too short."""
    first = bisect_left(taken, (target.start - longest,))
    stop = bisect_left(taken, (target.end,))
    edges = [target.start]
    for start, end in taken[first:stop]:
        if end > target.start:
            edges += [max(start, target.start), min(end, target.end)]
    edges.append(target.end)
    begin = target.start
    best: Span | None = None
    for a, b in zip(edges[0::2], edges[1::2], strict=True):
        begin = max(begin, a)
        if b - begin >= LEAST and (best is None or b - begin > best.duration):
            best = Span(begin, b)
    return best
