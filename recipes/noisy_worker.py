"""Alignments in a process of its own: a peer that crashes, hangs or takes all memory costs one cell, not the grid."""

from __future__ import annotations

import logging
import multiprocessing
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

    from ctcalign.align.spoken import spoken_text
    from ctcalign.models import load_model
    from ctcalign.text.captions import read_captions
    from ctcalign.text.tokeniser import Tokeniser

    model = load_model(model_name)
    language = model.language or "en"
    held: tuple[Path, Any] | None = None
    while True:
        try:
            task: Task = pipe.recv()
        except EOFError:  # the parent is gone
            return
        if held is None or held[0] != task.emission:
            held = task.emission, load(task.emission)
        captions = read_captions(task.captions, recording=task.emission.stem)
        began = time.process_time()
        try:
            text = spoken_text(captions.cues, Tokeniser(model.vocabulary, language), language)
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
        time_limit: seconds of wall clock after which a task is given up.
    """

    def __init__(self, model: str, time_limit: float) -> None:
        self._model = model
        self._limit = time_limit
        self._child: Any = None
        self._pipe: Connection | None = None

    def run(self, task: Task) -> Outcome:
        """The outcome of a task; a crash and a time limit are failures like others."""
        pipe = self._pipe if self._pipe is not None else self._start()
        pipe.send(task)
        began = time.monotonic()
        try:
            if pipe.poll(self._limit):
                outcome: Outcome = pipe.recv()
                return outcome
            failure = f"gave no result in {self._limit:g} s"
        except EOFError:
            self._child.join()
            code = self._child.exitcode
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
