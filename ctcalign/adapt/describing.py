"""The part of the report about the phrases that a pass keeps and drops; and problems in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ctcalign.adapt.setting import Pass
from ctcalign.adapt.speech.cuts import Row, read_manifest, seconds_of
from ctcalign.adapt.stages import read_lines
from ctcalign.adapt.steps.filter import DROPPED, KEPT
from ctcalign.adapt.steps.rejected import CUTS
from ctcalign.adapt.steps.utterances import TARGET, TRAIN
from ctcalign.aligner.corpus import Problem
from ctcalign.files.digests import read_json

BINS = 20  # bins of the histogram of confidences


def described(one: Pass, selected: Path, cuts: Path, calibration: Path) -> dict[str, Any]:
    """Phrases and hours kept and dropped, reasons, and confidences of a pass.

    Args:
        selected, cuts: folders of the steps `filter` and `utterances`.
        calibration: file of the step `calibrate`.
    """
    kept, late = read_lines(selected / KEPT), read_lines(cuts / DROPPED)
    dropped = [*read_lines(selected / DROPPED), *late]
    about = read_json(selected / "about.json")
    target = read_manifest(cuts / TARGET)
    counts = [0] * BINS
    for value in about["confidences"]:
        counts[min(int(value * BINS), BINS - 1)] += 1
    return {
        "number": one.number,
        "aligned_by": one.model.name,
        "confidence": {**read_json(calibration.parent / "about.json"), "limit": about["limit"], "histogram": counts},
        "phrases": len(kept) + len(dropped) - len(late),
        "kept": {
            "phrases": len(kept) - len(late),
            "utterances": len(target),
            "hours": seconds_of(target) / 3600,
            "training_hours": seconds_of(read_manifest(cuts / TRAIN)) / 3600,
        },
        "dropped": _reasons(dropped),
    }


def rejected_about(folder: Path) -> dict[str, float]:
    """Number and hours of the captions that the step `rejected` compares with what is recognised."""
    rows = read_manifest(folder / CUTS)
    return {"pairs": len(rows), "hours": seconds_of(rows) / 3600}


def _reasons(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Number and hours of dropped phrases by reason."""
    counts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for row in rows:
        counts[row["reason"]] += 1
        if row["start"] is not None and row["end"] is not None:
            seconds[row["reason"]] += row["end"] - row["start"]
    return {reason: {"phrases": counts[reason], "hours": seconds[reason] / 3600} for reason in sorted(counts)}


def listed(problems: Sequence[Problem]) -> str:
    """Problems by reason: '2 no captions (a, b), 1 no sound (c)'."""
    of_reason: dict[str, list[str]] = {}
    for one in problems:
        of_reason.setdefault(one.reason, []).append(one.id)
    return ", ".join(
        f"{len(ids)} {reason} ({', '.join(ids[:3])}{', …' * (len(ids) > 3)})" for reason, ids in of_reason.items()
    )


def why_nothing(dropped: Mapping[str, Mapping[str, float]], problems: Sequence[Problem]) -> str:
    """Why no phrase is kept: reasons of the dropped phrases, and problems of recordings."""
    parts = [f"{int(count['phrases'])} {reason}" for reason, count in dropped.items()]
    return ", ".join([*parts, *([listed(problems)] if problems else [])]) or "there is none"
