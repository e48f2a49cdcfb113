"""Alignment of one recording and its captions: `align`."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from ctcalign.aligner import best_path
from ctcalign.aligner.adaptation.run import Attempt, Recording, adapted, check_request
from ctcalign.aligner.adaptation.utterances import Utterance, sure_utterances
from ctcalign.aligner.choices import METHODS, Method
from ctcalign.aligner.confidence.apply import apply_calibration, requested_calibration
from ctcalign.aligner.confidence.recognition import doubts_about_the_text
from ctcalign.aligner.division import SPLITS, Split, divided
from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.ipfa import method as ipfa
from ctcalign.aligner.ipfa.method import speech_of
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.cue_spans import cue_spans
from ctcalign.aligner.placing.cues import BY_NEIGHBOURS, assemble, override
from ctcalign.aligner.placing.paraphrased_cues import with_paraphrases
from ctcalign.aligner.placing.repeats import mark_repeats
from ctcalign.aligner.placing.uncaptioned_speech import uncaptioned_speech
from ctcalign.aligner.placing.words import Placement
from ctcalign.aligner.spoken_language import in_the_spoken_language
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.aligner.uncertainty import (
    COST_FACTORS,
    RECOGNISED_POORLY,
    evidence,
    is_recognised,
    raised,
    recognised_poorly,
    uncertainty,
)
from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.cue import Cue
from ctcalign.audio.inputs import AudioInput, name_of, recording_of, seekable
from ctcalign.checks import check_choice
from ctcalign.emission.channels import open_emission
from ctcalign.emission.emission import Emission
from ctcalign.emission.options import with_track
from ctcalign.emission.progress import Progress, ignored, logged
from ctcalign.errors import CaptionError, UsageError
from ctcalign.extras import require
from ctcalign.formats.captions import Captions, read_captions
from ctcalign.models import load_model
from ctcalign.models.precision import Precision
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.languages import check_language
from ctcalign.text.tokeniser import Tokeniser

Source = str | Path | bytes | IO[Any] | Captions | Alignment | Sequence[Cue] | Sequence[str]
Placed = tuple[Alignment, Placement]


def align(
    audio: AudioInput,
    captions: Source,
    model: str | AcousticModel = "auto",
    method: Method = "global",
    language: str | None = None,
    device: str = "auto",
    *,
    sample_rate: int | None = None,
    track: str | int | None = None,
    options: AlignOptions | None = None,
    caption_format: str | None = None,
    recording: str | None = None,
    split: Split | None = None,
    allow_noncommercial: bool = False,
    precision: Precision = "auto",
    adapt: int = 0,
    save_adapted: str | Path | None = None,
    progress: Progress = logged,
) -> Alignment:
    """Find when each cue and each word of the captions is spoken.

    Args:
        audio: path of a recording or video ("-" is standard input), its bytes, a binary file object, a recording or cut
            of lhotse, or an array or tensor: floats in [-1, 1] or integers, shape (N,) or (channels, N).
        captions: path of a caption file ("-" is standard input), a file object or bytes of one, the result of
            `read_captions`, cues, lines of text, or an alignment, which is aligned again.
        model: name for `load_model`, or a model.
        method: "global": one exact best path through the whole text. "ipfa": iterative pseudo-forced alignment, window
            by window between anchors.
        language: code of the captions' language, which decides how numbers and signs are read; None: the model's.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        sample_rate: sample rate of an array in Hz; else None.
        track: number (from 0) or language of the audio track to use; None: the track of `options`.
        options: channel, track, memory and output settings.
        caption_format: name of the caption format if it cannot be recognised from the file's name and content.
        recording: id of the recording in a caption file with several; None: the name of the audio file.
        split: how text without times is divided into cues, see `ctcalign.aligner.division.divided`.
        allow_noncommercial: accept models whose licence forbids commercial use.
        precision: in which a model given by its name computes; see `load_model`.
        adapt: number of adaptation passes. Each trains a copy of the model on the cues of this recording that are
            placed with most certainty, and aligns the recording again; needs torch. A pass is discarded if it does
            not improve the recognition of held-out cues.
        save_adapted: file or folder for the adapted model, if one was kept; None: it is discarded.
        progress: see `Progress`.
    Returns:
        Every cue and word of the input exactly once, with times in seconds.
    Raises:
        AudioError, CaptionError, ModelError, UsageError: the message describes the error; there is no partial result.

    >>> import ctcalign
    >>> alignment = ctcalign.align("egs/demo/talk.ogg", "egs/demo/talk.srt", "builtin:en")
    >>> cue = alignment.cues[1]
    >>> cue.text, cue.status, round(cue.start), [word.text for word in cue.words[:3]]
    ('ANNA: Good evening, and welcome to the harbour museum.', 'aligned', 5, ['ANNA:', 'Good', 'evening,'])
    """
    options = with_track(options or AlignOptions(), track)
    check_arguments(method, language, split)
    read = captions_of(captions, caption_format, recording or Path(name_of(audio)).stem)
    recogniser = recogniser_of(model, device, options, language, allow_noncommercial, precision, adapt, save_adapted)
    job = Job(read, recogniser, method, language, device, options, split, progress, adapt > 0)
    with recording_of(audio, sample_rate) as given, seekable(given) if adapt else nullcontext(given) as source:
        attempt = job.run(recogniser, source)
        alignment = attempt.alignment
        if adapt:
            one = Recording(source, partial(job.run, source=source), attempt)
            [alignment] = adapted([one], recogniser, options, device, adapt, save_adapted, progress)
    return job.described(alignment, name_of(audio))


def check_arguments(method: Method, language: str | None, split: Split | None) -> None:
    """Check arguments of `align`.

    Raises:
        UsageError: an argument is unknown.   MissingPackageError: the method needs a package that is not installed.
    """
    check_choice("method", method, METHODS)
    check_language(language)
    if split is not None:
        check_choice("split", split, SPLITS)
    if method == "ipfa":
        require("silero_vad", "torch", extra="ipfa")


def recogniser_of(
    model: str | AcousticModel,
    device: str,
    options: AlignOptions,
    language: str | None,
    allow_noncommercial: bool,
    precision: Precision,
    adapt: int,
    save_adapted: str | Path | None,
) -> AcousticModel:
    """The model, loaded if it is given by name, after checks that catch errors before the long work; see `align`.

    Raises:
        ModelError, UsageError: it cannot be loaded or adapted, or the calibration does not fit.
    """
    if isinstance(model, str):
        model = load_model(model, device, allow_noncommercial, precision, options.max_memory, language)
    check_request(model, adapt, save_adapted)
    requested_calibration(options.calibration, options.score, model.name)
    return model


class Job:
    """The alignment of one recording by any model with the same symbols.

    Args:
        read: the captions.
        model: one with these symbols, and the language of the speech.
        method, language, device, options, split, progress: see `align`.
        adapt: whether to return the cues from which the model can be adapted.
    Attributes:
        transcript: the captions; once a model has run, without lines in another language than the speech.
    Raises:
        CaptionError: the captions have no word, or none that the model has symbols for.
    """

    def __init__(
        self,
        read: Captions,
        model: AcousticModel,
        method: Method,
        language: str | None,
        device: str,
        options: AlignOptions,
        split: Split | None,
        progress: Progress,
        adapt: bool,
    ) -> None:
        spoken = language or model.language
        self._language = spoken or "en"
        cues, self._division = list(read.cues), list[str]()
        if read.format == "txt" or (split is not None and not any(cue.span for cue in cues)):
            cues, self._division = divided(cues, split, self._language)
        tokeniser = Tokeniser(model.vocabulary, self._language, options.romanise)
        self.transcript = transcript_of(cues, tokeniser, self._language, spoken)
        if not self.transcript.spoken:
            raise CaptionError(
                f"captions: the {len(cues)} cues contain no spoken word (only mark-up, signs or notes); give text"
            )
        if not any(word.alternatives for word in self.transcript.spoken):
            raise CaptionError(
                f"captions: {model.name} has symbols for none of the {len(self.transcript.spoken)} words "
                f"(first: {self.transcript.spoken[0].word.text!r}); "
                "choose a model of their language, or install romanisation: pip install 'ctcalign[text]'"
            )
        self._read, self._options, self._method = read, options, method
        self._device, self._progress, self._adapt = device, progress, adapt
        self._first, self._speech, self._about_sound = True, list[tuple[float, float]](), list[str]()

    def run(self, model: AcousticModel, source: AudioInput) -> Attempt:
        """The alignment of the recording by a model, and with `adapt` the cues from which it can be adapted."""
        options, progress = self._options, self._progress
        with open_emission(source, model, options, self._device, progress) as opened:
            emission = opened.emission
            if self._first:
                self.transcript = in_the_spoken_language(emission, self.transcript, model, options)
            try:
                if self._first and self._method == "ipfa":
                    self._speech = _speech(source, options, emission.duration, progress)
                placed = place_emission(emission, self.transcript, model, options, progress, self._method, self._speech)
                alignment = _with_confidences(emission, self.transcript, model, options, placed)
            except CaptionError as error:
                details = list(dict.fromkeys([*opened.warnings, *([opened.tracks] if opened.tracks else [])]))
                if not details:
                    raise
                raise CaptionError(f"{error} ({'; '.join(details)})") from error
            opened.assign_channels(alignment.cues)
            sure, unsure = list[Utterance](), 0.0
            if self._adapt:
                unsure, words = uncertainty(emission), placed[1].words
                sure = sure_utterances(emission, self.transcript, words, alignment.cues, model.spike_delay)
        if self._first:
            self._first, self._about_sound = False, opened.warnings
        return Attempt(alignment, sure, unsure)

    def described(self, alignment: Alignment, audio: str) -> Alignment:
        """The alignment with the name of the recording, and all warnings."""
        alignment.audio, alignment.language, alignment.source = audio, self._language, self._read.source
        about = [*self._about_sound, *self._read.warnings, *self._division, *self.transcript.warnings]
        alignment.warnings = [*about, *alignment.warnings]
        return alignment


def align_emission(
    emission: Emission,
    transcript: Transcript,
    model: AcousticModel,
    options: AlignOptions,
    progress: Progress = ignored,
    method: Method = "global",
    speech: Sequence[tuple[float, float]] = (),
) -> Alignment:
    """`align` for an existing emission.

    Args:
        emission: of the whole recording.
        transcript: the captions in the model's symbols.
        model: the model that computed the emission.
        options, progress, method: as for `align`.
        speech: for "ipfa", stretches of speech in seconds, in order; see `speech_of`.
    """
    placed = place_emission(emission, transcript, model, options, progress, method, speech)
    return _with_confidences(emission, transcript, model, options, placed)


def _with_confidences(
    emission: Emission, transcript: Transcript, model: AcousticModel, options: AlignOptions, placed: Placed
) -> Alignment:
    alignment, placement = placed
    doubts = doubts_about_the_text(emission, transcript, alignment.cues, placement.costs)
    alignment.warnings += doubts
    apply_calibration(
        alignment,
        transcript,
        placement.words,
        emission,
        model,
        options.calibration,
        options.score,
        options.scores,
        recognised=not doubts,
    )
    return alignment


def place_emission(
    emission: Emission,
    transcript: Transcript,
    model: AcousticModel,
    options: AlignOptions,
    progress: Progress = ignored,
    method: Method = "global",
    speech: Sequence[tuple[float, float]] = (),
) -> Placed:
    """`align_emission` without confidences, and the placement from which they are computed."""

    def place(costs: SkipCosts | None) -> Placed:
        return _placed(emission, transcript, model, replace(options, skips=costs), progress, method, speech)

    if method == "global" and options.skips is not None and recognised_poorly(emission, model):
        return _best_supported(place, emission, transcript, model.spike_delay, options.skips)
    return place(options.skips)


def _best_supported(
    place: Callable[[SkipCosts], Placed],
    emission: Emission,
    transcript: Transcript,
    spike_delay: float,
    usual: SkipCosts,
) -> Placed:
    """The placement with the default costs or, with more evidence and if the text is recognised, with raised ones."""
    found: list[tuple[float, SkipCosts, Placed]] = []
    nothing: CaptionError | None = None
    for costs in (usual, *(raised(usual, times) for times in COST_FACTORS)):
        try:
            alignment, placement = place(costs)
        except CaptionError as error:
            nothing = error if costs == usual else nothing
            continue
        support = evidence(emission, transcript, placement.words, alignment.cues, spike_delay)
        found.append((support, costs, (alignment, placement)))
    if found:
        _, costs, (alignment, placement) = max(found, key=lambda one: one[0])
        if costs != usual and is_recognised(emission, transcript, alignment.cues, costs):
            placement.costs = costs
            alignment.warnings.append(RECOGNISED_POORLY)
            return alignment, placement
    if nothing is not None:
        raise nothing
    return found[0][2]


def _placed(
    emission: Emission,
    transcript: Transcript,
    model: AcousticModel,
    options: AlignOptions,
    progress: Progress,
    method: Method,
    speech: Sequence[tuple[float, float]],
) -> Placed:
    progress("aligning", 0, None)
    claimed: Collection[int] = ()
    if method == "ipfa":
        placement = ipfa.place(emission, transcript, model, options, speech)
        spans = cue_spans(transcript, placement)
    else:
        placement = best_path.place(emission, transcript, model, options)
        spans, claimed = with_paraphrases(transcript, placement, emission)
    if not any(spans):
        raise CaptionError(
            f"captions: none of the {len(transcript.spoken)} words was found in {emission.duration:.1f} s of audio; "
            "check that the captions belong to this recording and the model recognises their language"
        )
    cues = assemble(transcript, placement, spans, claimed, emission.duration, tokens=options.tokens)
    warnings = list(placement.warnings)
    if claimed:
        warnings.append(f"{len(claimed)} cue{'s' if len(claimed) > 1 else ''}: {BY_NEIGHBOURS}")
    covered = [cue.span for cue in cues if cue.status == "aligned" and cue.span is not None]
    uncaptioned = uncaptioned_speech(emission, covered) if options.unwritten else []
    warnings += mark_repeats(transcript, cues, uncaptioned, emission)
    override(cues, placement.overrides)
    alignment = Alignment(
        "", emission.duration, model.name, cues, uncaptioned, frame_shift=emission.frame_shift, warnings=warnings
    )
    return alignment, placement


def _speech(
    source: AudioInput, options: AlignOptions, duration: float, progress: Progress
) -> list[tuple[float, float]]:
    return speech_of(source, options.channel, duration, progress, options.track, options.max_duration)


def captions_of(source: Source, caption_format: str | None, recording: str) -> Captions:
    """The captions from any of the accepted forms."""
    if isinstance(source, Captions):
        return source
    if isinstance(source, str) and "\n" in source:
        lines = source.count("\n") + 1
        raise UsageError(f"captions: got a text of {lines} lines, expected a path; give a text as io.StringIO(text)")
    if isinstance(source, (str, Path)):
        return read_captions(source, caption_format, recording=recording)
    if isinstance(source, Alignment):
        return _captions_again(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return read_captions(io.BytesIO(source), caption_format, recording=recording)
    if hasattr(source, "read"):
        return read_captions(cast(IO[Any], source), caption_format, recording=recording)
    if not isinstance(source, Iterable):
        raise UsageError(
            f"captions: got {type(source).__name__}, expected a path, a file object, bytes, cues, lines of text, "
            "the result of read_captions, or an alignment"
        )
    cues = [line if isinstance(line, Cue) else Cue(number, str(line)) for number, line in enumerate(source)]
    if not cues:
        raise CaptionError("captions: got an empty list; give at least one cue")
    return Captions(cues, "python", "utf-8", [])


def _captions_again(alignment: Alignment) -> Captions:
    """The captions of an alignment, with the times that they have in it."""
    cues = [
        Cue(place, cue.text, cue.start, cue.end, cue.speaker, cue.id, cue.channel, attributes=cue.attributes)
        for place, cue in enumerate(alignment.cues)
    ]
    if not cues:
        raise CaptionError("captions: got an alignment without cues; give at least one")
    return Captions(cues, "python", "utf-8", [], source=alignment.source)
