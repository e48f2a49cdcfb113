"""Jobs and what becomes of them, as they go between an engine and its workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ctcalign.corpus.item import Item

# done: aligned and written.   same: what was written before holds for these inputs.   failed: see `reason`.
# lost: the worker ended.   stopped: it was ended because it took too long.   fatal: no recording can be aligned.
# returned: it was not worked on, or not alone when its worker ended.
Status = Literal["done", "same", "failed", "lost", "stopped", "returned", "fatal"]


@dataclass(frozen=True)
class Job:
    """A recording to align.

    Attributes:
        number: of the job; no other job of a run has it.
        item: the recording.
        attempt: 1 the first time.
        known: the key of the outputs that are there already.
        alone: its worker gets no other job at the same time.
    """

    number: int
    item: Item
    attempt: int = 1
    known: str | None = None
    alone: bool = False


@dataclass
class Outcome:
    """What became of a job.

    Attributes:
        number: of the job.
        status: see `Status`.
        key: digest of recording, captions and settings, where they could be read.
        summary: of the alignment, see `ctcalign.corpus.work.summary`.
        files: content of the outputs by the name of their folder and their extension, if the worker did not write them.
        sizes: bytes of the outputs by the same.
        reason, detail, traceback: of a failure: a phrase that is the same for all of its kind, the message, the stack.
        again: another attempt may succeed.
        alone: of a job that was returned: it must be alone at the next attempt, since it may have ended its worker.
        usage: whether a fatal failure is a usage error.
        seconds: wall seconds of each stage.
        memory: bytes that the worker holds; 0 if unknown.
    """

    number: int
    status: Status
    key: str | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    detail: str = ""
    traceback: str = ""
    again: bool = False
    alone: bool = False
    usage: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    memory: int = 0


@dataclass(frozen=True)
class Opened:
    """The duration of a recording is known, in seconds."""

    number: int
    duration: float


@dataclass(frozen=True)
class Started:
    """A job is the first of its worker: from now on its time counts."""

    number: int


@dataclass(frozen=True)
class Begun:
    """A recording is being read, perhaps while another one is aligned. From a worker to its engine."""

    number: int


@dataclass(frozen=True)
class Joined:
    """Recordings that are computed in one batch from now on; none: no longer. From a worker to its engine."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Room:
    """A worker has read all of its jobs and would take another one. To its engine."""


Event = Outcome | Opened | Started | Begun | Joined | Room
