"""How a corpus is worked on; none of this changes a result."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.errors import UsageError

ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of a collection: every `count`-th entry.

    Attributes:
        number: from 1.   count: of parts.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def of(cls, text: str) -> Shard:
        """A shard written as "3/64".

        Raises:
            UsageError: it is not.
        """
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(f"--shard: got {text!r}, expected NUMBER/COUNT with NUMBER from 1 to COUNT, such as 3/64")
        return cls(int(match[1]), int(match[2]))

    @property
    def whole(self) -> bool:
        return self.count == 1

    def holds(self, position: int) -> bool:
        """Whether the entry at a position, from 0, belongs to it."""
        return position % self.count == self.number - 1

    def size(self, total: int) -> int:
        """How many of so many entries belong to it."""
        return (total - self.number) // self.count + 1 if total >= self.number else 0


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a corpus is worked on.

    Attributes:
        engine: one of `ENGINES`.
        address: of a Ray cluster; None: this machine.
        workers: recordings at a time; None: one for each processor, or for each device.
        devices: of the models, in turn.
        retries: further attempts at a recording whose worker ended, was stopped or met an unexpected error.
        retry_failed: try recordings again that an earlier run gave up.
        timeout_per_hour: seconds of work for an hour of sound after which a recording is given up; `GRACE` is added.
        shard: part of the collection.
        trust: whether shell commands are run and addresses opened.
        batch_seconds: of audio in short recordings whose emissions are computed at once; None: chosen by the device.
    """

    engine: str = "local"
    address: str | None = None
    workers: int | None = None
    devices: tuple[str, ...] = ("auto",)
    retries: int = 2
    retry_failed: bool = False
    timeout_per_hour: float = 4 * 3600.0
    shard: Shard = Shard()
    trust: Trust = NO_TRUST
    batch_seconds: float | None = None


# Seconds that any recording may take: a model is loaded, a file fetched.
GRACE = 120.0


def time_limit(options: RunOptions, duration: float | None) -> float:
    """Seconds of work after which a recording is given up."""
    return GRACE + options.timeout_per_hour * (duration or 0.0) / 3600
