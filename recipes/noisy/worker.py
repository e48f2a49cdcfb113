"""Alignments in a child process, so that a peer that crashes, hangs or runs out of memory fails one cell only."""

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
    """One cell: captions, their language (None: that of the model) and a method, with the file of the emission."""

    emission: Path
    captions: Path
    method: str
    language: str | None = None


@dataclass(frozen=True)
class Outcome:
    """An alignment as a JSON object, or the reason why there is none. `seconds` are CPU time."""

    alignment: dict[str, Any] | None
    failure: str | None
    seconds: float


def _serve(pipe: Connection, model_name: str) -> None:
    """Main loop of the child: load the model, then run one task after the other."""
    logging.getLogger("ctc_segmentation").setLevel(logging.ERROR)  # it warns of every window that it widens
    from ctcalign.aligner.transcript import transcript_of
    from ctcalign.formats.captions import read_captions
    from ctcalign.models import load_model
    from ctcalign.text.tokeniser import Tokeniser
    from recipes.noisy.emissions import load
    from recipes.noisy.methods import METHODS

    model = load_model(model_name)
    held: tuple[Path, Any] | None = None
    while True:
        try:
            task, limit = pipe.recv()
        except EOFError:  # the parent has exited
            return
        if held is None or held[0] != task.emission:
            held = task.emission, load(task.emission)
        captions = read_captions(task.captions, recording=task.emission.stem)
        began = time.process_time()
        # The kernel ends the process at this limit (SIGXCPU), whatever code is running.
        most = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(began + limit), most))
        try:
            language = task.language or model.language or "en"
            text = transcript_of(captions.cues, Tokeniser(model.vocabulary, language), language)
            found = METHODS[task.method](held[1], text, model)
        except Exception as error:  # a peer may raise anything: the reason is recorded and the cell counts as failed
            message = " ".join(str(error).split())
            outcome = Outcome(None, f"{type(error).__name__}: {message}"[:300], time.process_time() - began)
        else:
            outcome = Outcome(found.to_dict(), None, time.process_time() - began)
        pipe.send(outcome)


class Worker:
    """Runs one task after the other in a child process, which is restarted when it ends unexpectedly.

    Args:
        model: name for `load_model`.
        time_limit: seconds of CPU time after which a task is abandoned.
        patience: limit of the wall clock, as a multiple of `time_limit`: the machine may be busy, or the task may wait
            for ever.
    """

    def __init__(self, model: str, time_limit: float, patience: float = 20.0) -> None:
        self._model = model
        self.time_limit = time_limit
        self.patience = patience
        self._child: Any = None
        self._pipe: Connection | None = None

    def run(self, task: Task) -> Outcome:
        """The outcome of a task; crashes and exceeded limits are failures."""
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
                failure = f"gave no result in {self.time_limit:g} s of CPU time"
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
