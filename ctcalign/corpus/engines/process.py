"""The process of a worker of the engine `local`. It ends when the other end of its pipe is closed."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import queue
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work.outcome import Job, Opened
from ctcalign.corpus.work.worker import Worker
from ctcalign.files.leftovers import forget_all


def serve(connection: Connection, settings: CorpusSettings, device: str, root: Path, digest: str, threads: int) -> None:
    """Work on jobs that come through a pipe, one after the other."""
    # A group of its own: Ctrl-C at the terminal is for the driver, and a stalled command is ended with its worker.
    with contextlib.suppress(OSError, AttributeError):
        os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    gc.set_threshold(50_000, 20, 50)  # as in the command line
    _silence()
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, jobs), name="jobs", daemon=True).start()
    worker = Worker(settings, device, root, digest)

    def tell(opened: Opened) -> None:
        connection.send(opened)

    while True:
        job = jobs.get()
        try:
            connection.send(worker.work(job, tell))
        except OSError:  # the driver has ended
            _end()


def _receive(connection: Connection, jobs: queue.SimpleQueue[Job]) -> None:
    """Pass jobs on until the driver has ended, however that was: then the process ends in the middle of its work."""
    try:
        while True:
            jobs.put(connection.recv())
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
