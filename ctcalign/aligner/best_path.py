"""The `global` method: one best path through all of the text."""

from __future__ import annotations

from ctcalign.aligner.finish import finished
from ctcalign.aligner.graph.old_times import near_old_times
from ctcalign.aligner.graph.search import runner, search
from ctcalign.aligner.graph.skipping import skipping_graph
from ctcalign.aligner.graph.verbatim import transcript_graph
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.placement import Placement
from ctcalign.aligner.placing.words import place_words
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import Alignment
from ctcalign.emission.emission import Emission
from ctcalign.emission.progress import Progress, ignored
from ctcalign.errors import CaptionError, NoPathError
from ctcalign.models.protocol import AcousticModel


def place_emission(
    emission: Emission, text: Transcript, model: AcousticModel, options: AlignOptions, progress: Progress = ignored
) -> tuple[Alignment, Placement]:
    """The same without confidences, and the places that these are made from."""
    progress("aligning", 0, None)
    if options.skips is None:
        transcript, fillers = transcript_graph(text.spoken, model.vocabulary), [0.0]
    else:
        transcript = skipping_graph(text.spoken, [cue for cue, _ in text.homes], model.vocabulary, options.skips)
        fillers = [price * emission.frame_shift for price in (options.skips.between, options.skips.inside)]
    try:
        path, warnings = search(emission, transcript, options.max_memory, filler_penalty=fillers)
    except NoPathError as error:
        raise CaptionError(
            f"captions: {len(text.spoken)} words do not fit into {emission.duration:.1f} s of audio ({error}); "
            "check that the captions belong to this recording"
        ) from error
    if options.old_times is not None:
        run = runner(emission, transcript, options.max_memory, fillers)
        path, more = near_old_times(path, run, transcript, text, emission, options.old_times)
        warnings = [*warnings, *more]
    placed = place_words(text, transcript, path, emission, model.spike_delay)
    return finished(text, placed, emission, model.name, options, warnings, guess=True), placed
