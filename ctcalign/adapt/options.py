"""Settings of `adapt`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ctcalign.audio.limits import MAX_DURATION
from ctcalign.errors import UsageError

Rejected = Literal["drop", "bco", "dpo"]
REJECTED: tuple[Rejected, ...] = get_args(Rejected)


@dataclass(frozen=True, kw_only=True)
class AdaptOptions:
    """Settings of `adapt` other than recordings, captions, model and output.

    Attributes:
        passes: of alignment and training, at most.
        precision: keep as many phrases as possible while their mean confidence is at least this.
        top_share: keep this fraction of the phrases instead, those of highest confidence; None: by `precision`.
        weights: keep all phrases that are more likely right than wrong, and train on each as often as it is likely.
        rejected: "drop" captions that are more likely wrong than right, or train with a preference loss, "bco" or
            "dpo", that makes their texts less likely than what the model recognises in their place. Their right
            phrases are kept in either case.
        held_out: transcribed recordings of the target domain, as `ctcalign calibrate` reads them, or Shar folders;
            passes are judged and confidences calibrated on them. Without any, captions are left out of the training
            for that.
        test: the same, to be measured on only; without any, half of the recordings of `held_out`, which then choose
            nothing.
        keep_source: cuts (manifests or Shar folders) of the source domain that are mixed into the training.
        source_share: fraction of the training's speech that comes from them.
        source_held_out: cuts of the source domain to measure on; without any, a tenth of `keep_source`. Half of their
            recordings are compared with the budget, the others are measured on only.
        source_budget: relative rise of the source error beyond which weights between the original and the trained ones
            are taken, and the pass discarded if none of them keeps it.
        calibrate_on: transcribed recordings on which confidences are calibrated anew in each pass; without any, on
            `held_out` or on captions that are left out.
        calibration: file for the confidences of the first pass; None: shipped with the model, else fitted.
        updates: of the training of a pass; None: by the amount of speech.
        lr: peak learning rate; None: by the family of the model.
        configs: configurations of `ctcalign fit` that are laid over the own one.
        settings: NAME=VALUE of its options, over these.
        warm: train the last model further instead of the original one.
        seed: of training and calibration.
        track, max_duration: of the recordings, see `ctcalign.open_audio`.
    """

    passes: int = 3
    precision: float = 0.95
    top_share: float | None = None
    weights: bool = False
    rejected: Rejected = "drop"
    held_out: tuple[Path, ...] = ()
    test: tuple[Path, ...] = ()
    keep_source: tuple[Path, ...] = ()
    source_share: float = 0.3
    source_held_out: tuple[Path, ...] = ()
    source_budget: float = 0.05
    calibrate_on: tuple[Path, ...] = ()
    calibration: Path | None = None
    updates: int | None = None
    lr: float | None = None
    configs: tuple[Path, ...] = ()
    settings: tuple[str, ...] = ()
    warm: bool = False
    seed: int = 1
    track: str | int | None = None
    max_duration: float = MAX_DURATION

    def __post_init__(self) -> None:
        for name, value, least in (("passes", self.passes, 1), ("updates", self.updates, 1)):
            if value is not None and value < least:
                raise UsageError(f"{name}: got {value}, expected {least} or more")
        for name, share in (("precision", self.precision), ("top_share", self.top_share)):
            if share is not None and not 0 < share <= 1:
                raise UsageError(f"{name}: got {share:g}, expected a fraction above 0 and up to 1")
        if not 0 <= self.source_share < 1:
            raise UsageError(f"source_share: got {self.source_share:g}, expected a fraction from 0 and below 1")
        if self.source_budget < 0:
            raise UsageError(f"source_budget: got {self.source_budget:g}, expected 0 or more")
        if self.rejected not in REJECTED:
            raise UsageError(f"rejected: got {self.rejected!r}, expected one of {', '.join(REJECTED)}")
        if self.weights and self.top_share is not None:
            raise UsageError(
                "weights: cannot be combined with top_share, since weights keep every likely phrase; remove one"
            )
        for text in self.settings:
            if "=" not in text:
                raise UsageError(f"set: got {text!r}, expected NAME=VALUE such as trainer.max_steps=500")
