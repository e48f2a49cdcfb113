"""Settings of `adapt`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ctcalign.audio.limits import MAX_DURATION
from ctcalign.errors import UsageError

LEARN: Literal["learn"] = "learn"
START_SHARE = 0.3  # of the source domain, from which a share is learnt
Rejected = Literal["drop", "bco", "dpo"]
REJECTED: tuple[Rejected, ...] = get_args(Rejected)


@dataclass(frozen=True, kw_only=True)
class AdaptOptions:
    """Settings of `adapt` other than recordings, captions, model and output.

    Attributes:
        passes: largest number of passes of alignment and training.
        precision: keep as many phrases as possible such that their mean confidence is at least this.
        top_share: instead, keep this fraction of the phrases, those of highest confidence; None: use `precision`.
        weights: keep all phrases that are more likely right than wrong, and draw utterances more often the higher their
            confidence is.
        rejected: "drop" captions that are more likely wrong than right, or train with a preference loss, "bco" or
            "dpo", that makes their texts less likely than what the model recognises in their place. Their right
            phrases are kept in either case.
        held_out: transcribed recordings of the target domain, as `ctcalign calibrate` reads them, or Shar folders;
            passes are evaluated and confidences calibrated on them. Without any, some captions are left out of the
            training for this purpose.
        test: the same, for the final measurement only; without any, half of the recordings of `held_out`, which then
            do not take part in the choice of the model.
        keep_source: cuts (manifests or Shar folders) of the source domain that are mixed into the training.
        source_share: fraction of the training speech that comes from `keep_source`; "learn": the batches keep
            a fraction of 0.3, and the weight of the source domain in the loss follows the gradients of held-out speech.
        source_held_out: cuts of the source domain to evaluate on; without any, a tenth of `keep_source`. Half of their
            recordings are compared with the budget, the other half is only measured.
        source_budget: allowed relative rise of the source error. If the trained weights exceed it, weights between the
            original and the trained ones are used; if none of these stays within it, the pass is discarded.
        calibrate_on: transcribed recordings on which confidences are calibrated again in each pass; without any,
            `held_out` or the captions that are left out are used.
        calibration: calibration file of the first pass; None: the one shipped with the model, else it is fitted.
        updates: number of updates in a pass; None: depends on the amount of speech.
        lr: peak learning rate; None: depends on the family of the model.
        configs: configurations of `ctcalign fit` that override the default one.
        settings: options of `ctcalign fit` as NAME=VALUE, which override the configurations.
        warm: continue the training of the last model instead of starting from the original one.
        seed: seed of training and calibration.
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
    source_share: float | Literal["learn"] = START_SHARE
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
        self._check_source_share()
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

    def _check_source_share(self) -> None:
        if isinstance(self.source_share, str):
            if self.source_share != LEARN:
                raise UsageError(f"source_share: got {self.source_share!r}, expected a fraction or {LEARN!r}")
            if not self.keep_source:
                raise UsageError(
                    f"source_share: {LEARN!r} needs speech of the source domain; give --keep-source SET (keep_source)"
                )
            if self.rejected != "drop":
                raise UsageError(
                    f"source_share: {LEARN!r} cannot be combined with rejected {self.rejected!r}; leave one out"
                )
        elif not 0 <= self.source_share < 1:
            raise UsageError(f"source_share: got {self.source_share:g}, expected a fraction from 0 and below 1")

    @property
    def learns_share(self) -> bool:
        """Whether the weight of the source domain is learnt."""
        return self.source_share == LEARN

    @property
    def drawn_share(self) -> float:
        """Fraction of the training speech that is drawn from the source domain."""
        return START_SHARE if isinstance(self.source_share, str) else self.source_share
