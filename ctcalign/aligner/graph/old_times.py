"""The times that captions already have, as a soft prior: near them unless the sound says otherwise, and never a wall.

Two best paths are sought: a free one, and one on which each caption lies near its old time. Where they part, the free
way costs `trust` nats for each caption that it puts elsewhere; so the sound decides against wrong times, and the times
decide where the sound does not, as between the repeats of a chorus. For its time alone no caption is left out: the way
near the times must say as many captions as the free one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.search import Run
from ctcalign.aligner.graph.verbatim import TranscriptGraph
from ctcalign.aligner.transcript import Transcript
from ctcalign.ctc import GraphPath, splice
from ctcalign.emission.emission import Emission
from ctcalign.errors import NoPathError, UsageError

UNUSABLE = "old times: no way keeps near all of them; they were not used"


@dataclass(frozen=True)
class OldTimes:
    """How the old times of captions are used.

    Attributes:
        max_shift: seconds that a caption may be from its old time at no cost, > 0.
        trust: nats that a caption further away costs, >= 0. Some three wrongly heard letters cost as much as the
            default; a sentence said elsewhere outweighs it many times over.
    """

    max_shift: float = 3.0
    trust: float = 20.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.max_shift) and self.max_shift > 0):
            raise UsageError(f"max_shift: expected seconds above 0, got {self.max_shift}")
        if not (np.isfinite(self.trust) and self.trust >= 0):
            raise UsageError(f"trust: expected a number of nats, 0 or more, got {self.trust}")


def near_old_times(
    free: GraphPath,
    run: Run,
    transcript: TranscriptGraph,
    text: Transcript,
    emission: Emission,
    prior: OldTimes,
) -> tuple[GraphPath, list[str]]:
    """The free path, or where that is worth it the way near the old times; and warnings.

    Args:
        free: best path of the whole graph.
        run: searches of the same graph; see `ctcalign.aligner.graph.search`.
        transcript: the graph.
        text: whose cues have the old times; the graph's words are its `spoken`.
        emission: of the recording.
        prior: see `OldTimes`.
    """
    allowed = _allowed(text, emission, prior.max_shift)
    if allowed is None:
        return free, ["old times: no caption has one, so there is nothing to keep near to"]
    cue_of_node = _cues_of_nodes(transcript, text)
    outside = _outside(free, cue_of_node, allowed)
    if not outside.any():
        return free, []
    try:
        near = run(band=1.0, centre=allowed[cue_of_node])
    except NoPathError:
        return free, [UNUSABLE]
    said = [_said(path, cue_of_node) for path in (free, near)]

    def take_near(frames: slice, gain: float) -> bool:
        visits = slice(*np.searchsorted(said[0].starts, [frames.start, frames.stop]))
        moved = np.unique(said[0].cues[visits][outside[visits]]).size
        return moved > 0 and gain < prior.trust * moved and said[1].count(frames) >= said[0].count(frames)

    return splice(free, near, transcript.graph, take_near), []


def _allowed(text: Transcript, emission: Emission, max_shift: float) -> NDArray[np.int64] | None:
    """Earliest and latest frame of each cue, (cues, 2); None without any old time.

    Between cues with a time, those without one may lie anywhere from the one before to the one behind.
    """
    last = len(emission.log_probs) - 1
    times = np.array([cue.span or (np.nan, np.nan) for cue in text.cues], np.float64)
    known = ~np.isnan(times[:, 0])
    if not known.any():
        return None
    low = np.where(known, times[:, 0] - max_shift, -np.inf)
    high = np.where(known, times[:, 1] + max_shift, np.inf)
    # A cue without a time: not before any earlier one that has one, not behind any later one.
    low = np.where(known, low, np.maximum.accumulate(low))
    high = np.where(known, high, np.minimum.accumulate(high[::-1])[::-1])
    high = np.maximum(high, low)
    frames = (np.stack([low, high], 1) - emission.offset) / emission.frame_shift
    return np.clip(np.nan_to_num(frames, neginf=0, posinf=last), 0, last).round().astype(np.int64)


def _cues_of_nodes(transcript: TranscriptGraph, text: Transcript) -> NDArray[np.int64]:
    """The cue of each node; separators and fillers have that of the word behind them, the last filler the last one."""
    homes = [cue for cue, _ in text.homes]
    cues = np.empty(len(transcript.places), np.int64)
    behind = homes[-1]
    for node in range(len(cues) - 1, -1, -1):
        place = transcript.places[node]
        behind = behind if place is None else homes[place.word]
        cues[node] = behind
    return cues


@dataclass(frozen=True)
class _Said:
    """The visits of a path: where each starts, its cue, and whether it is of a word (a filler is of none)."""

    starts: NDArray[np.int64]
    cues: NDArray[np.int64]
    words: NDArray[np.bool_]

    def count(self, frames: slice) -> int:
        """Cues of which words begin in these frames."""
        visits = slice(*np.searchsorted(self.starts, [frames.start, frames.stop]))
        return int(np.unique(self.cues[visits][self.words[visits]]).size)


def _said(path: GraphPath, cue_of_node: NDArray[np.int64]) -> _Said:
    starts = np.array([start for start, _ in path.spans], np.int64)
    return _Said(starts, cue_of_node[path.nodes.numpy()], path.path.numpy()[starts] >= 0)


def _outside(path: GraphPath, cue_of_node: NDArray[np.int64], allowed: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which visits of words lie beyond the frames that their cue is allowed."""
    spans = np.array(path.spans, np.int64).reshape(-1, 2)
    limits = allowed[cue_of_node[path.nodes.numpy()]]
    said = path.path.numpy()[spans[:, 0]] >= 0 if len(spans) else np.zeros(0, np.bool_)
    return np.asarray(said & ((spans[:, 0] < limits[:, 0]) | (spans[:, 1] - 1 > limits[:, 1])))
