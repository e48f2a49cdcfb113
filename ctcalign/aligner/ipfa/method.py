"""Iterative pseudo-forced alignment as a method of `align`: from captions to cues and words with times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.aligner.confidence.apply import apply_calibration
from ctcalign.aligner.graph.verbatim import transcript_graph
from ctcalign.aligner.ipfa.cues import IpfaAlignment, Part, align_ipfa
from ctcalign.aligner.ipfa.settings import DEFAULT, FAITHFUL
from ctcalign.aligner.placing.placement import Run
from ctcalign.aligner.placing.words import place_runs, runs_of
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import Alignment
from ctcalign.audio import open_audio
from ctcalign.ctc import best_path_graph
from ctcalign.emission.emission import Emission
from ctcalign.emission.voice_activity import speech_stretches
from ctcalign.errors import NoPathError
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.emission.progress import Progress

VOICE_RATE = 16_000
# Frames that a part's words may take beyond its edges: labels come late, and times are rounded.
WIDENED = 5
GUESSED = "placed by the speech between its neighbours"


def speech_of(audio: str | Path, channel: str | int, duration: float, progress: Progress) -> list[tuple[float, float]]:
    """Stretches of speech of a recording. Standard input cannot be read twice: it counts as one stretch."""
    if str(audio) == "-":
        return [(0.0, duration)]
    progress("listening for voices", 0, None)
    with open_audio(audio, VOICE_RATE, "mix" if channel == "all" else channel) as reader:
        return speech_stretches(reader.blocks(), VOICE_RATE)[0]


def align_emission_ipfa(
    emission: Emission,
    text: Transcript,
    model: AcousticModel,
    speech: Sequence[tuple[float, float]],
    options: AlignOptions,
    progress: Progress,
) -> Alignment:
    """Cues by `align_ipfa`, their words by the best path inside each part that it found.

    Args:
        speech: stretches of speech in seconds, in order.
    """
    from ctcalign.aligner.finish import finished

    progress("aligning", 0, None)
    sayable: list[list[int]] = [[] for _ in text.cues]
    for number, (cue, _) in enumerate(text.homes):
        if text.spoken[number].alternatives:
            sayable[cue].append(number)
    labels = [[text.spoken[number].alternatives[0] for number in numbers] for numbers in sayable]
    found = align_ipfa(emission, labels, speech, FAITHFUL if options.faithful else DEFAULT, model.spike_delay)
    runs: list[list[Run]] = [[] for _ in text.spoken]
    chosen = [0] * len(text.spoken)
    for numbers, placed in zip(sayable, found.cues, strict=True):
        for part in placed.parts:
            _fill(runs, chosen, text, numbers[part.first], numbers[part.stop - 1], part, emission, model, options)
    placement = place_runs(text, runs, chosen, [], emission, model.spike_delay)
    warnings = [f"ipfa: gave up the recording: {found.stopped}"] if found.stopped else []
    alignment = finished(text, placement, emission, model.name, options, warnings)
    _take_over(alignment, found, published=options.faithful)
    apply_calibration(
        alignment, text, placement.words, emission, model, options.calibration, options.score, options.scores
    )
    return alignment


def _fill(
    runs: list[list[Run]],
    chosen: list[int],
    text: Transcript,
    first: int,
    last: int,
    part: Part,
    emission: Emission,
    model: AcousticModel,
    options: AlignOptions,
) -> None:
    """Place spoken words first to last inside a part; words that do not fit stay without a place."""
    delay = 0.0 if options.faithful else model.spike_delay
    edges = ((time + delay - emission.offset) / emission.frame_shift for time in (part.start, part.end))
    low, high = (round(edge) for edge in edges)
    low, high = max(0, low - WIDENED), min(len(emission.log_probs), high + WIDENED)
    transcript = transcript_graph(text.spoken[first : last + 1], model.vocabulary)
    try:
        path = best_path_graph(emission.log_probs[low:high], transcript.graph, emission.vocabulary.blank)
    except NoPathError:
        return
    own, readings = runs_of(path, transcript, last + 1 - first)
    for place, run in enumerate(own):
        runs[first + place] = [(label, low + a, low + b) for label, a, b in run]
        chosen[first + place] = readings[place]


def _take_over(alignment: Alignment, found: IpfaAlignment, *, published: bool) -> None:
    """What the method says of whole cues: guesses, and with the published method its times and scores."""
    for cue, placed in zip(alignment.cues, found.cues, strict=True):
        if cue.status != "aligned":
            continue
        if placed.status == "guessed":
            cue.reason = GUESSED
        if published and placed.start is not None and placed.end is not None:
            cue.start, cue.end, cue.score = placed.start, placed.end, placed.score
