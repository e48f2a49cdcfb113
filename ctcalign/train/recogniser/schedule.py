"""When an objective begins, and how its weight grows from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ctcalign.errors import UsageError


@dataclass
class StartWhen:
    """Begin when the one condition that is given holds; without any, at once.

    Attributes:
        epoch: number of the epoch, from 0.
        step: number of the update, from 0.
        wer_below: word error rate of validation as a fraction, such as 0.2.
        wsr_fraction_of_baseline: share of the baseline's word success rate that validation must reach, such as 0.85;
            the success rate is one minus the word error rate. Needs `baseline_wer`.
        baseline_wer: word error rate that training without the objective ends with.
    """

    epoch: int | None = None
    step: int | None = None
    wer_below: float | None = None
    wsr_fraction_of_baseline: float | None = None
    baseline_wer: float | None = None

    def __post_init__(self) -> None:
        given = [f.name for f in fields(self) if f.name != "baseline_wer" and getattr(self, f.name) is not None]
        if len(given) > 1:
            raise UsageError(f"start_when: expected one condition, got {', '.join(given)}")
        if (self.wsr_fraction_of_baseline is None) != (self.baseline_wer is None):
            raise UsageError("start_when: wsr_fraction_of_baseline and baseline_wer go together; give both or neither")
        for name in given:
            if getattr(self, name) < 0:
                raise UsageError(f"start_when: {name} must be 0 or more, got {getattr(self, name)}")

    def holds(self, epoch: int, step: int, wer: float | None) -> bool:
        """Whether to begin now. `wer`: of the last validation, None before the first."""
        if self.epoch is not None:
            return epoch >= self.epoch
        if self.step is not None:
            return step >= self.step
        if self.wer_below is not None:
            return wer is not None and wer < self.wer_below
        if self.wsr_fraction_of_baseline is not None and self.baseline_wer is not None:
            return wer is not None and 1 - wer >= self.wsr_fraction_of_baseline * (1 - self.baseline_wer)
        return True


class Schedule:
    """The share of its weight that an objective has: 0 before the start, then a line to 1, and 0 again once stopped.

    Args:
        start_when: the condition.  ramp_steps: updates from the start to the whole weight, >= 0.
        until_step: number of the update from which on it is 0; what alignments have learnt stays while the errors that
            it cost are unlearnt. None: never.
    Attributes:
        started_at, stopped_at: the update, None before.
    """

    def __init__(self, start_when: StartWhen | None = None, ramp_steps: int = 0, until_step: int | None = None) -> None:
        for name, value in (("ramp_steps", ramp_steps), ("until_step", until_step)):
            if value is not None and value < 0:
                raise UsageError(f"{name}: must be 0 or more, got {value}")
        self.until_step = until_step
        self.start_when = start_when or StartWhen()
        self.ramp_steps = ramp_steps
        self.started_at: int | None = None
        self.stopped_at: int | None = None

    def update(self, epoch: int, step: int, wer: float | None) -> None:
        """Look whether it begins; once begun it stays so."""
        if self.started_at is None and self.start_when.holds(epoch, step, wer):
            self.started_at = step

    def stop(self, step: int) -> None:
        """Weight to zero from now on."""
        if self.stopped_at is None:
            self.stopped_at = step

    def share(self, step: int) -> float:
        """Share of the weight at an update, in [0, 1]."""
        over = self.until_step is not None and step >= self.until_step
        if self.started_at is None or self.stopped_at is not None or over:
            return 0.0
        return min(1.0, (step - self.started_at + 1) / (self.ramp_steps + 1))

    def state(self) -> dict[str, int | None]:
        """For a checkpoint."""
        return {"started_at": self.started_at, "stopped_at": self.stopped_at}

    def restore(self, state: Mapping[str, int | None]) -> None:
        """Go on from a checkpoint."""
        self.started_at, self.stopped_at = state["started_at"], state["stopped_at"]
