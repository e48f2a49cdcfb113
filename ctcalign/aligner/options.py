"""Settings of `align`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.aligner.graph.settings import OldTimes, SkipCosts
from ctcalign.emission.options import EmissionOptions
from ctcalign.text.tokeniser import Romanise

if TYPE_CHECKING:
    from ctcalign.aligner.confidence.calibration import Calibration


@dataclass(frozen=True, kw_only=True)
class AlignOptions(EmissionOptions):
    """Settings of `align` other than recording, captions, model, method and device; `channel` and others are inherited.

    Attributes:
        romanise: write words in Latin letters for the model: "auto" if its vocabulary needs it, "always", "never".
        tokens: keep the times of the model's symbols in each word.
        unwritten: report stretches of speech that no cue covers.
        skips: "global" only, costs of skipping words and cues that are not spoken; None: every word is aligned.
        old_times: "global" only, the times that the captions already have as a soft prior; None: they are ignored.
        faithful: "ipfa" only, the method as published, including its faults.
        calibration: a file of `ctcalign calibrate`; "shipped" is the model's own; without one there is no confidence.
        score: value used as the score of a cue: "path" or another of `ctcalign.aligner.choices.CUE_SCORES`.
        scores: keep all published scores of each cue.
        seed: seed of the training with `adapt`.

    >>> AlignOptions(channel=1, max_duration=600.0).channel
    1
    """

    romanise: Romanise = "auto"
    tokens: bool = False
    unwritten: bool = True
    skips: SkipCosts | None = field(default_factory=SkipCosts)
    old_times: OldTimes | None = None
    faithful: bool = False
    calibration: str | Path | Calibration | None = "shipped"
    score: str = "path"
    scores: bool = False
    seed: int = 0
