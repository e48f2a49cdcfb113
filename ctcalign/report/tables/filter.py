"""Summary of a filter, with kept cues and reasons of rejection: for the terminal and as JSON."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ctcalign.filtering.documents import Tally
from ctcalign.filtering.run import FilterReport

NAMED = 3  # cues that are named for each missing field


def report_row(report: FilterReport) -> dict[str, Any]:
    """A JSON object; durations in hours, null without confidences."""
    tally = report.tally
    return {
        "cues": tally.cues,
        "cues_kept": tally.kept_cues,
        "hours": tally.seconds / 3600,
        "hours_kept": tally.kept_seconds / 3600,
        "min_confidence": report.criteria.min_confidence,
        "estimated_precision": tally.precision,
        "with_confidence": len(tally.confidences),
        "reasons": dict(tally.reasons.most_common()),
        "written": report.written,
        "warnings": report.warnings,
    }


def report_lines(report: FilterReport) -> list[str]:
    """Hours and cues kept, the estimated precision, the reasons by frequency, and cues that lack a required field."""
    tally = report.tally
    lines = [
        f"kept {_fraction_kept(tally.kept_seconds, tally.seconds, length(tally.kept_seconds), length(tally.seconds))}, "
        f"{_fraction_kept(tally.kept_cues, tally.cues, str(tally.kept_cues), str(tally.cues) + ' cues')}"
    ]
    if tally.precision is not None:
        known = len(tally.confidences)
        of = "" if known == tally.kept_cues else f", of {known} of {tally.kept_cues} cues"
        least = report.criteria.min_confidence
        above = "" if least is None else f" from {least:.3g} on"
        lines.append(f"estimated precision {100 * tally.precision:.1f} % (mean confidence of the kept cues{above}{of})")
    elif tally.kept_cues:
        lines.append("estimated precision unknown: no kept cue has a confidence")
    lines += [f"  {number} x {reason}" for reason, number in tally.reasons.most_common()]
    return lines + _unknown(tally)


def length(seconds: float) -> str:
    """A duration in hours, minutes or seconds.

    >>> length(5400), length(90), length(5)
    ('1.50 h', '1.5 min', '5.0 s')
    """
    if seconds >= 3600:
        return f"{seconds / 3600:.2f} h"
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"


def _fraction_kept(kept: float, given: float, kept_text: str, given_text: str) -> str:
    percentage = f" ({100 * kept / given:.1f} %)" if given else ""
    return f"{kept_text} of {given_text}{percentage}"


def _unknown(tally: Tally) -> list[str]:
    """The first cues that lack a required field, which reveals a misspelt field name."""
    missing: dict[str, list[str]] = defaultdict(list)
    for row in tally.rejected:
        field = row["reason"].removeprefix("a word: ")
        if "id" in row or "index" in row:
            name = f"{row['file']} {row['id']}" if "id" in row else f"{row['file']} cue {row['index']}"
            if field.startswith("no "):
                missing[row["reason"]].append(name)
    return [
        f"{len(names)} rejected for {reason}: {', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''}"
        for reason, names in missing.items()
    ]
