"""The engine `ray`: actors with a model each, on this machine or on a cluster. Outputs travel through Ray.

Nodes need ctcalign and the recordings, under the same paths or at addresses, but no access to the output folder. Ray
starts actors where there are processors or GPUs, adds machines if the cluster may grow, and says when one is lost.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work.outcome import Event, Job, Opened, Outcome
from ctcalign.errors import CtcAlignError
from ctcalign.extras import require

# Seconds between two looks at what actors tell about long recordings.
LOOK = 1.0
# Actors that end before they have started, one after the other: something is wrong with all of them.
MOST_FAILED = 20


class RayWorker:
    """What runs in an actor."""

    def __init__(self, settings: CorpusSettings, device: str, digest: str, threads: int, told: Any) -> None:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        from ctcalign.corpus.work.worker import Worker

        self._worker = Worker(settings, device, None, digest)
        self._told = told

    def ready(self) -> bool:
        """Answered when the actor has started."""
        return True

    def work(self, job: Job) -> Outcome:
        """See `Worker.work`."""
        return self._worker.work(job, self._tell)

    def _tell(self, opened: Opened) -> None:
        with contextlib.suppress(Exception):  # only a time limit depends on it
            self._told.put_nowait(opened)


@dataclass
class _Slot:
    actor: Any
    waiting: Any  # reference to the answer that is awaited
    started: bool = False
    job: Job | None = None
    stopped: bool = False
    memory: int = 0


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
            try:
                self._ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **_local(address))
            except Exception as error:  # many kinds: no such address, other versions, no node in time
                line = next(iter(str(error).splitlines()), type(error).__name__)
                where = "be started here" if address is None else f"be reached at {address}"
                raise CtcAlignError(f"ray: cannot {where} ({line[:300]}); check --address and `ray status`") from error
        resources = self._ray.cluster_resources()
        self._gpus = [device for device in plan.devices if device.startswith("cuda")]
        threads = plan.threads
        fitting = resources.get("GPU", 0) if self._gpus else resources.get("CPU", 1) // threads
        self._count = workers or max(1, int(fitting))
        self._told = self._queue()
        self._looked, self._failed = 0.0, 0
        self._slots = [self._start() for _ in range(self._count)]

    def free(self) -> int:
        self._collect_started()
        return sum(slot.started and slot.job is None for slot in self._slots)

    def submit(self, job: Job) -> None:
        slot = next(slot for slot in self._slots if slot.started and slot.job is None)
        slot.job, slot.waiting = job, slot.actor.work.remote(job)

    def wait(self, seconds: float) -> list[Event]:
        found: list[Event] = []
        by_answer = {slot.waiting: slot for slot in self._slots if slot.waiting is not None}
        if not by_answer:
            time.sleep(seconds)
            return []
        ready, rest = self._ray.wait(list(by_answer), num_returns=1, timeout=seconds)
        if ready and rest:
            ready += self._ray.wait(rest, num_returns=len(rest), timeout=0)[0]
        for answer in ready:
            slot = by_answer[answer]
            job, slot.waiting = slot.job, None
            try:
                value = self._ray.get(answer)
            except self._ray.exceptions.RayError as error:
                self._replace(slot, error)
                if job is not None:
                    line = next(iter(str(error).splitlines()), type(error).__name__)
                    found.append(Outcome(job.number, "stopped" if slot.stopped else "lost", detail=line[:300]))
                continue
            if job is None:
                slot.started, self._failed = True, 0
            else:
                slot.job, slot.memory = None, value.memory
                found.append(value)
        return found + self._look()

    def stop(self, number: int) -> None:
        for slot in self._slots:
            if slot.job is not None and slot.job.number == number and not slot.stopped:
                slot.stopped = True
                self._ray.kill(slot.actor)

    def memory(self) -> list[int]:
        return [slot.memory for slot in self._slots if slot.memory]

    def close(self) -> None:
        for slot in self._slots:
            with contextlib.suppress(Exception):  # the cluster may be gone
                self._ray.kill(slot.actor)
        if self._mine:
            self._ray.shutdown()

    def _start(self) -> _Slot:
        """An actor; where no machine has room for it, it starts when one has."""
        plan = self._plan
        device = "cuda" if self._gpus else plan.devices[0]  # Ray shows an actor its own GPU alone
        options = {"num_cpus": plan.threads, "num_gpus": 1 if self._gpus else 0, "max_restarts": 0}
        actor = (
            self._ray.remote(RayWorker)
            .options(**options)
            .remote(plan.settings, device, plan.digest, plan.threads, self._told)
        )
        return _Slot(actor, actor.ready.remote())

    def _replace(self, slot: _Slot, error: Exception) -> None:
        """Start another actor in place of one that has ended."""
        self._failed += not slot.started
        if self._failed >= MOST_FAILED:
            line = " ".join(str(error).split())[-300:]
            raise CtcAlignError(f"ray: {MOST_FAILED} actors in a row could not be started; is ctcalign there? ({line})")
        self._slots[self._slots.index(slot)] = self._start()

    def _queue(self) -> Any:
        """A queue on the machine of the driver: it is lost with the driver alone."""
        strategies = import_module("ray.util.scheduling_strategies")
        here = strategies.NodeAffinitySchedulingStrategy(self._ray.get_runtime_context().get_node_id(), soft=True)
        return import_module("ray.util.queue").Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})

    def _collect_started(self) -> None:
        by_answer = {slot.waiting: slot for slot in self._slots if not slot.started and slot.waiting is not None}
        if not by_answer:
            return
        ready, _ = self._ray.wait(list(by_answer), num_returns=len(by_answer), timeout=0)
        for answer in ready:
            slot = by_answer[answer]
            slot.waiting = None
            try:
                slot.started, self._failed = self._ray.get(answer), 0
            except self._ray.exceptions.RayError as error:
                self._replace(slot, error)

    def _look(self) -> list[Event]:
        """What actors have told about long recordings that they are still at."""
        if time.monotonic() - self._looked < LOOK:
            return []
        self._looked = time.monotonic()
        running = {slot.job.number for slot in self._slots if slot.job is not None}
        try:
            told = self._told.get_nowait_batch(self._told.qsize())
        except Exception:  # the queue is gone: time limits are shorter then
            return []
        return [opened for opened in told if opened.number in running]


def _local(address: str | None) -> dict[str, Any]:
    """Options of a Ray that is started here."""
    if address is not None or os.environ.get("RAY_ADDRESS"):
        return {}
    # Actors import what the driver imports.
    paths = os.pathsep.join([str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"include_dashboard": False, "runtime_env": {"env_vars": {"PYTHONPATH": paths}}}
