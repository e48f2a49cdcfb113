"""Display times of the cues of a subtitle file: lead-in, lead-out, shortest duration and gaps.

The alignment says when a cue is spoken. This module extends the times for the viewer, in the written file only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from ctcalign.alignment.alignment import AlignedCue
from ctcalign.formats.subtitles.breaking import width_of

GAP = 0.08  # seconds left before the next cue if a cue is extended for `max_cps`: two frames of video
LEAST = 0.5  # fraction of its duration to which `min_gap` may shorten a cue
_ROUNDING = 1e-6


def presented(
    cues: Sequence[AlignedCue],
    duration: float,
    *,
    lead_in: float = 0.0,
    lead_out: float = 0.0,
    min_duration: float = 0.0,
    min_gap: float = 0.0,
    snap_gaps: float = 0.0,
    max_cps: float | None = None,
) -> tuple[list[AlignedCue], list[int]]:
    """Cues with their display times, and the `index` of those that still exceed `max_cps`.

    No cue is extended into another one or beyond the recording; two cues that need the same pause share it. Edges of
    overlapping cues are not changed.

    Args:
        cues: in any order; those without times stay.
        duration: of the recording in seconds; 0: unknown.
        lead_in, lead_out: seconds before the first and after the last word.
        min_duration: shortest display time in seconds, if the pauses around the cue allow it.
        min_gap: smallest gap between cues in seconds; if it is smaller, the first cue ends earlier.
        snap_gaps: a cue stays until the next one (less `min_gap`) if the gap between them is at most this long.
        max_cps: characters per second; a cue with more is shown longer, if a pause follows.
    """
    spans = {place: cue.span for place, cue in enumerate(cues) if cue.span is not None}
    order = sorted(spans, key=spans.__getitem__)
    starts, ends = [spans[place].start for place in order], [spans[place].end for place in order]
    reading = [_reading_time(cues[place], max_cps) for place in order]
    lead = [lead_in] * len(order)
    trail = [
        max(lead_out, max(min_duration, time) - lead_in - (end - start))
        for start, end, time in zip(starts, ends, reading, strict=True)
    ]
    latest = list(accumulate(ends, max))
    last = max(duration, latest[-1]) if duration and latest else float("inf")
    # The pause before each cue, and the one after the last; negative where cues overlap.
    pauses = [start - end for start, end in zip([*starts, last], [0.0, *latest], strict=True)] if order else []
    for place, pause in enumerate(pauses):
        one, other = place - 1, place if place < len(order) else None
        if one < 0:
            lead[0] = min(lead_in, max(0.0, pause))
        elif other is None:
            trail[one] = min(trail[one], pause)
        elif pause < 0 or ends[one] < latest[one]:
            trail[one], lead[other] = 0.0, 0.0 if pause < 0 else min(lead_in, pause)
        else:
            free = pause - (max(min_gap, GAP) if max_cps else min_gap)
            share = min(1.0, max(0.0, free) / max(trail[one] + lead[other], _ROUNDING))
            trail[one], lead[other] = share * trail[one], share * lead[other]
            if pause < min_gap:
                trail[one] = max(pause - min_gap, (LEAST - 1.0) * (ends[one] - starts[one]))
    shown = list(cues)
    fast: set[int] = set()
    for own, (start, end) in enumerate(
        zip(starts, ends, strict=True)
    ):  # time that does not fit on one side may fit on the other
        short = max(0.0, min_duration - lead[own] - (end - start) - trail[own])
        if end == latest[own]:
            taken = lead[own + 1] + min_gap if own + 1 < len(order) else 0.0
            more = min(short, max(0.0, pauses[own + 1] - taken - trail[own]))
            trail[own], short = trail[own] + more, short - more
        taken = max(0.0, trail[own - 1]) + min_gap if own else 0.0
        lead[own] += min(short, max(0.0, pauses[own] - taken - lead[own]))
    for own, place in enumerate(order):
        start, end = starts[own] - lead[own], ends[own] + trail[own]
        if own + 1 < len(order) and ends[own] == latest[own]:
            gap = starts[own + 1] - lead[own + 1] - end
            end += gap - min_gap if min_gap < gap <= snap_gaps + _ROUNDING else 0.0
        if (start, end) != (starts[own], ends[own]):
            shown[place] = replace(cues[place], start=start, end=end)
        if end - start < reading[own] - 1e-3:
            fast.add(cues[place].index)
    return shown, sorted(fast)


def _reading_time(cue: AlignedCue, most: float | None) -> float:
    """Seconds that a cue takes at `most` characters per second; 0 without a limit."""
    return sum(width_of(line.strip()) for line in cue.text.split("\n")) / most if most else 0.0
