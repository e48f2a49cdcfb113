"""From the entries of a collection to jobs, and from outcomes to records: retries, time limits, and a clean stop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ctcalign.aligner.corpus import Problem
from ctcalign.corpus.engines.protocol import Engine
from ctcalign.corpus.folder.log import Log
from ctcalign.corpus.folder.records import Records
from ctcalign.corpus.item import Entry
from ctcalign.corpus.options import RunOptions, time_limit
from ctcalign.corpus.state import State, Watch
from ctcalign.corpus.work.outcome import Job, Opened, Outcome, Started
from ctcalign.corpus.work.stamps import stamp_of
from ctcalign.errors import CtcAlignError, UsageError

TIMED_OUT, WORKER_ENDED = "timed out", "worker ended"
# Seconds between two looks at time limits and signals.
TICK = 0.25
# Seconds between two measurements of the workers' memory.
MEASURED = 1.0
# Failures that a run remembers by name; the records have all.
SHOWN = 1000
# Entries that need no work between two looks at the workers.
SKIPPED = 200


@dataclass
class _Running:
    job: Job
    stamp: list[Any]
    began: float | None
    duration: float | None
    record: dict[str, Any] | None


class Dispatcher:
    """Gives the entries of a collection to an engine, and writes a record of each.

    Args:
        entries: of the collection, or of a shard of it.
        engine: aligns them.
        records: of the output folder.
        log: of the run.
        options: retries and time limits.
        stop: asked often whether to stop; recordings that are being aligned are finished then.
    Attributes:
        state: counts so far.
        ids: of all entries so far.
        failures: the first of those that were given up, now or by an earlier run.
    """

    def __init__(
        self,
        entries: Iterator[Entry],
        engine: Engine,
        records: Records,
        log: Log,
        options: RunOptions,
        state: State,
        stop: Callable[[], bool],
    ) -> None:
        self._entries, self._engine, self._records, self._log = entries, engine, records, log
        self._options, self._stop = options, stop
        self._running: dict[int, _Running] = {}
        self._again: deque[_Running] = deque()
        self._count = 0
        self._ended = False
        self.state = state
        self.ids: set[str] = set()
        self.failures: list[dict[str, Any]] = []

    def run(self, watch: Watch) -> bool:
        """Work until everything is done or a stop is asked for; whether everything is done.

        Raises:
            OutputError: a record cannot be written.
            CtcAlignError: no recording can be aligned: the model cannot be loaded, an output not written.
        """
        measured, returning = 0.0, False
        while True:
            stopping = self._stop()
            if stopping and not returning:
                returning = True
                self._engine.give_back()
            while not stopping and self._engine.free() > 0 and self._submit_next():
                pass
            idle = not self._running
            if idle and (stopping or (self._ended and not self._again)):
                watch(self.state)
                return self._ended and not self._again
            for event in self._engine.wait(0.0 if idle and self._engine.free() > 0 else TICK):
                if isinstance(event, Started):
                    self._running[event.number].began = time.monotonic()
                elif isinstance(event, Opened):
                    self._running[event.number].duration = event.duration
                elif isinstance(event, Outcome):
                    self._finish(event, stopping)
            if self._ended and not self._again and not stopping and self._engine.free(alone=True) > 0:
                self._engine.give_back()  # to a worker that has nothing to do
            self._check_time()
            self.state.running = sum(running.began is not None for running in self._running.values())
            if time.monotonic() - measured > MEASURED:
                measured, self.state.memory = time.monotonic(), self._engine.memory()
            watch(self.state)

    def _submit_next(self) -> bool:
        """Begin the next job; False if there is none, or none was found among many entries."""
        for _ in range(SKIPPED):
            if self._ended:
                break
            entry = next(self._entries, None)
            if entry is None:
                self._ended = True
                break
            job = self._job_of(entry)
            if job is not None:
                self._begin(job)
                return True
        if self._ended and self._again and self._engine.free(alone=self._again[0].job.alone) > 0:
            self._begin(self._again.popleft())
            return True
        return False

    def _begin(self, running: _Running) -> None:
        self._running[running.job.number] = running
        self._engine.submit(running.job)

    def _job_of(self, entry: Entry) -> _Running | None:
        """The job of an entry; None if nothing is to be done for it."""
        self.ids.add(entry.id)
        if isinstance(entry, Problem):
            self._give_up(entry.id, None, Outcome(0, "failed", reason=entry.reason, detail=entry.detail), 0)
            return None
        stamp = stamp_of(entry)
        if isinstance(stamp, Problem):
            self._give_up(entry.id, None, Outcome(0, "failed", reason=stamp.reason, detail=stamp.detail), 0)
            return None
        record = self._records.read(entry.id)
        known = self._records.known(record, stamp)
        if known == "done":
            self.state.before += 1
            return None
        if known == "failed" and record is not None and not self._options.retry_failed:
            self._count_failure(record)
            return None
        self._count += 1
        done = record is not None and record["status"] == "done"
        job = Job(self._count, entry, known=record["key"] if record is not None and done else None)
        return _Running(job, stamp, None, entry.duration, record)

    def _finish(self, outcome: Outcome, stopping: bool) -> None:
        running = self._running.pop(outcome.number)
        item, attempt = running.job.item, running.job.attempt
        if outcome.status == "fatal":
            raise UsageError(outcome.detail) if outcome.usage else CtcAlignError(outcome.detail)
        if not stopping and self._engine.free() > 0:
            self._submit_next()  # before the record is written: the worker does not wait for the disk
        if outcome.status == "done":
            if outcome.files:  # the worker had no access to the folder
                self._records.write_outputs(item.id, outcome.files)
            row = self._records.add(item.id, running.stamp, outcome, attempt)
            self.state.done += 1
            self.state.audio += outcome.summary["duration"]
            self.state.stages.update(outcome.seconds)
            values = {name: row[name] for name in ("duration", "confidence", "seconds", "attempts")}
            self._log.add("done", id=item.id, memory=outcome.memory, **values)
        elif outcome.status == "same":
            self.state.before += 1
            if running.record is not None:
                self._records.renew(running.record, running.stamp)
        elif outcome.status == "returned":
            if outcome.detail:
                values = {"reason": WORKER_ENDED, "detail": outcome.detail, "attempts": attempt - 1}
                self._log.add("retry", id=item.id, **values)
            job = replace(running.job, alone=outcome.alone or running.job.alone)
            self._again.append(replace(running, job=job, began=None))
        else:
            self._failed(running, outcome)

    def _failed(self, running: _Running, outcome: Outcome) -> None:
        item, attempt = running.job.item, running.job.attempt
        if outcome.status == "lost":
            outcome.reason, outcome.again = WORKER_ENDED, True
        elif outcome.status == "stopped":
            limit = time_limit(self._options, running.duration)
            length = "" if running.duration is None else f" for {running.duration:.0f} s of audio"
            outcome.reason, outcome.again = TIMED_OUT, True
            outcome.detail = f"took longer than {limit:.0f} s{length}; raise --timeout-per-hour if this is expected"
        if outcome.again and attempt <= self._options.retries:
            self._log.add("retry", id=item.id, reason=outcome.reason, detail=outcome.detail, attempts=attempt)
            self.state.again += 1
            job = replace(running.job, attempt=attempt + 1, alone=True)  # it must not cost others an attempt
            self._again.append(replace(running, job=job, began=None))
        else:
            self._give_up(item.id, running.stamp, outcome, attempt)

    def _give_up(self, id: str, stamp: list[Any] | None, outcome: Outcome, attempts: int) -> None:
        self._count_failure(self._records.add(id, stamp, outcome, attempts))
        self._log.add("failed", id=id, reason=outcome.reason, detail=outcome.detail, attempts=attempts)

    def _count_failure(self, record: dict[str, Any]) -> None:
        self.state.failed += 1
        self.state.reasons[record["reason"]] += 1
        if len(self.failures) < SHOWN:
            self.failures.append({name: record[name] for name in ("id", "reason", "detail", "attempts")})

    def _check_time(self) -> None:
        now = time.monotonic()
        for number, running in self._running.items():
            if running.began is not None and now - running.began > time_limit(self._options, running.duration):
                self._engine.stop(number)


def in_shard(entries: Iterator[Entry], options: RunOptions) -> Iterator[Entry]:
    """The entries of a shard."""
    return (entry for position, entry in enumerate(entries) if options.shard.holds(position))
