"""`filter`: the cues of one alignment that are good enough, in Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ctcalign.alignment.alignment import Alignment
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.documents import Document, Tally, filtered, least_confidence
from ctcalign.formats.reading import read_alignment


def filter(
    alignment: Alignment | str | Path,
    *,
    min_confidence: float | None = None,
    precision: float | None = None,
    criteria: Criteria | None = None,
) -> Alignment:
    """The alignment without the cues that a limit rejects, and without those that were not found in the recording.

    Args:
        alignment: an alignment, or the path of one.
        min_confidence: lowest confidence of a kept cue, in [0, 1].
        precision: keep as many cues as possible at this precision, estimated from the confidences; in place of
            `min_confidence`.
        criteria: further limits, such as `ctcalign.filtering.criteria.Criteria(min_duration=1.0)`.
    Returns:
        A new alignment; its warnings contain the number of rejected cues. The kept cues are those of the input.
    Raises:
        UsageError: a limit is out of range.   CaptionError: the file cannot be read.

    >>> import ctcalign
    >>> cues = [ctcalign.AlignedCue(k, "hello", k, k + 1, confidence=value) for k, value in enumerate((0.99, 0.2))]
    >>> kept = ctcalign.filter(ctcalign.Alignment("talk.wav", 2.0, "builtin:en", cues), min_confidence=0.9)
    >>> [cue.index for cue in kept.cues], kept.warnings
    ([0], ['filter: 1 of 2 cues were rejected: 1 confidence below 0.9'])
    """
    found = alignment if isinstance(alignment, Alignment) else read_alignment(alignment)
    limits = criteria or Criteria()
    if min_confidence is not None:
        limits = replace(limits, min_confidence=min_confidence)
    document = Document(Path(found.audio or "alignment"), "alignment", found.to_dict())
    warnings: list[str] = []
    if precision is not None:
        least = least_confidence([document], limits, precision)
        limits = replace(limits, min_confidence=1.0 if least is None else least)
        if least is None:
            warnings.append(
                f"filter: no cue has a confidence of {precision:g} or more, so this precision cannot be reached"
            )
    tally = Tally(most=0)
    kept = {row["index"] for row in filtered(document, limits, tally).data["cues"]}
    cues = [cue for cue in found.cues if cue.index in kept]
    if tally.reasons:
        reasons = ", ".join(f"{count} {reason}" for reason, count in tally.reasons.most_common())
        warnings.insert(0, f"filter: {len(found.cues) - len(cues)} of {len(found.cues)} cues were rejected: {reasons}")
    return replace(found, cues=cues, warnings=[*found.warnings, *warnings])
