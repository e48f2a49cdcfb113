"""Captions that a person has reviewed: rejected ones are never used for training, the others always."""

from __future__ import annotations

from collections.abc import Sequence

from ctcalign.adapt.captions.phrases import REVIEWED
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import Cue
from ctcalign.calibration.trials import WITHIN


def reviewed_cues(alignment: Alignment) -> list[Cue]:
    """The captions of a reviewed alignment without rejected ones; `REVIEWED` has the times of those that are right."""
    found: list[Cue] = []
    for cue in alignment.cues:
        if cue.reviewed == "rejected":
            continue
        span = cue.span if cue.reviewed else None
        attributes = {} if span is None else {REVIEWED: list(span)}
        found.append(Cue(len(found), cue.text, cue.start, cue.end, speaker=cue.speaker, attributes=attributes))
    return found


def trust_reviewed(phrases: Sequence[AlignedCue]) -> None:
    """Set the confidence of phrases that lie where a person has placed their caption, within `WITHIN` seconds, to 1.

    `REVIEWED` is set for each phrase of a reviewed caption: whether it lies there.
    """
    for phrase in phrases:
        times, span = phrase.attributes.get(REVIEWED), phrase.span
        if times is None:
            continue
        start, end = times
        inside = span is not None and start - WITHIN <= span.start and span.end <= end + WITHIN
        phrase.attributes = {**phrase.attributes, REVIEWED: inside and phrase.status == "aligned"}
        if phrase.attributes[REVIEWED]:
            phrase.confidence = 1.0
