"""What a run asks of an engine: take jobs, and tell what has become of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work.outcome import Event, Job


@dataclass(frozen=True)
class Plan:
    """How an engine sets its workers up.

    Attributes:
        settings, digest: what decides the results, and its digest.
        root: folder of the outputs.
        workers: how many recordings are aligned at a time.
        devices: of the models, in turn: "auto", "cpu", "cuda:0", ...
        threads: processor threads of each worker.
        batch_seconds: of audio whose emissions are computed at once; None: chosen by the device.
    """

    settings: CorpusSettings
    digest: str
    root: Path
    workers: int = 1
    devices: tuple[str, ...] = ("auto",)
    threads: int = 1
    batch_seconds: float | None = None


class Engine(Protocol):
    """Workers that align recordings. A worker that ends is replaced."""

    def free(self, *, alone: bool = False) -> int:
        """How many more jobs would be taken; `alone`: by workers that have none."""
        ...

    def submit(self, job: Job) -> None:
        """Give a job to a worker. Only while `free(alone=job.alone)` is above 0."""
        ...

    def wait(self, seconds: float) -> list[Event]:
        """What has happened, at the latest after some seconds, then perhaps nothing.

        `Started` says when the time of a job begins to count. Each job ends in one `Outcome`: of its worker, or "lost"
        if that has ended, or "stopped" after `stop`. Of several jobs that a worker had begun when it ended, each may
        be the reason: they are "returned", to be tried alone.
        """
        ...

    def give_back(self) -> None:
        """Return the jobs that workers have taken ahead and are not aligning."""
        ...

    def stop(self, number: int) -> None:
        """End a job that takes too long, with its worker."""
        ...

    def memory(self) -> list[int]:
        """Bytes that each worker holds, where known."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...
