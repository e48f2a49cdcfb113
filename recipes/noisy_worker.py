"""Alignments in a process of its own: a peer that crashes, hangs or takes all memory costs one cell, not the grid."""

from __future__ import annotations

import logging
import math
import multiprocessing
import resource
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Task:
    """One cell: captions and a method, with the emission that it starts from."""

    emission: Path
    captions: Path
    method: str


@dataclass(frozen=True)
class Outcome:
    """An alignment as a JSON object, or the reason why there is none. `seconds` are of the processor."""

    alignment: dict[str, Any] | None
    failure: str | None
    seconds: float


def _serve(pipe: Connection, model_name: str) -> None:
    """The life of the process: a model, then task after task."""
    logging.getLogger("ctc_segmentation").setLevel(logging.ERROR)  # it warns of every window that it widens
    from noisy_emissions import load
    from noisy_methods import METHODS

    from ctcalign.aligner.transcript import transcript_of
    from ctcalign.formats.captions import read_captions
    from ctcalign.models import load_model
    from ctcalign.text.tokeniser import Tokeniser

    model = load_model(model_name)
    language = model.language or "en"
    held: tuple[Path, Any] | None = None
    while True:
        try:
            task, limit = pipe.recv()
        except EOFError:  # the parent is gone
            return
        if held is None or held[0] != task.emission:
            held = task.emission, load(task.emission)
        captions = read_captions(task.captions, recording=task.emission.stem)
        began = time.process_time()
        # The system ends the process then (SIGXCPU): no code of a peer has to look at the time.
        most = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(began + limit), most))
        try:
            text = transcript_of(captions.cues, Tokeniser(model.vocabulary, language), language)
            found = METHODS[task.method](held[1], text, model)
        except Exception as error:  # whatever a peer may raise: it is recorded and counts as nothing placed
            said = " ".join(str(error).split())
            outcome = Outcome(None, f"{type(error).__name__}: {said}"[:300], time.process_time() - began)
        else:
            outcome = Outcome(found.to_dict(), None, time.process_time() - began)
        pipe.send(outcome)


class Worker:
    """Runs tasks one after the other in a child process; a child that dies is replaced.

    Args:
        model: name for `load_model`.
        time_limit: seconds of the processor after which a task is given up.
        patience: seconds of wall clock, as a multiple of it: the machine may be busy, or the task may wait for ever.
    """

    def __init__(self, model: str, time_limit: float, patience: float = 20.0) -> None:
        self._model = model
        self.time_limit = time_limit
        self.patience = patience
        self._child: Any = None
        self._pipe: Connection | None = None

    def run(self, task: Task) -> Outcome:
        """The outcome of a task; a crash and a time limit are failures like others."""
        pipe = self._pipe if self._pipe is not None else self._start()
        pipe.send((task, self.time_limit))
        began = time.monotonic()
        try:
            if pipe.poll(self.patience * self.time_limit):
                outcome: Outcome = pipe.recv()
                return outcome
            failure = f"gave no result in {self.patience * self.time_limit:g} s"
        except EOFError:
            self._child.join()
            code = self._child.exitcode
            if code == -signal.SIGXCPU:
                failure = f"gave no result in {self.time_limit:g} s of the processor"
            else:
                failure = f"the process died ({signal.Signals(-code).name if code < 0 else f'exit status {code}'})"
        self.close()
        return Outcome(None, failure, time.monotonic() - began)

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child = self._pipe = None

    def _start(self) -> Connection:
        # Spawned, not forked: a fork of a process in which torch has threads may hang.
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._child = context.Process(target=_serve, args=(far, self._model), daemon=True)
        self._child.start()
        far.close()
        return self._pipe
