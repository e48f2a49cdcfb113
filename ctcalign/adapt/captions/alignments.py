"""Alignment of a recording for training: its captions, then their phrases, on one emission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.captions.phrases import CUE, phrases_of, spoken_span
from ctcalign.adapt.captions.recognised import add_captions, recognised_captions
from ctcalign.adapt.captions.reviewed import trust_reviewed
from ctcalign.aligner.confidence.apply import CalibrationSource
from ctcalign.aligner.confidence.recognition import doubts_about_the_text
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.cue import Cue
from ctcalign.emission.channels import open_emission
from ctcalign.emission.emission import Emission
from ctcalign.errors import CaptionError
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.tokeniser import Tokeniser

# Seconds at either side of a word in which its own symbols may be recognised, and symbols that are speech.
EDGE, LEAST_SYMBOLS = 0.1, 2
WIDEST_PAUSE = 0.8  # seconds between symbols within a stretch of speech


class OtherRecordingError(CaptionError):
    """The captions belong to another recording."""


def align_talk(
    talk: Talk,
    model: AcousticModel,
    calibration: CalibrationSource,
    language: str,
    device: str,
) -> Alignment:
    """The phrases of a recording's captions with confidences; `unwritten` is all speech outside them.

    The attributes of a phrase name its caption (`phrases.CUE`); the first phrase also has what the model recognises in
    the place of the caption (`recognised.CAPTION`). Phrases of a reviewed caption state whether they lie where it was
    placed (`phrases.REVIEWED`), and have confidence 1 if they do.

    Args:
        calibration: None: no confidences, but free error rates.
    Raises:
        CaptionError: no word of the captions was found, or the model has no symbols for them.
        OtherRecordingError: the model does not recognise the captions in the recording.
        AudioError, ModelError: see `ctcalign.align`.
    """
    cues = talk.read(language)
    options = AlignOptions(calibration=None, unwritten=False, scores=True)
    tokeniser = Tokeniser(model.vocabulary, language, options.romanise)
    with open_emission(talk.audio, model, options, device) as opened:
        emission = opened.emission
        transcript = _transcript(cues, tokeniser, language)
        first = align_emission(emission, transcript, model, replace(options, scores=False, calibration=calibration))
        if doubts_about_the_text(emission, transcript, first.cues):
            raise OtherRecordingError(
                f"{talk.id}: the model does not recognise the captions in the recording; they belong to another one, "
                "or are in another language"
            )
        phrases = phrases_of(first.cues)
        transcript = _transcript(phrases, tokeniser, language)
        found = align_emission(emission, transcript, model, replace(options, calibration=calibration))
        words = [word.span for cue in found.cues for word in cue.words if word.status == "aligned"]
        add_captions(found.cues, recognised_captions(first.cues, emission, model.spike_delay), CUE)
        found.unwritten = speech_beside(emission, [span for span in words if span is not None], model.spike_delay)
    for cue in found.cues:
        span = spoken_span(cue.words) if cue.status == "aligned" else None
        if span is not None:
            cue.start, cue.end = span
    trust_reviewed(found.cues)
    found.audio, found.language = str(talk.audio), language
    return found


def _transcript(cues: Sequence[Cue], tokeniser: Tokeniser, language: str) -> Transcript:
    found = transcript_of(cues, tokeniser, language, language)
    if not any(word.alternatives for word in found.spoken):
        raise CaptionError(f"captions: none of their {len(found.spoken)} words can be written in symbols of the model")
    return found


def speech_beside(
    emission: Emission, words: Sequence[tuple[float, float]], spike_delay: float
) -> list[tuple[float, float]]:
    """Stretches between words in which symbols are recognised, (start, end) in seconds, in order.

    Args:
        words: start and end of each placed word, seconds.
        spike_delay: seconds from a symbol to its spike.
    """
    clock = emission.clock
    found: list[tuple[float, float]] = []
    before = -EDGE
    for start, end in [*sorted(words), (emission.duration + EDGE, emission.duration)]:
        low, high = before + EDGE, start - EDGE
        if high - low > clock.frame_shift:
            frames = clock.frames((low + spike_delay, high + spike_delay))
            part = emission.decoding.alone(*frames).without_separators()
            for first, stop in part.stretches(clock.count(WIDEST_PAUSE)):
                inside = (part.frames >= first) & (part.frames < stop)
                if inside.sum() >= LEAST_SYMBOLS:
                    span = clock.seconds(first) - spike_delay, clock.seconds(stop) - spike_delay
                    found.append((max(span[0], 0.0), max(span[1], span[0])))
        before = max(before, end)
    return found
