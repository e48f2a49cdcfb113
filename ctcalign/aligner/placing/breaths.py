"""Breaths and other sounds of the speaker around a cue.

A word begins with the voice. A cue, which is cut out, shown or used for training as a whole, begins with the breath
before it if that is audible, as in the reference times of annotators.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from ctcalign.emission.store import digital_silence

Span = tuple[float, float]
MOST_SOUND = 0.85  # fraction of the reach that a breath may fill
CLICK = 5  # frames of a median filter that removes clicks of the lips: louder than a breath, but very short
_NATS_PER_DB = np.log(10) / 10


@dataclass(frozen=True)
class BreathRules:
    """Definition of a breath. Times in seconds, levels in decibels of the power of 10 ms.

    A cue is not extended if these sounds fill nearly all of `reach`, if they are too loud for longer than a click, or
    if the voice is hardly above the floor: that is noise. The floor is the percentile `floor_percentile` of the frames
    inside the cue and its neighbours, the level of the recording's own pauses, so that room tone is not mistaken for a
    breath. Chosen on seven development recordings, six more readers, and the bundled talk with its wind and applause.
    """

    above_floor: float = 5.0
    least_contrast: float = 25.0  # between the floor and the voice, the loudest fifth
    below_peak: float = 40.0  # a breath this far below the loudest frame of the cue is inaudible
    below_voice: float = 14.0  # sound less far below the loudest fifth of the cue is applause, wind or another voice
    reach: float = 0.9
    most: float = 0.4  # added at either edge: a limit for the difference between annotators with and without breaths
    bridge: float = 0.35  # of silence between the breath and the first word
    floor_percentile: float = 6.0
    neighbours: int = 2  # cues on either side


def with_breaths(
    cues: Sequence[Span],
    speech: Sequence[Span],
    energy: npt.NDArray[np.floating],
    shift: float,
    rules: BreathRules | None = None,
) -> list[Span]:
    """Start and end of each cue with the sounds around it.

    Args:
        cues: (start, end) in seconds from first to last word, in order, without overlap.
        speech: (start, end) of speech that belongs to no cue, in order; cues are not extended over it.
        energy: log power of the recording every `shift` seconds, in nats. Shape (N,).
        shift: seconds between values.
    Returns:
        (start, end) of each cue: no cue is shorter than before; still in order and without overlap.
    """
    rules = rules or BreathRules()
    if not len(energy):
        return list(cues)
    parts = [_sounding(energy[_frame(a, shift) : max(_frame(a, shift) + 1, _frame(b, shift))]) for a, b in cues]
    wide: list[Span] = []
    for place, (start, end) in enumerate(cues):
        near = parts[max(0, place - rules.neighbours) : place + rules.neighbours + 1]
        frames = np.concatenate(near)
        if not parts[place].size or not frames.size:
            wide.append((start, end))
            continue
        floor, voice = (float(level) for level in np.percentile(frames, (rules.floor_percentile, 80)))
        if voice - floor < rules.least_contrast * _NATS_PER_DB:
            wide.append((start, end))  # breaths are inaudible in noise
            continue
        floor += rules.above_floor * _NATS_PER_DB
        least = max(floor, float(parts[place].max()) - rules.below_peak * _NATS_PER_DB)
        before, after = _limits(cues, speech, place, shift * len(energy))
        most = float(np.percentile(parts[place], 80)) - rules.below_voice * _NATS_PER_DB
        head = energy[_frame(before, shift, up=True) : _frame(start, shift)][::-1]
        tail = energy[_frame(end, shift, up=True) : _frame(after, shift)]
        sizes = [round(seconds / shift) for seconds in (rules.reach, rules.bridge)]
        head_size, tail_size = (min(rules.most, shift * _grown(part, least, most, *sizes)) for part in (head, tail))
        wide.append((max(before, start - head_size), min(after, end + tail_size)))
    return _apart(wide, cues)


def _sounding(energy: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Frames without digital silence, which says nothing about the noise; all of them if there are no others."""
    sounding = energy[~digital_silence(energy)]
    return sounding if len(sounding) else energy


def _frame(time: float, shift: float, *, up: bool = False) -> int:
    """Frame of a time; `up`: the first one that begins no earlier."""
    exact = time / shift
    return max(0, int(np.ceil(exact - 1e-6)) if up else int(exact + 1e-6))


def _limits(cues: Sequence[Span], speech: Sequence[Span], place: int, duration: float) -> Span:
    """Limits within which a cue may be extended."""
    start, end = cues[place]
    before = cues[place - 1][1] if place else 0.0
    after = cues[place + 1][0] if place + 1 < len(cues) else duration
    ended = bisect_right(speech, start + 1e-6, key=lambda span: span[1])
    begun = bisect_left(speech, end - 1e-6, key=lambda span: span[0])
    before = max(before, speech[ended - 1][1]) if ended else before
    after = min(after, speech[begun][0]) if begun < len(speech) else after
    return min(before, start), max(after, end)


def _grown(energy: npt.NDArray[np.floating], least: float, most: float, reach: int, bridge: int) -> int:
    """Frames by which a cue is extended, outwards until `bridge` frames in a row are quiet.

    0 if nearly all of the reach is loud (noise, music), if a part of it is too loud (applause, other speech), or if it
    breaks off in digital silence: what was muted may have gone on.
    """
    near = energy[:reach]
    loud = near > least
    places = np.flatnonzero(loud)
    if not places.size or places[0] > bridge or (len(near) == reach and loud.mean() > MOST_SOUND):
        return 0
    breaks = np.flatnonzero(np.diff(places) > bridge + 1)
    stop = int(places[breaks[0] if breaks.size else -1]) + 1
    muted = bool(digital_silence(near[stop : stop + 2]).any())
    return stop if stop < reach and not muted and _loudness(near[:stop]) <= most else 0


def _loudness(sound: npt.NDArray[np.floating]) -> float:
    """The loudest level, without clicks."""
    around = np.pad(sound, CLICK // 2, mode="edge")
    return float(np.median(sliding_window_view(around, CLICK), axis=1).max())


def _apart(wide: list[Span], cues: Sequence[Span]) -> list[Span]:
    """Cues that overlap after they were extended meet in the middle of the overlap."""
    out = list(wide)
    for place in range(len(out) - 1):
        if out[place][1] > out[place + 1][0]:
            middle = (out[place][1] + out[place + 1][0]) / 2
            middle = min(max(middle, cues[place][1]), cues[place + 1][0])
            out[place], out[place + 1] = (out[place][0], middle), (middle, out[place + 1][1])
    return out
