"""One worker's way through its jobs: while one recording is aligned, a thread reads and decodes the next one."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable

from ctcalign.corpus.work.outcome import Begun, Event, Job, Joined, Outcome, Room
from ctcalign.corpus.work.reading import Prepared
from ctcalign.corpus.work.worker import Worker
from ctcalign.models.protocol import AcousticModel


class Pipeline:
    """Works on jobs in the order in which they come.

    One recording is read ahead, or with batches as many short ones as fit into one. Of a long recording, `AHEAD`
    seconds are decoded ahead.

    Args:
        worker: reads and aligns.
        send: passes an event on; called from two threads.
    """

    def __init__(self, worker: Worker, send: Callable[[Event], None]) -> None:
        self._worker, self._send = worker, send
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._ready: deque[Prepared] = deque()
        self._changed = threading.Condition()
        self._busy = False  # whether a recording is being aligned
        self._reading: int | None = None  # number of the job that is being read
        self._recalled: int | None = None  # the same, if it is to be given back

    def put(self, job: Job) -> None:
        """Add a job."""
        self._jobs.put(job)

    def give_back(self) -> None:
        """Send all jobs back that are not being aligned yet."""
        with self._changed:
            back = list(self._ready) if self._busy else []
            if self._busy:
                self._ready.clear()
                self._recalled = self._reading
                self._changed.notify_all()
        for recording in back:
            self._return(recording)
        with contextlib.suppress(queue.Empty):
            while True:
                self._send(Outcome(self._jobs.get_nowait().number, "returned"))

    def run(self) -> None:
        """Work until the process ends."""
        threading.Thread(target=self._read, name="reading", daemon=True).start()
        while True:
            recordings = self._next()
            models: list[AcousticModel | None] = [None] * len(recordings)
            if len(recordings) > 1 and self._worker.batches is not None:
                self._send(Joined(tuple(one.job.number for one in recordings)))
                models = [*self._worker.batches.compute(recordings)] or models
                self._send(Joined(()))
            for left, recording, model in zip(reversed(range(len(recordings))), recordings, models, strict=True):
                outcome = self._worker.finish(recording, self._send, model)
                with self._changed:
                    self._busy = left > 0  # before the engine knows: the next recording is not given back any more
                self._send(outcome)

    def _next(self) -> list[Prepared]:
        """The next recording, with those that can be computed in one batch with it."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready)
            found = [self._ready.popleft()]
            while self._ready and self._fit([*found, self._ready[0]]):
                found.append(self._ready.popleft())
            self._busy = True
            self._changed.notify_all()
        return found

    def _read(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._ready or self._fit(self._ready))
            job = self._received()
            with self._changed:
                self._reading = job.number
            self._send(Begun(job.number))
            recording = self._worker.prepare(job)
            decode = self._worker.open_ahead(recording)
            with self._changed:
                self._reading = None
                recalled = self._recalled == job.number and self._busy
                if not recalled:
                    self._ready.append(recording)
                    self._changed.notify_all()
            if recalled:
                self._return(recording)
            elif decode is not None:
                decode()
                with self._changed:
                    self._changed.notify_all()

    def _return(self, recording: Prepared) -> None:
        with recording:
            self._send(Outcome(recording.job.number, "returned"))

    def _received(self) -> Job:
        try:
            return self._jobs.get_nowait()
        except queue.Empty:
            self._send(Room())
            return self._jobs.get()

    def _fit(self, recordings: deque[Prepared] | list[Prepared]) -> bool:
        return self._worker.batches is not None and self._worker.batches.fit(recordings)
