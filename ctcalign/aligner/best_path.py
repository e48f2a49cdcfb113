"""The method "global": one best path through the whole text."""

from __future__ import annotations

from ctcalign.aligner.graph.old_times import near_old_times
from ctcalign.aligner.graph.search import runner, search
from ctcalign.aligner.graph.word_graph import skipping_graph, transcript_graph
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.words import Placement, place_words
from ctcalign.aligner.transcript import Transcript
from ctcalign.emission.emission import Emission
from ctcalign.errors import CaptionError, NoPathError
from ctcalign.models.protocol import AcousticModel


def place(emission: Emission, transcript: Transcript, model: AcousticModel, options: AlignOptions) -> Placement:
    """Align the words of a transcript by the best path.

    Raises:
        CaptionError: the text needs more frames than the recording has.
    """
    if options.skips is None:
        graph, fillers = transcript_graph(transcript.spoken, model.vocabulary), [0.0]
    else:
        cues = [cue for cue, _ in transcript.homes]
        graph = skipping_graph(transcript.spoken, cues, model.vocabulary, options.skips)
        fillers = [price * emission.frame_shift for price in (options.skips.between, options.skips.inside)]
    try:
        path, warnings = search(emission, graph, options.max_memory, filler_penalty=fillers)
    except NoPathError as error:
        raise CaptionError(
            f"captions: {len(transcript.spoken)} words do not fit into {emission.duration:.1f} s of audio ({error}); "
            "check that the captions belong to this recording"
        ) from error
    if options.old_times is not None:
        run = runner(emission, graph, options.max_memory, fillers)
        path, more = near_old_times(path, run, graph, transcript, emission, options.old_times)
        warnings = [*warnings, *more]
    placement = place_words(transcript, graph, path, emission, model.spike_delay)
    placement.warnings = warnings
    return placement
