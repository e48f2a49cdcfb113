"""The engine `ray`: actors with a model each, on this machine or on a cluster. Outputs travel through Ray.

Nodes need ctcalign and the recordings, under the same paths or at addresses, but no access to the output folder. Ray
starts actors where there are processors or GPUs, adds machines if the cluster may grow, and says when one is lost.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ctcalign import __version__
from ctcalign.corpus.engines.actor import RayWorker
from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.work.outcome import Event, Job, Opened, Outcome, Started
from ctcalign.errors import CtcAlignError
from ctcalign.extras import require
from ctcalign.signals import handlers_kept
from ctcalign.threads import processor_count

# Seconds between two looks at what actors tell about long recordings.
LOOK = 1.0
# Actors that end before they have started, one after the other in one place: something is wrong with all of them.
MOST_FAILED = 5
# The name that Ray has for a new cluster on this machine.
LOCAL = "local"
# Ray gives its own processes some seconds to start, which a busy machine exceeds; their files are in memory by then.
TRIES = 3
LOGS = "raylet.out in /tmp/ray/session_latest/logs"
# Seconds that the head of a cluster has to answer.
ANSWER = 20.0
# Bytes of the object store of a Ray that is started here: only the outputs of single recordings go through it.
OBJECTS = 256 << 20


@dataclass
class _Slot:
    actor: Any
    waiting: Any  # reference to the answer that is awaited
    started: bool = False
    job: Job | None = None
    asked: Any = None  # reference to the duration of the recording
    known: bool = False  # whether that has been told
    stopped: bool = False
    memory: int = 0
    failures: int = 0  # actors before it that ended before they had started


class RayEngine:
    """Actors that align recordings; see `Engine`.

    Args:
        plan: of the workers; `root` is not used.
        workers: actors; None: as many as the cluster has processors (or GPUs, with devices that are some).
        address: of a cluster; None: Ray is started on this machine, or `RAY_ADDRESS`.
    """

    def __init__(self, plan: Plan, workers: int | None, address: str | None) -> None:
        require("ray")
        self._ray: Any = import_module("ray")
        self._plan = plan
        self._mine = not self._ray.is_initialized()
        if self._mine:
            self._connect(address, workers)
        resources = self._ray.cluster_resources()
        self._gpus = [device for device in plan.devices if device.startswith("cuda")]
        fitting = resources.get("GPU", 0) if self._gpus else resources.get("CPU", 1) // plan.threads
        self._count = workers or max(1, int(fitting))
        self._looked = 0.0
        self._events: list[Event] = []
        self._slots = [self._start() for _ in range(self._count)]

    def free(self, *, alone: bool = False) -> int:
        waiting = {slot.waiting: slot for slot in self._slots if not slot.started}
        if waiting:
            for answer in self._ready(list(waiting), 0):
                self._begin(waiting[answer])
        return sum(slot.started and slot.job is None for slot in self._slots)

    def submit(self, job: Job) -> None:
        slot = next(slot for slot in self._slots if slot.started and slot.job is None)
        slot.job, slot.asked, slot.known = job, None, False
        slot.waiting = slot.actor.work.remote(job)
        self._events.append(Started(job.number))

    def wait(self, seconds: float) -> list[Event]:
        found, self._events = self._events, []
        by_answer = {slot.waiting: slot for slot in self._slots if slot.waiting is not None}
        if not by_answer:
            time.sleep(0.0 if found else seconds)
            return found
        ready = self._ready(list(by_answer), 0.0 if found else seconds)
        for slot in (by_answer[answer] for answer in ready):
            if slot.job is None:
                self._begin(slot)
            else:
                found.append(self._outcome(slot, slot.job))
        return found + self._durations()

    def stop(self, number: int) -> None:
        for slot in self._slots:
            if slot.job is not None and slot.job.number == number and not slot.stopped:
                slot.stopped = True
                self._ray.kill(slot.actor)

    def give_back(self) -> None:
        pass  # actors take no job ahead

    def memory(self) -> list[int]:
        return [slot.memory for slot in self._slots if slot.memory]

    def close(self) -> None:
        for slot in self._slots:
            with contextlib.suppress(Exception):  # the cluster may be gone
                self._ray.kill(slot.actor)
        if self._mine:
            self._ray.shutdown()

    def _connect(self, given: str | None, workers: int | None) -> None:
        address = given or os.environ.get("RAY_ADDRESS") or LOCAL
        options = _local(max(processor_count(), (workers or 0) * self._plan.threads)) if address == LOCAL else {}
        for left in reversed(range(TRIES if address == LOCAL else 1)):
            try:
                _look_for(address)
                with handlers_kept():  # Ray puts one of its own in their place, which ends the driver
                    self._ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **options)
                return
            except Exception as error:  # many kinds: no such address, other versions, no node in time
                with contextlib.suppress(Exception):
                    self._ray.shutdown()
                if left:
                    continue
                line = next(iter(str(error).splitlines()), type(error).__name__)[:300]
                if address == LOCAL:
                    text = f"started here ({line}); is the machine overloaded? See its logs, such as {LOGS}"
                else:
                    text = f"reached at {address} ({line}); expected the cluster of this machine: see `ray status`"
                raise CtcAlignError(f"ray: cannot be {text}") from error

    def _ready(self, answers: list[Any], seconds: float) -> list[Any]:
        """The answers that are there, at the latest after some seconds."""
        ready, rest = self._ray.wait(answers, num_returns=1, timeout=seconds)
        if ready and rest:
            ready += self._ray.wait(rest, num_returns=len(rest), timeout=0)[0]
        return list(ready)

    def _start(self) -> _Slot:
        """An actor; where no machine has room for it, it starts when one has."""
        plan = self._plan
        device = "cuda" if self._gpus else plan.devices[0]  # Ray shows an actor its own GPU alone
        options = {"num_cpus": plan.threads, "num_gpus": 1 if self._gpus else 0, "max_restarts": 0}
        actor = (
            self._ray.remote(RayWorker)
            .options(**options, max_concurrency=2)
            .remote(plan.settings, device, plan.digest, plan.threads, os.getcwd())
        )
        return _Slot(actor, actor.ready.remote())

    def _begin(self, slot: _Slot) -> None:
        """Note that an actor has started, or start another one."""
        answer, slot.waiting = slot.waiting, None
        try:
            wrong = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            if slot.failures + 1 >= MOST_FAILED:
                line = " ".join(str(error).split())[-300:]
                raise CtcAlignError(
                    f"ray: {MOST_FAILED} actors in a row could not be started; is ctcalign there? ({line})"
                ) from error
            self._replace(slot, slot.failures + 1)
            return
        if wrong:
            raise CtcAlignError(f"ray: {wrong}; expected those of this machine: version {__version__}")
        slot.started = True

    def _outcome(self, slot: _Slot, job: Job) -> Outcome:
        """What has become of a job."""
        answer, slot.waiting = slot.waiting, None
        try:
            outcome: Outcome = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            self._replace(slot)
            line = next(iter(str(error).splitlines()), type(error).__name__)
            return Outcome(job.number, "stopped" if slot.stopped else "lost", detail=line[:300])
        slot.job, slot.memory = None, outcome.memory
        return outcome

    def _replace(self, slot: _Slot, failures: int = 0) -> None:
        """Start another actor in place of one that has ended."""
        new = self._start()
        new.failures = failures
        self._slots[self._slots.index(slot)] = new

    def _durations(self) -> list[Event]:
        """Durations of recordings that actors have been at for a while: time limits depend on them."""
        if time.monotonic() - self._looked < LOOK:
            return []
        self._looked = time.monotonic()
        found: list[Event] = []
        for slot in self._slots:
            if slot.job is None or slot.known or slot.stopped:
                continue
            if slot.asked is not None and self._ready([slot.asked], 0):
                answer, slot.asked = slot.asked, None
                with contextlib.suppress(self._ray.exceptions.RayError):  # the actor has ended: `wait` finds that out
                    opened: Opened | None = self._ray.get(answer)
                    if opened is not None and opened.number == slot.job.number:
                        slot.known = True
                        found.append(opened)
            if slot.asked is None and not slot.known:
                slot.asked = slot.actor.opened.remote()
        return found


def _look_for(address: str) -> None:
    """Connect to a cluster and part again: Ray itself tries that for minutes.

    Raises:
        OSError: there is nothing.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "://" not in address:
        socket.create_connection((host, int(port)), ANSWER).close()


def _local(processors: int) -> dict[str, Any]:
    """Options of a Ray that is started here."""
    # Actors import what the driver imports.
    paths = os.pathsep.join([str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {
        "num_cpus": processors,
        "object_store_memory": OBJECTS,
        "include_dashboard": False,
        "runtime_env": {"env_vars": {"PYTHONPATH": paths}},
    }
