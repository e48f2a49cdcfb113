"""What lies around the edges of a cue: pauses, and sound that may or may not belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctcalign.aligner.placing.boundaries import BoundaryRules, quiet_frames
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission

NEAR = 1.0  # seconds beyond the edges that are looked at
FAR = 2.0  # longer pauses count as this
TWINS = 4  # cues on either side in which the same text may stand


@dataclass(frozen=True)
class Surroundings:
    """Of a placed cue, in seconds.

    Attributes:
        pause_before, pause_after: to the neighbouring cues that are placed, at most FAR.
        sound_before, sound_after: sound above the local silence in the last second before it and the first behind it.
        twin: the same text stands in a cue nearby.
    """

    pause_before: float
    pause_after: float
    sound_before: float
    sound_after: float
    twin: bool


def surroundings(emission: Emission, cues: Sequence[AlignedCue]) -> list[Surroundings | None]:
    """Of each cue, None for those without a place."""
    loud = ~quiet_frames(emission.energy, emission.energy_shift, BoundaryRules())
    heard_until = np.append(0.0, np.cumsum(loud) * emission.energy_shift)
    texts = ["".join(cue.text.casefold().split()) for cue in cues]
    placed = [cue.span if cue.status == "aligned" else None for cue in cues]
    before = _running([place[1] if place else None for place in placed], 0.0, 1)
    after = _running([place[0] if place else None for place in placed], emission.duration, -1)

    def sound(low: float, high: float) -> float:
        a, b = (min(max(0, round(t / emission.energy_shift)), len(loud)) for t in (low, max(low, high)))
        return float(heard_until[b] - heard_until[a])

    found: list[Surroundings | None] = []
    for number, place in enumerate(placed):
        if place is None:
            found.append(None)
            continue
        start, end = place
        near = [*range(max(0, number - TWINS), number), *range(number + 1, min(len(cues), number + TWINS + 1))]
        found.append(
            Surroundings(
                float(np.clip(start - before[number], 0.0, FAR)),
                float(np.clip(after[number] - end, 0.0, FAR)),
                sound(max(before[number], start - NEAR), start),
                sound(end, min(after[number], end + NEAR)),
                any(texts[other] == texts[number] for other in near),
            )
        )
    return found


def _running(times: Sequence[float | None], first: float, way: int) -> list[float]:
    """For each cue the nearest time before it (way 1) or behind it (-1)."""
    found = [first] * len(times)
    here = first
    order = range(len(times)) if way > 0 else range(len(times) - 1, -1, -1)
    for number in order:
        found[number] = here
        time = times[number]
        if time is not None:
            here = max(here, time) if way > 0 else min(here, time)
    return found
