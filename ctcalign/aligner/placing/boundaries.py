"""Word boundaries from the spikes of the best path and the energy of the recording.

A CTC spike is somewhere inside its sound, not at its edges, so there is a gap between the last spike of one word and
the first spike of the next. If there is silence in the gap, one word ends where the silence begins and the other begins
where it ends; the silence belongs to neither. Otherwise the words meet inside the gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctcalign.emission.store import digital_silence

# A noise gate or too few bits turn soft sounds into zeros; the remaining sound is next to these zeros. The share of
# quiet frames within so many seconds of zeros is 0 to 0.16 with muted parts and dropouts, and 0.26 to 0.63 with gates,
# 8 bits, or speech 40 to 60 dB below full scale in 16 bits.
_BESIDE = 0.03
_GATED = 0.21
_TOGETHER = 64  # windows whose levels are measured at a time
FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class BoundaryRules:
    """Durations in seconds, counted from spikes that are corrected for the model's delay.

    The defaults were chosen on synthetic speech with exact times and on development recordings, not for one model.
    """

    quiet_share: float = 0.3  # of the range from the noise floor to the speech level; silence lies below it
    shortest_silence: float = 0.06  # shorter dips are closures of stops
    longest_tail: float = 0.35  # of a word after its last spike
    longest_onset: float = 0.35  # of a word before its first spike
    usual_tail: float = 0.15  # after the last spike where noise or music hides the end of the word
    usual_onset: float = 0.05  # before the first spike where they hide the beginning
    lead: float = 0.02  # before the first spike in running speech
    level_window: float = 8.0  # on either side, over which floor and level are measured


def quiet_frames(energy: FloatArray, shift: float, rules: BoundaryRules) -> npt.NDArray[np.bool_]:
    """Frames of an energy track that are silence, by the levels of the recording around them.

    Digital silence is quiet, and does not count in the levels: a muted part does not show the noise level next to it.

    Args:
        energy: log power every `shift` seconds, in nats. Shape (N,).
        shift: seconds between values.
        rules: see `BoundaryRules`.
    Returns:
        Shape (N,).
    """
    if not len(energy):
        return np.zeros(0, dtype=np.bool_)
    levels: npt.NDArray[np.float64] = np.asarray(energy, np.float64)
    silent = digital_silence(energy)
    if silent.all():
        return silent
    if silent.any():
        quiet = _below_threshold(_smoothed(levels, silent), ~silent, shift, rules) & ~silent
        reach = np.ones(2 * round(_BESIDE / shift) + 1)
        beside = quiet & (np.convolve(silent, reach)[len(reach) // 2 :][: len(levels)] > 0.5)
        if beside.sum() <= _GATED * quiet.sum():
            return np.asarray(silent | quiet)
    # No digital silence; or a noise gate made it, and it is the floor.
    none = np.zeros_like(silent)
    return _below_threshold(_smoothed(levels, none), ~none, shift, rules)


def _below_threshold(
    smooth: npt.NDArray[np.float64], counted: npt.NDArray[np.bool_], shift: float, rules: BoundaryRules
) -> npt.NDArray[np.bool_]:
    """Frames between the noise floor and `quiet_share` of the range to the speech level, measured where `counted`."""
    count = len(smooth)
    step = max(1, round(1.0 / shift))
    reach = max(1, round(rules.level_window / shift))
    centres = np.arange(0, count + step, step)
    floors = np.full(len(centres), np.nan)
    levels = np.full(len(centres), np.nan)
    left_out = np.append(0, np.cumsum(~counted))
    whole = np.flatnonzero((centres >= reach) & (centres + reach <= count))
    whole = whole[left_out[centres[whole] + reach] == left_out[centres[whole] - reach]]
    for start in range(0, len(whole), _TOGETHER):
        rows = whole[start : start + _TOGETHER]
        parts = np.lib.stride_tricks.sliding_window_view(smooth, 2 * reach)[centres[rows] - reach]
        floors[rows], levels[rows] = np.percentile(parts, (5, 90), axis=1, overwrite_input=True)
    for i in np.setdiff1d(np.arange(len(centres)), whole):
        centre = centres[i]
        around = slice(max(0, centre - reach), centre + reach)
        if not len(smooth[around]):
            around = slice(-reach, None)
        part = smooth[around][counted[around]]
        if len(part):
            floors[i], levels[i] = np.percentile(part, (5, 90))
    places, known = np.arange(count), np.isfinite(floors)
    floor = np.interp(places, centres[known], floors[known])
    level = np.interp(places, centres[known], levels[known])
    # If the speech level is hardly above the floor, the two cannot be distinguished: no frame counts as quiet.
    clear = level - floor > 2.0
    return np.asarray(clear & (smooth < floor + rules.quiet_share * (level - floor)))


def _smoothed(energy: npt.NDArray[np.float64], silent: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Mean over three frames; beside digital silence, over those that have sound."""
    if len(energy) < 3:
        return energy
    smooth = np.convolve(energy, np.ones(3) / 3, mode="same")
    smooth[0], smooth[-1] = energy[0], energy[-1]
    if silent.any():
        counted = np.convolve(~silent, np.ones(3), mode="same")
        sums = np.convolve(np.where(silent, 0.0, energy), np.ones(3), mode="same")
        beside = ~silent & (counted < 3)
        beside[[0, -1]] = False
        smooth[beside] = sums[beside] / counted[beside]
    return smooth


