"""The process of a worker of the engine `local`. It ends when the other end of its pipe is closed."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.work.outcome import Event
from ctcalign.files.leftovers import forget_all

if TYPE_CHECKING:
    from ctcalign.corpus.work.pipeline import Pipeline

# Sent instead of a job: give back all jobs that are not being aligned.
GIVE_BACK = None


def serve(connection: Connection, plan: Plan, device: str) -> None:
    """Work on jobs that come through a pipe, and send events back."""
    # A group of its own: Ctrl-C at the terminal is for the driver, and a stalled command is ended with its worker.
    with contextlib.suppress(OSError, AttributeError):
        os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = str(plan.threads)
    gc.set_threshold(50_000, 20, 50)  # as in the command line
    _silence()
    from ctcalign.corpus.work.pipeline import Pipeline  # libraries that read the number of threads
    from ctcalign.corpus.work.worker import Worker

    writing = threading.Lock()

    def send(event: Event) -> None:
        try:
            with writing:
                connection.send(event)
        except OSError:  # the driver has ended
            _end()

    pipeline = Pipeline(Worker(plan.settings, device, plan.root, plan.digest, plan.batch_seconds), send)
    threading.Thread(target=_receive, args=(connection, pipeline), name="jobs", daemon=True).start()
    pipeline.run()


def _receive(connection: Connection, pipeline: Pipeline) -> None:
    """Pass jobs on until the driver has ended, however that was: then the process ends in the middle of its work."""
    try:
        while True:
            job = connection.recv()
            if job is GIVE_BACK:
                pipeline.give_back()
            else:
                pipeline.put(job)
    except (EOFError, OSError):
        _end()


def _end() -> None:
    forget_all()
    os._exit(0)


def _silence() -> None:
    """Decoders write about damaged files to descriptor 2, whatever their settings."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        own = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = own
        faulthandler.enable(own)
