"""One recording and its captions in, one `Alignment` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from ctcalign.align.alignment import Alignment
from ctcalign.align.assemble import assemble
from ctcalign.align.confidence.calibration import Calibration
from ctcalign.align.confidence.judging import asked_calibration, judge
from ctcalign.align.emission import Emission
from ctcalign.align.listening import listen
from ctcalign.align.old_times import OldTimes, near_old_times
from ctcalign.align.placing import Placement, place_words
from ctcalign.align.repeats import mark_repeats
from ctcalign.align.searching import runner, search
from ctcalign.align.skipping_graph import SkipCosts, skipping_graph
from ctcalign.align.spoken import SpokenText, spoken_text
from ctcalign.align.transcript_graph import transcript_graph
from ctcalign.align.unheard_cues import BY_NEIGHBOURS, place_unheard
from ctcalign.align.unwritten import unwritten_speech
from ctcalign.errors import CaptionError, NoPathError, UsageError
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.captions import Captions, read_captions
from ctcalign.text.cues import Cue
from ctcalign.text.tokeniser import Romanise, Tokeniser

METHODS = ("global", "ipfa")
Source = str | Path | Captions | Sequence[Cue] | Sequence[str]


class Progress(Protocol):
    """Called with the stage ("listening", "aligning"), how much is done, and of how much (None: not known)."""

    def __call__(self, stage: str, done: float, total: float | None) -> None: ...


def _unseen(stage: str, done: float, total: float | None) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class AlignOptions:
    """Settings of `align` that seldom change; see there.

    Attributes:
        skips: of "global", prices at which words and cues may be left out; None: everything is spoken and gets a place.
        old_times: of "global", how near to their old times captions are kept; None: these are not looked at.
        faithful: of "ipfa", the method as it was published, faults and all.
        calibration: a file of `ctcalign calibrate`; "shipped" is the model's own, and no confidence where it has none.
        score: what becomes the score of a cue: "path" or another of `confidence.judging.NAMES`.
        scores: keep all published scores of each cue.
    """

    channel: str | int = "mix"
    window: float | None = None
    max_memory: int | None = None
    romanise: Romanise = "auto"
    tokens: bool = False
    unwritten: bool = True
    skips: SkipCosts | None = field(default_factory=SkipCosts)
    old_times: OldTimes | None = None
    faithful: bool = False
    calibration: str | Path | Calibration | None = "shipped"
    score: str = "path"
    scores: bool = False


def align(
    audio: str | Path,
    captions: Source,
    model: str | AcousticModel = "builtin:en",
    method: Literal["global", "ipfa"] = "global",
    language: str | None = None,
    device: str = "auto",
    *,
    options: AlignOptions | None = None,
    caption_format: str | None = None,
    recording: str | None = None,
    allow_noncommercial: bool = False,
    progress: Progress = _unseen,
) -> Alignment:
    """Find when each cue and each word of the captions is said.

    Args:
        audio: path of a recording or video; "-" is standard input.
        captions: path of a caption file ("-" is standard input), what `read_captions` gave, cues, or lines of text.
        model: name for `load_model`, or a model.
        method: "global": one exact best path through all of the text. "ipfa": iterative pseudo-forced alignment,
            window after window between anchors.
        language: code of the captions' language, for numbers and signs; None takes the model's.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        options: channel, memory and output settings.
        caption_format: name of the caption format when the file's name and content do not tell it.
        recording: id of the recording in a caption file that holds several; None: the name of the audio file.
        allow_noncommercial: accept models whose licence forbids commercial use.
        progress: see `Progress`.
    Returns:
        Every cue and word of the input exactly once, with times in seconds.
    Raises:
        AudioError, CaptionError, ModelError, UsageError: see their texts; nothing is returned in part.
    """
    options = options or AlignOptions()
    if method not in METHODS:
        raise UsageError(f"method: got {method!r}, expected one of {', '.join(METHODS)}")
    read = _captions(captions, caption_format, recording or Path(audio).stem)
    recogniser = load_model(model, device, allow_noncommercial) if isinstance(model, str) else model
    asked_calibration(options.calibration, options.score, recogniser.name)  # what is wrong is told before the wait
    language = language or recogniser.language or "en"
    tokeniser = Tokeniser(recogniser.vocabulary, language, options.romanise)
    text = spoken_text(read.cues, tokeniser, language)
    if not text.spoken:
        raise CaptionError(
            f"captions: nothing in the {len(read.cues)} cues is spoken (only mark-up, signs or notes); give text"
        )
    if not any(word.alternatives for word in text.spoken):
        raise CaptionError(
            f"captions: {recogniser.name} can say none of the {len(text.spoken)} words "
            f"(first: {text.spoken[0].word.text!r}); "
            "choose a model of their language, or install romanisation: pip install 'ctcalign[text]'"
        )
    with listen(audio, recogniser, device, options.channel, options.window, options.max_memory, progress) as heard:
        try:
            if method == "ipfa":
                from ctcalign.align.ipfa_method import align_emission_ipfa, speech_of

                speech = speech_of(audio, options.channel, heard.emission.duration, progress)
                alignment = align_emission_ipfa(heard.emission, text, recogniser, speech, options, progress)
            else:
                alignment = align_emission(heard.emission, text, recogniser, options, progress)
        except CaptionError as error:
            if not heard.warnings:
                raise
            raise CaptionError(f"{error} ({'; '.join(heard.warnings)})") from error
        heard.assign_channels(alignment.cues)
    alignment.audio = str(audio)
    alignment.language = language
    alignment.warnings = [*heard.warnings, *read.warnings, *text.warnings, *alignment.warnings]
    return alignment


def align_emission(
    emission: Emission, text: SpokenText, model: AcousticModel, options: AlignOptions, progress: Progress = _unseen
) -> Alignment:
    """The same from an emission that is at hand already: best path, boundaries, scores, confidences."""
    alignment, placed = place_emission(emission, text, model, options, progress)
    judge(alignment, text, placed.words, emission, model, options.calibration, options.score, options.scores)
    return alignment


def place_emission(
    emission: Emission, text: SpokenText, model: AcousticModel, options: AlignOptions, progress: Progress = _unseen
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


def finished(
    text: SpokenText,
    placed: Placement,
    emission: Emission,
    model: str,
    options: AlignOptions,
    warnings: list[str],
    *,
    guess: bool = False,
) -> Alignment:
    """The alignment of placed words.

    Args:
        guess: place cues that were not heard where other speech stands between their neighbours.
    Raises:
        CaptionError: nothing was heard.
    """
    cues = assemble(text, placed, emission.duration, tokens=options.tokens, left_to=None if guess else ())
    if all(cue.status != "aligned" for cue in cues):
        raise CaptionError(
            f"captions: none of the {len(text.spoken)} words was heard in {emission.duration:.1f} s of audio; "
            "check that the captions belong to this recording and the model speaks their language"
        )
    if guess:
        # Speech that was left to a cue in vain goes back to the cues beside it: the others are placed again.
        found = place_unheard(text, cues, placed, emission)
        cues = assemble(text, placed, emission.duration, tokens=options.tokens, left_to=found)
        place_unheard(text, cues, placed, emission, only=found)
        if found:
            warnings = [*warnings, f"{len(found)} cue{'s' if len(found) > 1 else ''}: {BY_NEIGHBOURS}"]
    covered = [
        (cue.start, cue.end)
        for cue in cues
        if cue.status == "aligned" and cue.start is not None and cue.end is not None
    ]
    unwritten = unwritten_speech(emission, covered) if options.unwritten else []
    warnings = [*warnings, *mark_repeats(text, cues, unwritten, emission)]
    return Alignment("", emission.duration, model, cues, unwritten, frame_shift=emission.frame_shift, warnings=warnings)


def _captions(source: Source, caption_format: str | None, recording: str) -> Captions:
    """Read captions from whatever they were given as."""
    if isinstance(source, Captions):
        return source
    if isinstance(source, (str, Path)):
        return read_captions(source, caption_format, recording=recording)
    cues = [line if isinstance(line, Cue) else Cue(number, str(line)) for number, line in enumerate(source)]
    if not cues:
        raise CaptionError("captions: got an empty list; give at least one cue")
    return Captions(cues, "python", "utf-8", [])
