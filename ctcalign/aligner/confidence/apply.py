"""Confidences and published scores for the cues and words of a finished alignment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ctcalign.aligner.choices import CUE_SCORES
from ctcalign.aligner.confidence.calibration import Calibration, read_calibration
from ctcalign.aligner.confidence.cue_evidence import spoken_labels
from ctcalign.aligner.confidence.inputs import RecordingInputs, recording_inputs
from ctcalign.aligner.confidence.logistic import shipped_file
from ctcalign.aligner.confidence.prior_shift import EXPECTED, UNRECOGNISED
from ctcalign.aligner.confidence.published_scores import SCORES, published_scores
from ctcalign.aligner.placing.cues import BY_NEIGHBOURS, NOT_FOUND
from ctcalign.aligner.placing.words import PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.checks import check_choice
from ctcalign.emission.emission import Emission
from ctcalign.errors import UsageError
from ctcalign.models.protocol import AcousticModel

CalibrationSource = Literal["shipped"] | str | Path | Calibration | None

PATH, CONFIDENCE = "path", "confidence"


def load_calibration(source: CalibrationSource, model: str) -> tuple[Calibration | None, list[str]]:
    """The calibration from a source, and warnings about it.

    Args:
        source: a file or a calibration; "shipped" is the one shipped with the model, if any; None: no calibration.
        model: name of the recogniser.
    Raises:
        CalibrationError: it cannot be used.
    """
    if source == "shipped":
        source = shipped_file(model, "confidence.json")
    if source is None:
        return None, []
    found = source if isinstance(source, Calibration) else read_calibration(Path(source))
    if found.model != model:
        return found, [f"confidence: the calibration was fitted for {found.model}, the model is {model}"]
    return found, []


def requested_calibration(source: CalibrationSource, score: str, model: str) -> tuple[Calibration | None, list[str]]:
    """`load_calibration` with a check of the requested score, so that errors come before the emission is computed.

    Raises:
        UsageError: unknown score, or a confidence without a calibration.   CalibrationError: see `load_calibration`.
    """
    check_choice("score", score, CUE_SCORES)
    calibration, notes = load_calibration(source, model)
    if calibration is None and score == CONFIDENCE:
        raise UsageError(
            f"score: {model} has no calibration, so there is no confidence; create one with `ctcalign calibrate` "
            "and pass it with --calibration"
        )
    return calibration, notes


def apply_calibration(
    alignment: Alignment,
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    emission: Emission,
    model: AcousticModel,
    calibration: CalibrationSource = "shipped",
    score: str = PATH,
    scores: bool = False,
    recognised: bool = True,
) -> None:
    """Set the confidences of cues and words and the requested scores of cues, in place.

    Cues and words that are not aligned get confidence 0, since they have no times that could be right. Cues and words
    that are not meant to be spoken (notes, mark-up) get no confidence.

    Args:
        placed: place of each word of `text.spoken`, None for words that are not placed.
        calibration: see `load_calibration`.
        score: name in `CUE_SCORES` of the value used as `score` of the cues; free_error_rate is negated.
        scores: keep all published scores in `cue.scores`.
        recognised: whether the model recognises the text at all; see `doubts_about_the_text`.
    Raises:
        UsageError, CalibrationError: see `requested_calibration`.
    """
    fitted, notes = requested_calibration(calibration, score, model.name)
    alignment.warnings = [*alignment.warnings, *notes]
    if fitted is not None:
        inputs = recording_inputs(emission, text, placed, alignment.cues, model.spike_delay)
        set_confidences(alignment.cues, text, inputs, fitted, recognised)
    names = tuple(SCORES) if scores else (score,) if score in SCORES else ()
    if names:
        _set_published(alignment.cues, text, placed, emission, model.spike_delay, names)
    for cue in alignment.cues:
        if score == CONFIDENCE:
            cue.score = cue.confidence
        elif score in SCORES:
            value = cue.scores.get(score)
            cue.score = -value if value is not None and score == "free_error_rate" else value
        if not scores:
            cue.scores = {}


def set_confidences(
    cues: Sequence[AlignedCue],
    text: Transcript,
    inputs: RecordingInputs,
    calibration: Calibration,
    recognised: bool = True,
) -> None:
    """Set the confidences of cues and words, in place.

    Args:
        cues: all cues of `text`.   inputs: of their alignment.
        recognised: False: the prior, the expected fraction of right cues and words, is one half.
    """
    for cue in cues:
        if cue.reason in (NOT_FOUND, BY_NEIGHBOURS):
            cue.confidence = 0.0
        for word in cue.words:
            if word.status == "not_spoken" and word.reason == NOT_FOUND:
                word.confidence = 0.0
    alone = np.zeros(len(inputs.cues))
    expected = EXPECTED if recognised else UNRECOGNISED
    for at, own in enumerate(inputs.cues):
        alone[at], words = calibration.confidences(own, inputs.quality)
        words = words if recognised else calibration.shifted(words, expected)
        for number, value in zip(own.evidence.words, words.tolist(), strict=True):
            home, place = text.homes[number]
            if cues[home].words[place].status == "aligned":
                cues[home].words[place].confidence = value
    for own, confidence in zip(inputs.cues, calibration.shifted(alone, expected).tolist(), strict=True):
        cues[own.evidence.cue].confidence = confidence


def _set_published(
    cues: Sequence[AlignedCue],
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    emission: Emission,
    spike_delay: float,
    names: tuple[str, ...],
) -> None:
    separator = emission.vocabulary.separator
    labels: list[list[int]] = [[] for _ in cues]
    for number, (cue, _) in enumerate(text.homes):
        if text.spoken[number].alternatives:
            own = labels[cue]
            own += [separator] if own and separator is not None else []
            own += spoken_labels(text, placed, number)
    spans = [cue.span if cue.status == "aligned" else None for cue in cues]
    characters = [len(" ".join(word.text for word in cue.words if word.status == "aligned")) for cue in cues]
    rows = published_scores(emission, spans, labels, characters, names, spike_delay)
    for target, row in zip(cues, rows, strict=True):
        target.scores = row or {}
