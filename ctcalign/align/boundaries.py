"""Where words begin and end, from the spikes of the best path and the energy of the recording.

CTC marks a sound somewhere inside it, not at its edges. Between the last spike of one word and the first of the next
lies a gap; if there is silence in it, the words end and begin at its edges, and the silence belongs to neither. If
there is none, the words meet inside the gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class BoundaryRules:
    """Durations in seconds; levels in nats of log power.

    The defaults were chosen on synthetic speech with exact times and on development recordings; they are no property
    of one model.
    """

    quiet_share: float = 0.3  # of the way from the noise floor to the level of speech: below it is silence
    shortest_silence: float = 0.06  # shorter dips are closures of stops
    longest_tail: float = 0.45  # how far a word may go on after its last spike
    longest_onset: float = 0.35  # how far a word may begin before its first spike
    lead: float = 0.05  # in running speech, how long before its first spike a word begins
    level_window: float = 8.0  # seconds on either side over which floor and level are measured


def quiet_frames(energy: FloatArray, shift: float, rules: BoundaryRules) -> npt.NDArray[np.bool_]:
    """Frames of a recording's energy track that are silence by its own local levels.

    Args:
        energy: log power every `shift` seconds, in nats. Shape (N,).
        shift: seconds between values.
        rules: see `BoundaryRules`.
    Returns:
        Shape (N,).
    """
    count = len(energy)
    if count == 0:
        return np.zeros(0, dtype=np.bool_)
    smooth = np.convolve(np.asarray(energy, np.float64), np.ones(3) / 3, mode="same")
    smooth[0], smooth[-1] = energy[0], energy[-1]
    step = max(1, round(1.0 / shift))
    reach = max(1, round(rules.level_window / shift))
    centres = np.arange(0, count + step, step)
    floors = np.empty(len(centres))
    levels = np.empty(len(centres))
    for i, centre in enumerate(centres):
        part = smooth[max(0, centre - reach) : centre + reach]
        part = part if len(part) else smooth[-reach:]
        floors[i], levels[i] = np.percentile(part, (5, 90))
    places = np.arange(count)
    floor, level = np.interp(places, centres, floors), np.interp(places, centres, levels)
    # Where speech barely rises above the floor the levels say nothing: no frame is called quiet.
    clear = level - floor > 2.0
    return np.asarray(clear & (smooth < floor + rules.quiet_share * (level - floor)))


def _runs(quiet: npt.NDArray[np.bool_], least: int) -> list[tuple[int, int]]:
    """Stretches of at least `least` quiet frames as (first, one past the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def refine(
    spikes: list[tuple[float, float]],
    energy: FloatArray,
    shift: float,
    duration: float,
    rules: BoundaryRules | None = None,
) -> list[tuple[float, float]]:
    """Times of words from their spikes.

    Args:
        spikes: for each word in order, the beginning of its first and the end of its last spike, in seconds.
        energy: log power of the recording every `shift` seconds, in nats. Shape (N,).
        shift: seconds between values of `energy`.
        duration: length of the recording in seconds.
        rules: see `BoundaryRules`.
    Returns:
        (start, end) of each word in seconds: ordered, without overlap, inside [0, duration].
    """
    rules = rules or BoundaryRules()
    quiet = quiet_frames(energy, shift, rules)
    starts = [first for first, _ in spikes]
    ends = [last for _, last in spikes]
    for i in range(len(spikes) + 1):
        before = spikes[i - 1][1] if i else 0.0
        after = spikes[i][0] if i < len(spikes) else duration
        end, start = _gap(before, max(before, after), quiet, shift, rules, first=i == 0, last=i == len(spikes))
        if i:
            ends[i - 1] = end
        if i < len(spikes):
            starts[i] = start
    found: list[tuple[float, float]] = []
    floor = 0.0
    for start, end in zip(starts, ends, strict=True):
        start = min(max(start, floor), duration)
        end = min(max(end, start), duration)
        found.append((start, end))
        floor = end
    return found


def _gap(
    before: float,
    after: float,
    quiet: npt.NDArray[np.bool_],
    shift: float,
    rules: BoundaryRules,
    *,
    first: bool,
    last: bool,
) -> tuple[float, float]:
    """The end of the word whose last spike ends at `before`, and the start of the one whose first begins at `after`."""
    a, b = int(before / shift), min(len(quiet), round(after / shift))
    silences = _runs(quiet[a:b], max(1, round(rules.shortest_silence / shift)))
    if silences:
        end = before if silences[0][0] == 0 else (a + silences[0][0]) * shift
        reaches = a + silences[-1][1] >= b
        start = after if reaches else (a + silences[-1][1]) * shift
    elif first or last:
        end, start = before + rules.longest_tail, after - rules.longest_onset
    else:
        start = max(after - rules.lead, (before + after) / 2)
        end = start
    end = min(end, before + rules.longest_tail)
    start = max(start, after - rules.longest_onset, end if not first else 0.0)
    return min(max(end, before), after), min(max(start, before), after)
