"""The actor of a worker of the engine `ray`, on whichever machine Ray has started it."""

from __future__ import annotations

import contextlib
import gc
import os
import platform

from ctcalign import __version__
from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work.outcome import Job, Opened, Outcome


class RayWorker:
    """What runs in an actor, in one thread; another one answers the driver's questions.

    Args:
        folder: of the driver, for relative paths; left where it is if this machine has none of that name.
    """

    def __init__(self, settings: CorpusSettings, device: str, digest: str, threads: int, folder: str) -> None:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        gc.set_threshold(50_000, 20, 50)  # as in the command line
        with contextlib.suppress(OSError):
            os.chdir(folder)
        from ctcalign.corpus.work.worker import Worker  # libraries that read the number of threads

        self._worker = Worker(settings, device, None, digest)
        self._same = settings.digest() == digest
        self._opened: Opened | None = None

    def ready(self) -> str:
        """Answered when the actor has started: what would make its results others than the driver's, or nothing."""
        if self._same:
            return ""
        return f"{platform.node()} has another version of ctcalign ({__version__}), or other files of the model"

    def work(self, job: Job) -> Outcome:
        """See `Worker.work`."""
        self._opened = None
        return self._worker.work(job, self._tell)

    def opened(self) -> Opened | None:
        """The duration of a long recording that is being aligned, when it is known."""
        return self._opened

    def _tell(self, opened: Opened) -> None:
        self._opened = opened
