"""The engine `local`: processes of this machine, each with a model."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ctcalign.corpus.engines.process import serve
from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.work.outcome import Event, Job, Outcome
from ctcalign.threads import threads_limited

# Forked from a process that has imported everything and nothing else, they start in milliseconds. Libraries of other
# systems do not survive a fork.
METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# Workers that end one after the other without a recording: something is wrong with all of them.
MOST_LOST = 20


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    device: str
    job: Job | None = None
    stopped: bool = False


class LocalEngine:
    """Processes that align recordings; see `Engine`.

    Args:
        plan: of the workers. They start with the first job.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._context: Any = multiprocessing.get_context(METHOD)
        if METHOD == "forkserver":
            self._context.set_forkserver_preload([serve.__module__])
        self._workers: list[_Worker | None] = [None] * plan.workers
        self._lost = 0

    def free(self) -> int:
        return sum(worker is None or worker.job is None for worker in self._workers)

    def submit(self, job: Job) -> None:
        place = next(
            (place for place, worker in enumerate(self._workers) if worker is not None and worker.job is None), None
        )
        if place is None:
            place = self._workers.index(None)
            self._workers[place] = self._start(self._plan.devices[place % len(self._plan.devices)])
        worker = self._workers[place]
        if worker is None:
            raise RuntimeError("no worker is free")
        worker.job = job
        with contextlib.suppress(OSError):  # it has ended: `wait` finds that out
            worker.connection.send(job)

    def wait(self, seconds: float) -> list[Event]:
        by_connection = {worker.connection: worker for worker in self._workers if worker is not None}
        if not by_connection:
            time.sleep(seconds)
            return []
        found: list[Event] = []
        for ready in wait(list(by_connection), seconds):
            worker = by_connection[ready]  # type: ignore[index]
            try:
                event: Event = worker.connection.recv()
            except (EOFError, OSError):
                found += self._ended(worker)
                continue
            if isinstance(event, Outcome):
                worker.job, self._lost = None, 0
            found.append(event)
        return found

    def stop(self, number: int) -> None:
        for worker in self._workers:
            if worker is not None and worker.job is not None and worker.job.number == number:
                worker.stopped = True
                _kill(worker.process)

    def memory(self) -> list[int]:
        return [_resident(worker.process.pid) for worker in self._workers if worker is not None]

    def close(self) -> None:
        for worker in self._workers:
            if worker is not None:
                worker.connection.close()  # it ends by itself
        for worker in self._workers:
            if worker is not None:
                worker.process.join(0.2 if worker.job is None else 0)
                _kill(worker.process)
                worker.process.join()
        self._workers = [None] * self._plan.workers

    def _start(self, device: str) -> _Worker:
        plan = self._plan
        ours, theirs = self._context.Pipe()
        with threads_limited(plan.threads):
            process = self._context.Process(
                target=serve,
                args=(theirs, plan.settings, device, plan.root, plan.digest, plan.threads),
                name="ctcalign worker",
                daemon=True,
            )
            process.start()
        theirs.close()
        return _Worker(process, ours, device)

    def _ended(self, worker: _Worker) -> list[Event]:
        """Replace a worker that has ended by none, so that the next job starts another one."""
        worker.connection.close()
        worker.process.join(1.0)
        _kill(worker.process)
        worker.process.join()
        self._workers[self._workers.index(worker)] = None
        self._lost += not worker.stopped
        if worker.job is None:
            return []
        if worker.stopped:
            return [Outcome(worker.job.number, "stopped")]
        why = _why(worker.process.exitcode)
        if self._lost >= MOST_LOST:
            return [
                Outcome(worker.job.number, "fatal", detail=f"{MOST_LOST} workers in a row have ended: the last {why}")
            ]
        return [Outcome(worker.job.number, "lost", detail=f"the worker {why}")]


def _why(status: int | None) -> str:
    if status is not None and status < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-status).name
            return f"was ended by {name}" + (" (is memory short?)" if name == "SIGKILL" else "")
    return f"ended with status {status}"


def _kill(process: BaseProcess) -> None:
    """End a process and the commands that it has started."""
    if process.pid is None:
        return
    with contextlib.suppress(OSError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()


def _resident(process: int | None) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
