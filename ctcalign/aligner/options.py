"""Settings of `align`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ctcalign.aligner.confidence.calibration import Calibration
from ctcalign.aligner.graph.old_times import OldTimes
from ctcalign.aligner.graph.skipping import SkipCosts
from ctcalign.text.tokeniser import Romanise


@dataclass(frozen=True)
class AlignOptions:
    """Settings of `align` that seldom change; see there.

    Attributes:
        skips: of "global", prices at which words and cues may be left out; None: everything is spoken and gets a place.
        old_times: of "global", how near to their old times captions are kept; None: these are not looked at.
        faithful: of "ipfa", the method as it was published, faults and all.
        calibration: a file of `ctcalign calibrate`; "shipped" is the model's own, and no confidence where it has none.
        score: what becomes the score of a cue: "path" or another of `confidence.judging.NAMES`.
        scores: keep all published scores of each cue.
    """

    channel: str | int = "mix"
    window: float | None = None
    max_memory: int | None = None
    romanise: Romanise = "auto"
    tokens: bool = False
    unwritten: bool = True
    skips: SkipCosts | None = field(default_factory=SkipCosts)
    old_times: OldTimes | None = None
    faithful: bool = False
    calibration: str | Path | Calibration | None = "shipped"
    score: str = "path"
    scores: bool = False
