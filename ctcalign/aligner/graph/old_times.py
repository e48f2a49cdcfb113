"""The old times of captions as a soft prior, never a hard constraint.

Two best paths are searched: a free one, and one on which each caption is near its old time. Where they differ, the free
path costs `trust` nats for each caption that it places far from its old time. So the audio overrules wrong times, and
the times decide when the audio does not, as between the repeats of a chorus. No caption is skipped because of its old
time: the path near the times must contain as many captions as the free one.

Old times that all lie after the end of the recording, such as times of day or those of a longer film, only give the
distances between captions: they are shifted by the offset that most captions have from the free path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.search import Run
from ctcalign.aligner.graph.settings import OldTimes as OldTimes
from ctcalign.aligner.graph.word_graph import TranscriptGraph
from ctcalign.aligner.transcript import Transcript
from ctcalign.ctc import GraphPath, splice
from ctcalign.emission.emission import Emission
from ctcalign.errors import NoPathError

_AFTER_THE_END = "existing times: all are after the end of the recording"
UNUSABLE = "existing times: no path stays near all of them, so they were not used"


def near_old_times(
    free: GraphPath,
    run: Run,
    graph: TranscriptGraph,
    transcript: Transcript,
    emission: Emission,
    prior: OldTimes,
) -> tuple[GraphPath, list[str]]:
    """The free path with the parts near the old times spliced in where these are preferred; and warnings.

    Args:
        free: best path of the whole graph.
        run: searches of the same graph; see `ctcalign.aligner.graph.search`.
        graph: of the words.
        transcript: its cues have the old times, its `spoken` are the words of the graph.
        emission: of the recording.
        prior: see `OldTimes`.
    """
    times = np.array([cue.span or (np.nan, np.nan) for cue in transcript.cues], np.float64)
    cue_of_node = _cues_of_nodes(graph, transcript)
    warnings: list[str] = []
    first = np.nanmin(times[:, 0], initial=np.inf)
    end = emission.offset + len(emission.log_probs) * emission.frame_shift
    if end <= first < np.inf:
        ahead = _ahead(times, _visits(free, cue_of_node), emission, prior.max_shift)
        if ahead is None:
            return free, [f"{_AFTER_THE_END}; they were not used"]
        times -= ahead
        warnings = [f"{_AFTER_THE_END}, as times of day are; {ahead:.1f} s were subtracted from each"]
    allowed = _allowed(times, emission, prior.max_shift)
    if allowed is None:
        return free, ["existing times: no caption has a time, so none were used"]
    outside = _outside(free, cue_of_node, allowed)
    if not outside.any():
        return free, warnings
    try:
        near = run(band=1.0, centre=_limits(graph, cue_of_node, allowed, len(emission.log_probs)))
    except NoPathError:
        return free, [*warnings, UNUSABLE]
    visits_free, visits_near = (_visits(path, cue_of_node) for path in (free, near))

    def take_near(frames: slice, gain: float) -> bool:
        inside = slice(*np.searchsorted(visits_free.starts, [frames.start, frames.stop]))
        moved = np.unique(visits_free.cues[inside][outside[inside]]).size
        return moved > 0 and gain < prior.trust * moved and visits_near.count(frames) >= visits_free.count(frames)

    return splice(free, near, graph.graph, take_near), warnings


def _ahead(times: NDArray[np.float64], visits: _Visits, emission: Emission, max_shift: float) -> float | None:
    """Offset in seconds of the old times from the free path that fits most cues within `max_shift`, or None."""
    cues, places = np.unique(visits.cues[visits.words], return_index=True)
    starts = visits.starts[visits.words][places] * emission.frame_shift + emission.offset
    differences = times[cues, 0] - starts
    differences = differences[~np.isnan(differences)]
    if not differences.size:
        return None
    ordered = np.sort(differences)
    alike = np.searchsorted(ordered, differences + max_shift, "right") - np.searchsorted(
        ordered, differences - max_shift
    )
    return float(differences[np.argmax(alike)])


def _allowed(times: NDArray[np.float64], emission: Emission, max_shift: float) -> NDArray[np.int64] | None:
    """Earliest and latest frame of each cue with old times (cues, 2) in seconds; None without any old time.

    A cue without a time may be anywhere between the allowed frames of its neighbours that have one.
    """
    last = len(emission.log_probs) - 1
    known = ~np.isnan(times[:, 0])
    if not known.any():
        return None
    low = np.where(known, times[:, 0] - max_shift, -np.inf)
    high = np.where(known, times[:, 1] + max_shift, np.inf)
    # A cue without a time: not before an earlier one that has one, not after a later one.
    low = np.where(known, low, np.maximum.accumulate(low))
    high = np.where(known, high, np.minimum.accumulate(high[::-1])[::-1])
    high = np.maximum(high, low)
    frames = (np.stack([low, high], 1) - emission.offset) / emission.frame_shift
    return np.clip(np.nan_to_num(frames, neginf=0, posinf=last), 0, last).round().astype(np.int64)


def _cues_of_nodes(graph: TranscriptGraph, transcript: Transcript) -> NDArray[np.int64]:
    """The cue of each node; separators and fillers have that of the next word, the last filler has the last cue."""
    homes = [cue for cue, _ in transcript.homes]
    cues = np.empty(len(graph.places), np.int64)
    following = homes[-1]
    for node in range(len(cues) - 1, -1, -1):
        place = graph.places[node]
        following = following if place is None else homes[place.word]
        cues[node] = following
    return cues


def _limits(
    graph: TranscriptGraph, cue_of_node: NDArray[np.int64], allowed: NDArray[np.int64], frames: int
) -> NDArray[np.int64]:
    """Earliest and latest frame of each node, (N, 2): of its cue; in the gap before a cue also of the cue before that.

    The first gap begins with the recording, and the last one ends with it.
    """
    limits = allowed[cue_of_node]
    words = np.flatnonzero([place is not None for place in graph.places])
    behind = np.searchsorted(words, np.arange(len(limits)), side="right") - 1
    before = np.where(behind < 0, 0, allowed[cue_of_node[words[np.maximum(behind, 0)]], 0])
    limits[:, 0] = np.minimum(limits[:, 0], before)
    limits[words[-1] + 1 :, 1] = frames - 1
    return limits


@dataclass(frozen=True)
class _Visits:
    """The visits of nodes by a path: first frame, cue, and whether the node belongs to a word (a filler does not)."""

    starts: NDArray[np.int64]
    cues: NDArray[np.int64]
    words: NDArray[np.bool_]

    def count(self, frames: slice) -> int:
        """Number of cues with words that begin in these frames."""
        inside = slice(*np.searchsorted(self.starts, [frames.start, frames.stop]))
        return int(np.unique(self.cues[inside][self.words[inside]]).size)


def _visits(path: GraphPath, cue_of_node: NDArray[np.int64]) -> _Visits:
    starts = np.array([start for start, _ in path.spans], np.int64)
    return _Visits(starts, cue_of_node[np.asarray(path.nodes)], np.asarray(path.path)[starts] >= 0)


def _outside(path: GraphPath, cue_of_node: NDArray[np.int64], allowed: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The visits of words outside the frames that are allowed for their cue."""
    spans = np.array(path.spans, np.int64).reshape(-1, 2)
    limits = allowed[cue_of_node[np.asarray(path.nodes)]]
    words = np.asarray(path.path)[spans[:, 0]] >= 0 if len(spans) else np.zeros(0, np.bool_)
    return np.asarray(words & ((spans[:, 0] < limits[:, 0]) | (spans[:, 1] - 1 > limits[:, 1])))
