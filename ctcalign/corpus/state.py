"""Where a run stands: counts, hours, speed and the time that is left."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol


@dataclass
class State:
    """Counts of a run so far.

    Attributes:
        total: recordings; None where that is not known.
        done, failed: in this run.   before: done by an earlier run.   again: attempts after the first.
        running: at this moment.
        audio: seconds of sound aligned in this run.
        stages: wall seconds of each stage, over all workers.
        reasons: of failures.
        memory: bytes that each worker holds.
        began: when the run began, monotonic.
    """

    total: int | None = None
    done: int = 0
    failed: int = 0
    before: int = 0
    again: int = 0
    running: int = 0
    audio: float = 0.0
    stages: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    @property
    def left(self) -> int | None:
        """Recordings that are neither done nor failed."""
        return None if self.total is None else max(self.total - self.done - self.failed - self.before, 0)

    @property
    def hours_per_minute(self) -> float:
        """Hours of sound in a minute."""
        return self.audio / 3600 / max(self.elapsed / 60, 1e-9)

    @property
    def remaining(self) -> float | None:
        """Seconds until the end, if the rest is like what was done in this run."""
        if not self.left or not self.done:
            return 0.0 if self.left == 0 else None
        return self.elapsed / (self.done + self.failed) * self.left

    @property
    def slowest_stage(self) -> str | None:
        """The stage that has taken the most time."""
        return max(self.stages, key=lambda stage: self.stages[stage]) if self.stages else None


class Watch(Protocol):
    """Called again and again while a corpus is worked on."""

    def __call__(self, state: State) -> None: ...


def unwatched(state: State) -> None:
    """Ignore the state."""
