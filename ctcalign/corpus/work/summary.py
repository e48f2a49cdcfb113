"""What a record and the report keep of an alignment."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ctcalign.alignment.alignment import AlignedCue, Alignment

BINS = 20  # of the histogram of confidences
SHOWN = 3  # warnings


def summary_of(alignment: Alignment) -> dict[str, Any]:
    """Counts of cues and words, seconds, and confidences of an alignment.

    `confidence` is the mean over all cues that should be spoken, 0 for those that were not placed; `histogram` has the
    cues that were, in `BINS` bins of equal width. Both are None for a model without calibration.
    """
    cues = Counter(cue.status for cue in alignment.cues)
    placed = [cue for cue in alignment.cues if cue.status == "aligned"]
    known = [cue.confidence for cue in placed if cue.confidence is not None]
    histogram = [0] * BINS
    for value in known:
        histogram[min(int(value * BINS), BINS - 1)] += 1
    expected = len(placed) + cues["failed"] + sum(_was_expected(cue) for cue in alignment.cues)
    mean = round(sum(known) / expected, 6) if known else None
    return {
        "duration": round(alignment.duration, 3),
        "aligned": cues["aligned"],
        "not_spoken": cues["not_spoken"],
        "failed": cues["failed"],
        "words": sum(word.status == "aligned" for cue in alignment.cues for word in cue.words),
        "captioned": round(sum(span.duration for cue in placed if (span := cue.span) is not None), 3),
        "confidence": mean,
        "histogram": histogram if known else None,
        "warnings": len(alignment.warnings),
        "first_warnings": [text[:300] for text in alignment.warnings[:SHOWN]],
    }


def _was_expected(cue: AlignedCue) -> bool:
    """Whether a cue that is not spoken has words; mark-up and notes have no reason."""
    return cue.status == "not_spoken" and cue.reason is not None
