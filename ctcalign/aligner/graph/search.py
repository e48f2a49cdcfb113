"""The best path of a recording: exact up to a size that takes minutes; beyond it, pruned and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctcalign import ctc
from ctcalign.aligner.graph.anchors import expected_frames
from ctcalign.aligner.graph.word_graph import TranscriptGraph
from ctcalign.emission.emission import Emission
from ctcalign.errors import NoPathError

# Nats that a wildcard costs in each of its frames, so that it covers no frame that a symbol explains.
WILDCARD_PENALTY = 0.7
NEAR = 0.25  # seconds around a recognised symbol that count as speech
# Frames times nodes up to which the search is exact: about 100 s on one core, four hours of dense speech.
EXACT_CELLS = 1e11
# Beams of the pruned search in nats. A wrong word costs about ten, so the first beam keeps paths with dozens of them.
BEAMS = (1000.0, 5000.0)
# Frames times nodes from which anchors limit the search (about three minutes), and the limits: anchors on either side
# that are ignored, and seconds beyond them.
COARSE_CELLS = 3e7
LIMITS = ((3, 5.0), (8, 20.0), (20, 60.0))
# Frames times nodes up to which the search tries to prove that no path beyond the limits is better, and the first
# limits for the proof. If it fails, the limits are widened until the path no longer changes. Up to that size, limits
# that leave more than FEW of the cells save nothing.
PROVED_CELLS = 1e9
PROVED_LIMITS = (5, 10.0)
FEW = 0.35


class Run(Protocol):
    """One search: with a beam in nats, or with frames (N, 2) between which each node lies, give or take `band`.

    With `relaxed`, the search tries to prove that no path outside the band is better.
    """

    def __call__(
        self,
        beam: float | None = None,
        band: float | None = None,
        centre: NDArray[np.int64] | None = None,
        relaxed: ctc.RelaxedGraph | None = None,
    ) -> ctc.GraphPath: ...


def runner(
    emission: Emission, graph: TranscriptGraph, max_memory: int | None, filler_penalty: Sequence[float] = (0.0,)
) -> Run:
    """Searches of one graph in one emission.

    Fillers cost only in frames near speech: otherwise the words of a few captions in a long recording would be spread
    over its pauses, which would cost nothing between words but a penalty in a filler.
    """
    speech = near_symbols(emission) if any(filler_penalty) else None

    def run(
        beam: float | None = None,
        band: float | None = None,
        centre: NDArray[np.int64] | None = None,
        relaxed: ctc.RelaxedGraph | None = None,
    ) -> ctc.GraphPath:
        return ctc.best_path_graph(
            emission.log_probs,
            graph.graph,
            emission.vocabulary.blank,
            beam=beam,
            band=band,
            centre=centre,
            max_memory=max_memory,
            wildcard_penalty=WILDCARD_PENALTY,
            filler_penalty=filler_penalty,
            filler_frames=speech,
            relaxed=relaxed,
        )

    return run


def near_symbols(emission: Emission) -> NDArray[np.bool_]:
    """Frames within NEAR seconds of one whose best label is not the blank. (T,)"""
    reach = max(1, emission.clock.count(NEAR))
    symbols = emission.decoding.path != emission.vocabulary.blank
    sums = np.concatenate([[0], symbols.cumsum(dtype=np.int32)])
    at = np.arange(len(symbols))
    return np.asarray(sums[np.minimum(at + reach + 1, len(symbols))] > sums[np.maximum(at - reach, 0)])


def search(
    emission: Emission,
    graph: TranscriptGraph,
    max_memory: int | None,
    exact_cells: float = EXACT_CELLS,
    coarse_cells: float = COARSE_CELLS,
    filler_penalty: Sequence[float] = (0.0,),
) -> tuple[ctc.GraphPath, list[str]]:
    """The best path through a graph, and warnings about it.

    A graph with fillers and more than `coarse_cells` is searched near the anchors (`expected_frames`). If this path is
    not proved to be the best one, wider limits check it and are widened further while the path changes. A graph without
    fillers and more than `exact_cells` is searched with a beam: the path is accepted if it is certified optimal or if a
    beam five times as wide finds the same path; otherwise the path of the wider beam is used, with a warning.

    Args:
        emission: of the recording.
        graph: of its text.
        max_memory: bytes for back-pointers; None sets no limit.
        exact_cells, coarse_cells: frames times nodes, see above.
        filler_penalty: nats per frame of each kind of filler.
    Raises:
        NoPathError: the text needs more frames than there are.
    """
    run = runner(emission, graph, max_memory, filler_penalty)
    cells = len(emission.log_probs) * int((graph.graph.labels != ctc.EPSILON).sum())
    if cells > coarse_cells and (graph.graph.labels <= ctc.FILLER).any():
        return _near_anchors(emission, graph, run, cells <= PROVED_CELLS)
    if cells <= exact_cells:
        return run(None), []
    found: list[ctc.GraphPath] = []
    for beam in BEAMS:
        try:
            path = run(beam)
        except NoPathError:
            continue  # the beam cut off every path; a wider one may keep one
        if path.certified or (found and path.score == found[-1].score):
            return path, []
        found.append(path)
    if found:
        return found[-1], ["search: the recording is too long for an exact search and a wider beam changed the result"]
    return run(None), []


def _near_anchors(emission: Emission, graph: TranscriptGraph, run: Run, short: bool) -> tuple[ctc.GraphPath, list[str]]:
    """The best path near the anchors, within limits that are widened until the path no longer improves.

    `short`: whether a proof is tried, and everything is searched where limits do not settle it.
    """
    found: list[ctc.GraphPath] = []
    relaxed = graph.relaxed if short else None
    for spare, seconds in (PROVED_LIMITS, *LIMITS[1:]) if short else LIMITS:
        centre, band = expected_frames(emission, graph, spare), max(1.0, seconds / emission.frame_shift)
        if short and (np.diff(centre) + 2 * band).mean() > FEW * len(emission.log_probs):
            break
        try:
            path = run(None, band, centre, relaxed)
        except NoPathError:
            continue
        if path.certified or (found and path.score <= found[-1].score):
            return path if path.certified else found[-1], []
        found.append(path)
        relaxed = None
    if short or not found:
        return run(None), []
    return found[-1], ["search: wider limits gave a better path; times are uncertain where text and audio differ"]
