"""The best path of a recording: exact where that takes minutes at most, pruned and checked beyond."""

from __future__ import annotations

from collections.abc import Sequence

from ctcalign import ctc
from ctcalign.align.emission import Emission
from ctcalign.align.transcript_graph import TranscriptGraph
from ctcalign.errors import NoPathError

# Nats that a wildcard costs in each of its frames, so that it takes no frame that a real symbol explains.
WILDCARD_PENALTY = 0.7
# Frames times nodes up to which the search is exact: about 100 s on one core, four hours of dense speech.
EXACT_CELLS = 1e11
# Beams in nats of the pruned search. A wrong guess of a word costs some ten nats, so the first survives dozens of them.
BEAMS = (1000.0, 5000.0)


def search(
    emission: Emission,
    transcript: TranscriptGraph,
    max_memory: int | None,
    exact_cells: float = EXACT_CELLS,
    filler_penalty: Sequence[float] = (0.0,),
) -> tuple[ctc.GraphPath, list[str]]:
    """The best path through a transcript, and warnings about it.

    Beyond `exact_cells` a beam search runs; its path is taken when it is proved to be the best one, or when a beam
    five times as wide finds the same. Where the two differ the wider one's is taken, with a warning.

    Raises:
        NoPathError: the text needs more frames than there are.
    """

    def run(beam: float | None) -> ctc.GraphPath:
        return ctc.best_path_graph(
            emission.log_probs,
            transcript.graph,
            emission.vocabulary.blank,
            beam=beam,
            max_memory=max_memory,
            wildcard_penalty=WILDCARD_PENALTY,
            filler_penalty=filler_penalty,
        )

    if len(emission.log_probs) * len(transcript.graph) <= exact_cells:
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
