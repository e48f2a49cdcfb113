"""Calibration for the model of a pass: the one shipped with it, or one fitted on speech that is not trained on.

Transcribed recordings are used as they are. Without any, the fit uses phrases of captions that are left out of the
training, if the model's own transcription agrees with them. Its examples are made like the phrases of a pass: captions
with errors are aligned and divided, and their phrases are aligned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctcalign.adapt.captions.alignments import align_talk
from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.captions.phrases import CUE, labelled_phrases
from ctcalign.adapt.speech.cuts import Row, cut_of
from ctcalign.adapt.speech.transcribed import joined_recordings
from ctcalign.aligner.confidence.calibration import Calibration, read_calibration
from ctcalign.aligner.confidence.logistic import shipped_file
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.calibration.run import calibrate, write_calibration
from ctcalign.calibration.sets import Transcribed
from ctcalign.emission.progress import Progress, ignored
from ctcalign.errors import AudioError, CaptionError, UsageError
from ctcalign.models.protocol import AcousticModel

FILE = "confidence.json"
AGREES = 0.1  # label errors of the model's own transcription, over the labels of a phrase
FEWEST = 12  # phrases with which it agrees; with fewer, the half with the fewest errors
MOST_MINUTES = 15.0  # of speech: each utterance is aligned twelve times or more
_LEAST_SECONDS = 0.5  # of a phrase


@dataclass(frozen=True)
class Calibrated:
    """Result: a description of the origin of the calibration, and the data of the fit, if known."""

    source: str
    about: dict[str, Any]
    warnings: list[str]


def shipped(model: str) -> Path | None:
    """The calibration that is shipped with a model."""
    return shipped_file(model, FILE)


def fitted(
    recordings: Sequence[Transcribed],
    model: AcousticModel,
    language: str,
    device: str,
    seed: int,
    output: Path,
    progress: Progress = ignored,
) -> Calibrated:
    """Fit on transcribed recordings and write the calibration.

    Raises:
        UsageError: there are too few captions.
    """
    found = calibrate(recordings, model, language, device, seed, progress, labelled_phrases)
    write_calibration(found.calibration, output)
    return Calibrated("fitted on speech that is not trained on", dict(found.calibration.fitted_on), found.warnings)


def kept_calibration(file: Path | None, output: Path, why: str) -> Calibrated:
    """The calibration in another file.

    Raises:
        UsageError: there is no calibration.
    """
    if file is None:
        raise UsageError(
            f"calibrate_on: no confidences can be fitted for the model ({why}); give transcribed recordings with "
            "--calibrate-on, or a file of `ctcalign calibrate` with --calibration"
        )
    calibration: Calibration = read_calibration(file)
    write_calibration(calibration, output)
    return Calibrated(f"that of {calibration.model}", {}, [f"confidence: {why}"] if why else [])


def transcribed_rows(rows: Sequence[Row]) -> list[Transcribed]:
    """Transcribed utterances for a fit, up to `MOST_MINUTES`."""
    return joined_recordings(_limited(rows))


def agreeing_rows(talks: Sequence[Talk], model: AcousticModel, language: str, device: str) -> list[Row]:
    """Phrases of the captions that are left out, as cuts: those with which the model's transcription agrees."""
    found: list[tuple[float, Row]] = []
    for talk in talks:
        if not talk.left_out:
            continue
        try:
            alignment = align_talk(talk, model, None, language, device)
        except (CaptionError, AudioError):
            continue  # already reported by the stage of the alignments
        left = set(talk.left_out)
        for cue in alignment.cues:
            rate = cue.scores.get("free_error_rate")
            if cue.attributes[CUE] in left and rate is not None and _is_whole(cue):
                found.append((rate, _row(talk, cue, alignment.unwritten)))
    rates = sorted(rate for rate, _ in found)
    agreeing = sum(rate <= AGREES for rate in rates)
    limit = AGREES if agreeing >= FEWEST or not rates else rates[len(rates) // 2]
    return _limited([row for rate, row in found if rate <= limit])


def _is_whole(cue: AlignedCue) -> bool:
    span = cue.span
    return cue.status == "aligned" and span is not None and span.end - span.start >= _LEAST_SECONDS


def _row(talk: Talk, cue: AlignedCue, unwritten: Sequence[tuple[float, float]]) -> Row:
    span = cue.span
    assert span is not None
    edge = 0.05
    left = max([0.0, span.start - edge, *(stop for _, stop in unwritten if stop <= span.start)])
    right = min([talk.duration, span.end + edge, *(begin for begin, _ in unwritten if begin >= span.end)])
    text = " ".join(word.reading or word.text for word in cue.words if word.status == "aligned")
    return cut_of(f"{talk.name}-{cue.index:05d}", talk.name, talk.audio, talk.duration, (left, right), text)


def _limited(rows: Sequence[Row]) -> list[Row]:
    """Rows of up to `MOST_MINUTES`, spread over all of them."""
    seconds = sum(row["duration"] for row in rows)
    if seconds <= 60 * MOST_MINUTES:
        return list(rows)
    every = seconds / (60 * MOST_MINUTES)
    return [rows[int(place * every)] for place in range(int(len(rows) / every))]