def _runs(quiet: npt.NDArray[np.bool_], least: int) -> list[tuple[int, int]]:
    """Stretches [first, stop) of at least `least` quiet frames."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def refine(
    spikes: list[tuple[float, float]],
    energy: FloatArray,
    shift: float,
    duration: float,
    delay: float = 0.0,
    rules: BoundaryRules | None = None,
) -> list[tuple[float, float]]:
    """Times of words from their spikes.

    Args:
        spikes: for each word in order, the beginning of its first and the end of its last spike, in seconds, with
            `delay` already subtracted.
        energy: log power of the recording every `shift` seconds, in nats. Shape (N,).
        shift: seconds between values of `energy`.
        duration: length of the recording in seconds.
        delay: seconds by which the model's spikes come after the sounds.
        rules: see `BoundaryRules`.
    Returns:
        (start, end) of each word in seconds: ordered, without overlap, inside [0, duration].
    """
    rules = rules or BoundaryRules()
    gaps = _Gaps(quiet_frames(energy, shift, rules), shift, delay, rules)
    starts = [first for first, _ in spikes]
    ends = [last for _, last in spikes]
    for i in range(len(spikes) + 1):
        before = spikes[i - 1][1] if i else 0.0
        after = max(before, spikes[i][0] if i < len(spikes) else duration)
        end, start = gaps.edges(before, after, first=i == 0, last=i == len(spikes))
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


@dataclass(frozen=True)
class _Gaps:
    """Finds the edges of the words around a gap between spikes."""

    quiet: npt.NDArray[np.bool_]
    shift: float
    delay: float
    rules: BoundaryRules

    def edges(self, before: float, after: float, *, first: bool, last: bool) -> tuple[float, float]:
        """End of the word whose last spike ends at `before`, start of the one whose first spike begins at `after`."""
        rules = self.rules
        end, start = self._silences(before, after)
        if end is None and start is None and not first and not last and after - before < 2 * rules.longest_tail:
            end = start = max(after - rules.lead, (before + after) / 2)  # running speech
        if end is None or end > before + self.delay + rules.longest_tail:
            end = before + rules.usual_tail
        if start is None or start < after - rules.longest_onset:
            start = after - rules.usual_onset
        end = min(max(end, before), after)
        return end, min(max(start, before if first else end), after if last else after + self.delay)

    def _silences(self, before: float, after: float) -> tuple[float | None, float | None]:
        """Start of the first silence after a word, and end of the last one before the next word."""
        a, b = int(before / self.shift), min(len(self.quiet), round((after + self.delay) / self.shift))
        runs = _runs(self.quiet[a:b], max(1, round(self.rules.shortest_silence / self.shift)))
        runs = [(a + i, a + j) for i, j in runs]
        # A dip that ends before the last spike is the closure of a stop inside the word.
        behind = [i for i, j in runs if j * self.shift > before + self.delay - self.shift]
        ahead = [j for i, j in runs if i * self.shift < after]
        if not behind or not ahead:
            return None, None
        # Quiet until the spike: the word begins too softly for its energy to show, so it begins at the spike.
        start = after if ahead[-1] >= b else ahead[-1] * self.shift
        return behind[0] * self.shift, start
