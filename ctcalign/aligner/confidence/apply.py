"""Confidences and published scores put on the cues and words of a finished alignment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ctcalign.aligner.confidence.calibration import Calibration, read_calibration
from ctcalign.aligner.confidence.cue_evidence import spoken_labels
from ctcalign.aligner.confidence.inputs import Material, material
from ctcalign.aligner.confidence.published_scores import SCORES, published_scores
from ctcalign.aligner.placing.placement import BY_NEIGHBOURS, NOT_FOUND, PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.emission.emission import Emission
from ctcalign.errors import UsageError
from ctcalign.models.protocol import AcousticModel

Chosen = Literal["shipped"] | str | Path | Calibration | None

PATH, CONFIDENCE = "path", "confidence"
NAMES = (PATH, *SCORES, CONFIDENCE)  # what a cue's score may be
_BUILTIN = Path(__file__).parents[2] / "models" / "builtin"


def shipped_calibration(model: str) -> Path | None:
    """The calibration that comes with a model; None for models without one."""
    family, _, name = model.partition(":")
    path = _BUILTIN / name / "confidence.json"
    return path if family == "builtin" and name and path.is_file() else None


def chosen_calibration(chosen: Chosen, model: str) -> tuple[Calibration | None, list[str]]:
    """The calibration that was asked for, and what a user should know about it.

    Args:
        chosen: a file or a calibration; "shipped": the model's own, if there is one; None: none.
        model: name of the recogniser.
    Raises:
        CalibrationError: it cannot be used.
    """
    if chosen == "shipped":
        chosen = shipped_calibration(model)
    if chosen is None:
        return None, []
    found = chosen if isinstance(chosen, Calibration) else read_calibration(Path(chosen))
    if found.model != model:
        return found, [f"confidence: the calibration was fitted for {found.model}, the model is {model}"]
    return found, []


def requested_calibration(chosen: Chosen, score: str, model: str) -> tuple[Calibration | None, list[str]]:
    """`chosen_calibration`, with a check that the asked score can be had: before hours of audio are heard for it.

    Raises:
        UsageError: no such score, or a confidence without a calibration.   CalibrationError: see `chosen_calibration`.
    """
    if score not in NAMES:
        raise UsageError(f"score: got {score!r}, expected one of {', '.join(NAMES)}")
    fitted, notes = chosen_calibration(chosen, model)
    if fitted is None and score == CONFIDENCE:
        raise UsageError(
            f"score: {model} has no calibration, so there is no confidence; make one with `ctcalign calibrate` "
            "and give it with --calibration"
        )
    return fitted, notes


def apply_calibration(
    alignment: Alignment,
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    emission: Emission,
    model: AcousticModel,
    calibration: Chosen = "shipped",
    score: str = PATH,
    scores: bool = False,
) -> None:
    """Give confidences to cues and words, and the asked scores to cues; the alignment is changed.

    What was not heard gets the confidence 0: it has no place that could be right. What nobody speaks gets none.

    Args:
        placed: the place of each of `text.spoken`.
        calibration: see `chosen_calibration`.
        score: name in `NAMES` of what becomes the `score` of the cues; free_error_rate with a minus sign.
        scores: keep all published scores in `cue.scores`.
    Raises:
        UsageError, CalibrationError: see `requested_calibration`.
    """
    fitted, notes = requested_calibration(calibration, score, model.name)
    alignment.warnings = [*alignment.warnings, *notes]
    if fitted is not None:
        found = material(emission, text, placed, alignment.cues, model.spike_delay)
        _give(alignment.cues, text, found, fitted)
    names = tuple(SCORES) if scores else (score,) if score in SCORES else ()
    if names:
        _published(alignment.cues, text, placed, emission, model.spike_delay, names)
    for cue in alignment.cues:
        if score == CONFIDENCE:
            cue.score = cue.confidence
        elif score in SCORES:
            value = cue.scores.get(score)
            cue.score = -value if value is not None and score == "free_error_rate" else value
        if not scores:
            cue.scores = {}


def _give(cues: Sequence[AlignedCue], text: Transcript, found: Material, fitted: Calibration) -> None:
    for cue in cues:
        if cue.reason in (NOT_FOUND, BY_NEIGHBOURS):
            cue.confidence = 0.0
        for word in cue.words:
            if word.status == "not_spoken" and word.reason == NOT_FOUND:
                word.confidence = 0.0
    alone = np.zeros(len(found.cues))
    for at, own in enumerate(found.cues):
        alone[at], words = fitted.judged(own, found.level)
        for number, value in zip(own.evidence.words, words.tolist(), strict=True):
            home, place = text.homes[number]
            if cues[home].words[place].status == "aligned":
                cues[home].words[place].confidence = value
    for own, sure in zip(found.cues, fitted.together(alone).tolist(), strict=True):
        cues[own.evidence.cue].confidence = sure


def _published(
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
