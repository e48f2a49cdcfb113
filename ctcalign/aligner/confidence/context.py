"""Context of a placed cue: pauses and sound beyond its edges, and cues nearby with the same text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctcalign.aligner.placing.boundaries import BoundaryRules, quiet_frames
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission
from ctcalign.spans import FrameClock

NEAR = 1.0  # seconds beyond an edge in which sound is measured
FAR = 2.0  # seconds; longer pauses count as this
TWINS = 4  # cues on either side that are searched for the same text


@dataclass(frozen=True)
class Surroundings:
    """Surroundings of a placed cue, in seconds.

    Attributes:
        pause_before, pause_after: distance to the neighbouring placed cues, at most FAR.
        sound_before, sound_after: duration of sound above the local noise floor within NEAR before its start and after
            its end, up to the neighbouring cues.
        twin: whether a cue nearby has the same text.
    """

    pause_before: float
    pause_after: float
    sound_before: float
    sound_after: float
    twin: bool


def surroundings(emission: Emission, cues: Sequence[AlignedCue]) -> list[Surroundings | None]:
    """Surroundings of each cue; None for cues that are not placed."""
    clock = FrameClock(emission.energy_shift, frame_count=len(emission.energy))
    loud = ~quiet_frames(emission.energy, emission.energy_shift, BoundaryRules())
    sound_until = np.append(0.0, np.cumsum(loud) * emission.energy_shift)
    texts = ["".join(cue.text.casefold().split()) for cue in cues]
    placed = [cue.span if cue.status == "aligned" else None for cue in cues]
    before = _running([place[1] if place else None for place in placed], 0.0, 1)
    after = _running([place[0] if place else None for place in placed], emission.duration, -1)

    def sound(low: float, high: float) -> float:
        first, stop = clock.frames((low, max(low, high)))
        return float(sound_until[stop] - sound_until[first])

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


def _running(times: Sequence[float | None], first: float, direction: int) -> list[float]:
    """For each cue the nearest time before it (direction 1) or after it (-1)."""
    found = [first] * len(times)
    here = first
    order = range(len(times)) if direction > 0 else range(len(times) - 1, -1, -1)
    for number in order:
        found[number] = here
        time = times[number]
        if time is not None:
            here = max(here, time) if direction > 0 else min(here, time)
    return found
