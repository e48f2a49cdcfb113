"""One recording and its captions in, one `Alignment` out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ctcalign.aligner.best_path import place_emission
from ctcalign.aligner.choices import METHODS, Method
from ctcalign.aligner.confidence.apply import apply_calibration, requested_calibration
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.cue import Cue
from ctcalign.emission.channels import open_emission
from ctcalign.emission.emission import Emission
from ctcalign.emission.progress import Progress, ignored
from ctcalign.errors import CaptionError, UsageError
from ctcalign.extras import require
from ctcalign.formats.captions import Captions, read_captions
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.tokeniser import Tokeniser

Source = str | Path | Captions | Sequence[Cue] | Sequence[str]


def align(
    audio: str | Path,
    captions: Source,
    model: str | AcousticModel = "builtin:en",
    method: Method = "global",
    language: str | None = None,
    device: str = "auto",
    *,
    options: AlignOptions | None = None,
    caption_format: str | None = None,
    recording: str | None = None,
    allow_noncommercial: bool = False,
    progress: Progress = ignored,
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
    if method == "ipfa":
        require("silero_vad")
    read = _captions(captions, caption_format, recording or Path(audio).stem)
    recogniser = load_model(model, device, allow_noncommercial) if isinstance(model, str) else model
    requested_calibration(options.calibration, options.score, recogniser.name)  # what is wrong is told before the wait
    language = language or recogniser.language or "en"
    tokeniser = Tokeniser(recogniser.vocabulary, language, options.romanise)
    text = transcript_of(read.cues, tokeniser, language)
    if not text.spoken:
        raise CaptionError(
            f"captions: nothing in the {len(read.cues)} cues is spoken (only mark-up, signs or notes); give text"
        )
    if not any(word.alternatives for word in text.spoken):
        raise CaptionError(
            f"captions: {recogniser.name} has symbols for none of the {len(text.spoken)} words "
            f"(first: {text.spoken[0].word.text!r}); "
            "choose a model of their language, or install romanisation: pip install 'ctcalign[text]'"
        )
    with open_emission(audio, recogniser, options, device, progress) as opened:
        try:
            if method == "ipfa":
                from ctcalign.aligner.ipfa.method import align_emission_ipfa, speech_of

                speech = speech_of(audio, options.channel, opened.emission.duration, progress)
                alignment = align_emission_ipfa(opened.emission, text, recogniser, speech, options, progress)
            else:
                alignment = align_emission(opened.emission, text, recogniser, options, progress)
        except CaptionError as error:
            if not opened.warnings:
                raise
            raise CaptionError(f"{error} ({'; '.join(opened.warnings)})") from error
        opened.assign_channels(alignment.cues)
    alignment.audio = str(audio)
    alignment.language = language
    alignment.warnings = [*opened.warnings, *read.warnings, *text.warnings, *alignment.warnings]
    return alignment


def align_emission(
    emission: Emission, text: Transcript, model: AcousticModel, options: AlignOptions, progress: Progress = ignored
) -> Alignment:
    """The same from an emission that is at hand already: best path, boundaries, scores, confidences."""
    alignment, placed = place_emission(emission, text, model, options, progress)
    apply_calibration(
        alignment, text, placed.words, emission, model, options.calibration, options.score, options.scores
    )
    return alignment


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
