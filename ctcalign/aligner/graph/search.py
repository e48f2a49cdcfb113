"""The best path of a recording: exact where that takes minutes at most, pruned and checked beyond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctcalign import ctc
from ctcalign.aligner.graph.anchors import expected_frames
from ctcalign.aligner.graph.verbatim import TranscriptGraph
from ctcalign.emission.emission import Emission
from ctcalign.errors import NoPathError

# Nats that a wildcard costs in each of its frames, so that it takes no frame that a real symbol explains.
WILDCARD_PENALTY = 0.7
NEAR = 0.25  # seconds around a symbol that are taken for speech
# Frames times nodes up to which the search is exact: about 100 s on one core, four hours of dense speech.
EXACT_CELLS = 1e11
# Beams in nats of the pruned search. A wrong guess of a word costs some ten nats, so the first survives dozens of them.
BEAMS = (1000.0, 5000.0)


# Frames times nodes from which a first look bounds the search, and how: anchors on either side that are not trusted,
# and seconds beyond them. The second, wider one checks the first.
COARSE_CELLS = 1e9
LOOKS = ((3, 5.0), (8, 20.0))


class Run(Protocol):
    """One search: a beam in nats, or frames (N, 2) that each node keeps to, give or take `band`."""

    def __call__(
        self, beam: float | None = None, band: float | None = None, centre: NDArray[np.int64] | None = None
    ) -> ctc.GraphPath: ...


def runner(
    emission: Emission, transcript: TranscriptGraph, max_memory: int | None, filler_penalty: Sequence[float] = (0.0,)
) -> Run:
    """Searches of one transcript in one emission.

    Fillers are charged where something is said alone: else the words of few captions against much other speech would be
    spread over its pauses, for those would be free as pauses between words.
    """
    said = near_symbols(emission) if any(filler_penalty) else None

    def run(
        beam: float | None = None, band: float | None = None, centre: NDArray[np.int64] | None = None
    ) -> ctc.GraphPath:
        return ctc.best_path_graph(
            emission.log_probs,
            transcript.graph,
            emission.vocabulary.blank,
            beam=beam,
            band=band,
            centre=centre,
            max_memory=max_memory,
            wildcard_penalty=WILDCARD_PENALTY,
            filler_penalty=filler_penalty,
            filler_frames=said,
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
    transcript: TranscriptGraph,
    max_memory: int | None,
    exact_cells: float = EXACT_CELLS,
    coarse_cells: float = COARSE_CELLS,
    filler_penalty: Sequence[float] = (0.0,),
) -> tuple[ctc.GraphPath, list[str]]:
    """The best path through a transcript, and warnings about it.

    With a filler beyond COARSE_CELLS, `coarse` says where the text may lie; a wider look checks the result. Without,
    beyond `exact_cells`, a beam search runs; its path is taken when it is proved to be the best one, or when a beam
    five times as wide finds the same. Where the two differ the wider one's is taken, with a warning.

    Raises:
        NoPathError: the text needs more frames than there are.
    """

    run = runner(emission, transcript, max_memory, filler_penalty)
    cells = len(emission.log_probs) * len(transcript.graph)
    if cells > coarse_cells and (transcript.graph.labels <= ctc.FILLER).any():
        return _looked(emission, transcript, run)
    if cells <= exact_cells:
        return run(None), []
    found: list[ctc.GraphPath] = []
    for beam in BEAMS:
        try:
            path = run(beam)
        except NoPathError:
            continue  # the beam lost every path; a wider one may not
        if path.certified or (found and path.score == found[-1].score):
            return path, []
        found.append(path)
    if found:
        return found[-1], ["search: the recording is too long for an exact search and a wider beam changed the result"]
    return run(None), []


def _looked(emission: Emission, transcript: TranscriptGraph, run: Run) -> tuple[ctc.GraphPath, list[str]]:
    """The best path near the anchors of a first look; the wider look decides where the two differ."""
    found: list[ctc.GraphPath] = []
    for spare, seconds in LOOKS:
        centre = expected_frames(emission, transcript, spare)
        path = run(None, max(1.0, seconds / emission.frame_shift), centre)
        if path.certified or (found and path.score <= found[-1].score):
            return path if path.certified else found[-1], []
        found.append(path)
    return found[-1], ["search: a wider look found a better path; times where text and sound differ are unsure"]
