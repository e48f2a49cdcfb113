"""Iterative pseudo-forced alignment as a method of `align`: from captions to cues and words with times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.aligner.graph.word_graph import transcript_graph
from ctcalign.aligner.ipfa.cues import Part, PlacedCue, align_ipfa
from ctcalign.aligner.ipfa.settings import DEFAULT, FAITHFUL
from ctcalign.aligner.placing.words import CueOverride, Placement, Run, place_runs, runs_of
from ctcalign.aligner.transcript import Transcript
from ctcalign.audio import open_audio
from ctcalign.ctc import best_path_graph
from ctcalign.emission.emission import Emission
from ctcalign.emission.voice_activity import speech_stretches
from ctcalign.errors import NoPathError
from ctcalign.models.protocol import AcousticModel
from ctcalign.spans import Span

if TYPE_CHECKING:
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.audio.inputs import AudioInput
    from ctcalign.emission.progress import Progress

VOICE_RATE = 16_000
# Frames by which the words of a part may exceed its edges: labels are late, and times are rounded.
WIDENED = 5
GUESSED = "placed by the speech between its neighbours"


def speech_of(
    audio: AudioInput,
    channel: str | int,
    duration: float,
    progress: Progress,
    track: str | int | None = None,
    max_duration: float | None = None,
) -> list[tuple[float, float]]:
    """Stretches of speech of a recording. Standard input cannot be read twice: it counts as one stretch."""
    if isinstance(audio, str | Path) and str(audio) == "-":
        return [(0.0, duration)]
    progress("detecting speech", 0, None)
    channel = "mix" if channel == "all" else channel
    with open_audio(audio, VOICE_RATE, channel, track=track, max_duration=max_duration) as reader:
        return speech_stretches(reader.blocks(), VOICE_RATE)[0]


def place(
    emission: Emission,
    transcript: Transcript,
    model: AcousticModel,
    options: AlignOptions,
    speech: Sequence[tuple[float, float]],
) -> Placement:
    """Place cues by `align_ipfa`, and their words by the best path inside each part that it found.

    Args:
        speech: stretches of speech in seconds, in order.
    """
    writable: list[list[int]] = [[] for _ in transcript.cues]  # numbers of the words that the vocabulary covers
    for number, (cue, _) in enumerate(transcript.homes):
        if transcript.spoken[number].alternatives:
            writable[cue].append(number)
    labels = [[transcript.spoken[number].alternatives[0] for number in numbers] for numbers in writable]
    found = align_ipfa(emission, labels, speech, FAITHFUL if options.faithful else DEFAULT, model.spike_delay)
    runs: list[list[Run]] = [[] for _ in transcript.spoken]
    chosen = [0] * len(transcript.spoken)
    for numbers, placed in zip(writable, found.cues, strict=True):
        for part in placed.parts:
            _fill(runs, chosen, transcript, numbers[part.first], numbers[part.stop - 1], part, emission, model, options)
    placement = place_runs(transcript, runs, chosen, [], emission, model.spike_delay)
    placement.warnings = [f"ipfa: stopped: {found.stopped}"] if found.stopped else []
    placement.overrides = dict(enumerate(_override(cue, published=options.faithful) for cue in found.cues))
    return placement


def _fill(
    runs: list[list[Run]],
    chosen: list[int],
    transcript: Transcript,
    first: int,
    last: int,
    part: Part,
    emission: Emission,
    model: AcousticModel,
    options: AlignOptions,
) -> None:
    """Place spoken words first to last inside a part; words that do not fit remain unplaced."""
    delay = 0.0 if options.faithful else model.spike_delay
    low, high = (emission.clock.frame(time + delay) for time in (part.start, part.end))
    low, high = max(0, low - WIDENED), min(len(emission.log_probs), high + WIDENED)
    graph = transcript_graph(transcript.spoken[first : last + 1], model.vocabulary)
    try:
        path = best_path_graph(emission.log_probs[low:high], graph.graph, emission.vocabulary.blank)
    except NoPathError:
        return
    own, readings = runs_of(path, graph, last + 1 - first)
    for place, run in enumerate(own):
        runs[first + place] = [(label, low + a, low + b) for label, a, b in run]
        chosen[first + place] = readings[place]


def _override(cue: PlacedCue, *, published: bool) -> CueOverride:
    """A reason for cues that were guessed; times and scores of the published method."""
    reason = GUESSED if cue.status == "guessed" else None
    if published and cue.start is not None and cue.end is not None:
        return CueOverride(reason, Span(cue.start, cue.end), cue.score)
    return CueOverride(reason)
