"""The engine `local`: processes of this machine, each with a model."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ctcalign.corpus.engines.process import GIVE_BACK, serve
from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.engines.server import METHOD, start_server
from ctcalign.corpus.work.outcome import Begun, Event, Job, Joined, Outcome, Room, Started
from ctcalign.threads import threads_limited

# Jobs of a worker: one that is aligned, and one that is read meanwhile.
AHEAD = 2
# Workers that end one after the other without a recording: something is wrong with all of them.
MOST_LOST = 20


@dataclass
class _Worker:
    """A process and its jobs, which it works on in the order of their numbers in `jobs`.

    Attributes:
        wanted: jobs that it would take.
        begun: numbers of the jobs that it has begun to read.   joined: of those that are in one batch.
        stopped: number of the job that took too long.
    """

    process: BaseProcess
    connection: Connection
    jobs: dict[int, Job] = field(default_factory=dict)
    wanted: int = AHEAD
    begun: set[int] = field(default_factory=set)
    joined: tuple[int, ...] = ()
    stopped: int | None = None

    @property
    def room(self) -> int:
        """How many more jobs it takes."""
        if any(job.alone for job in self.jobs.values()):
            return 0
        return self.wanted if self.jobs else max(self.wanted, 1)

    @property
    def first(self) -> int | None:
        """Number of the job that it is working on."""
        return next(iter(self.jobs), None)


class LocalEngine:
    """Processes that align recordings; see `Engine`.

    Args:
        plan: of the workers. They start with the first job.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._context: Any = multiprocessing.get_context(METHOD)
        start_server(plan.settings.model, plan.threads)
        self._workers: list[_Worker | None] = [None] * plan.workers
        self._events: list[Event] = []
        self._lost = 0

    def free(self, *, alone: bool = False) -> int:
        if alone:
            return sum(worker is None or not worker.jobs for worker in self._workers)
        return sum(1 if worker is None else worker.room for worker in self._workers)

    def submit(self, job: Job) -> None:
        ready = [one for one in self._workers if one is not None and one.room and not (job.alone and one.jobs)]
        worker = min(ready, key=lambda one: len(one.jobs), default=None)
        if (worker is None or worker.jobs) and None in self._workers:
            place = self._workers.index(None)
            worker = self._workers[place] = self._start(self._plan.devices[place % len(self._plan.devices)])
        if worker is None:
            raise RuntimeError("no worker is free")
        if not worker.jobs:
            self._events.append(Started(job.number))
        worker.jobs[job.number] = job
        worker.wanted -= 1
        with contextlib.suppress(OSError):  # it has ended: `wait` finds that out
            worker.connection.send(job)

    def wait(self, seconds: float) -> list[Event]:
        found, self._events = self._events, []
        by_connection = {worker.connection: worker for worker in self._workers if worker is not None}
        if not by_connection:
            time.sleep(0.0 if found else seconds)
            return found
        for ready in wait(list(by_connection), 0.0 if found else seconds):
            worker = by_connection[ready]  # type: ignore[index]
            try:
                event: Event = worker.connection.recv()
            except (EOFError, OSError):
                found += self._ended(worker)
                continue
            found += self._noted(worker, event)
        return found

    def stop(self, number: int) -> None:
        for worker in self._workers:
            if worker is not None and number in worker.jobs:
                worker.stopped = number
                _kill(worker.process)

    def give_back(self) -> None:
        for worker in self._workers:
            if worker is not None and len(worker.jobs) > 1:
                with contextlib.suppress(OSError):
                    worker.connection.send(GIVE_BACK)

    def memory(self) -> list[int]:
        return [_resident(worker.process.pid) for worker in self._workers if worker is not None]

    def close(self) -> None:
        for worker in self._workers:
            if worker is not None:
                worker.connection.close()  # it ends by itself
        for worker in self._workers:
            if worker is not None:
                worker.process.join(0 if worker.jobs else 0.2)
                _kill(worker.process)
                worker.process.join()
        self._workers = [None] * self._plan.workers

    def _start(self, device: str) -> _Worker:
        ours, theirs = self._context.Pipe()
        with threads_limited(self._plan.threads):
            process = self._context.Process(
                target=serve, args=(theirs, self._plan, device), name="ctcalign worker", daemon=True
            )
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _noted(self, worker: _Worker, event: Event) -> list[Event]:
        """Note what a worker tells, and what of it concerns the run."""
        if isinstance(event, Room):
            worker.wanted = 1
        elif isinstance(event, Begun):
            worker.begun.add(event.number)
        elif isinstance(event, Joined):
            worker.joined = event.numbers
        elif isinstance(event, Outcome):
            if event.status != "returned":
                self._lost = 0
            return [event, *_without(worker, event.number)]
        else:
            return [event]
        return []

    def _ended(self, worker: _Worker) -> list[Event]:
        """Replace a worker that has ended by none, so that the next job starts another one."""
        worker.connection.close()
        worker.process.join(1.0)
        _kill(worker.process)
        worker.process.join()
        self._workers[self._workers.index(worker)] = None
        self._lost += worker.stopped is None
        why = _why(worker.process.exitcode)
        if self._lost >= MOST_LOST and worker.first is not None:
            why = f"{MOST_LOST} workers in a row have ended: the last {why}"
            return [Outcome(worker.first, "fatal", detail=why)]
        return [*_verdicts(worker, f"the worker {why}")]


def _without(worker: _Worker, number: int) -> list[Event]:
    """Forget a job that has ended, and say that the next one has started."""
    before = worker.first
    worker.jobs.pop(number, None)
    worker.begun.discard(number)
    following = worker.first
    return [] if following is None or following == before else [Started(following)]


def _verdicts(worker: _Worker, why: str) -> list[Outcome]:
    """What becomes of the jobs of a worker that has ended."""
    suspects = {*worker.begun} & {*worker.jobs} or {number for number in [worker.first] if number is not None}
    if worker.stopped is not None:
        joined = {*worker.joined} & {*worker.jobs}
        suspects = joined if worker.stopped in joined else {worker.stopped}
        why = "it took too long, with others at the same time"
    found = []
    for number in worker.jobs:
        if number not in suspects:
            found.append(Outcome(number, "returned"))
        elif len(suspects) > 1:
            found.append(Outcome(number, "returned", detail=f"{why}; it is tried again alone", alone=True))
        else:
            stopped = worker.stopped is not None
            found.append(Outcome(number, "stopped" if stopped else "lost", detail="" if stopped else why))
    return found


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
