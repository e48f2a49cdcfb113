"""SIGINT, SIGTERM and SIGHUP: say at once that the program is stopping, stop, and end at the second signal.

Python calls a signal's handler between two steps of the interpreter: a compiled kernel or a system call may go on for
seconds before it. The message therefore comes from a thread that the system's handler wakes through a socket.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from types import FrameType

from ctcalign.files.leftovers import forget_all
from ctcalign.files.together import MOVING

MESSAGE = "ctcalign: stopping; a second signal ends it at once\n"
# Seconds. `timeout` and shells send a signal to the process and to its group: that is one request, not two.
ONE_REQUEST = 0.5

# Acquired once and never released, without waiting: a handler may interrupt another one.
_announced = threading.Lock()
_raised = threading.Lock()
_stopped_by: list[int] = []


def handle_signals() -> None:
    """Install the handlers. A signal that the caller ignores (nohup, a background job of a script) stays ignored.

    The first signal raises KeyboardInterrupt (SIGINT) or SystemExit(128 + number) in the main thread, so that `finally`
    blocks remove temporary files; a later one removes these itself and ends the process.
    """
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = {getattr(signal, name) for name in names}
    numbers = {number for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, _handle)
    if hasattr(os, "register_at_fork"):  # Windows has no fork
        os.register_at_fork(after_in_child=_leave_to_parent)
    # The thread holds `sender` too, so that it stays open.
    threading.Thread(target=_watch, args=(receiver, sender, numbers), name="signals", daemon=True).start()


def stop_signal() -> int | None:
    """The signal whose exception was raised, None without one.

    A library may turn that exception into one of its own (a compiled kernel into a SystemError).
    """
    return _stopped_by[0] if _stopped_by else None


def let_end() -> None:
    """The command is done: from now on a signal only announces itself, so that it interrupts nothing on the way out.

    Else it would raise its exception in functions that Python calls at exit, which print a traceback.
    """
    _raised.acquire(blocking=False)


def _handle(number: int, frame: FrameType | None) -> None:
    _announce()
    if not _raised.acquire(blocking=False):
        return  # a second exception would interrupt the removal of temporary files
    _stopped_by.append(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _watch(receiver: socket.socket, sender: socket.socket, numbers: set[int]) -> None:
    first: float | None = None
    while received := receiver.recv(1):
        number = received[0]
        if number not in numbers:
            continue
        if first is None:
            first = time.monotonic()
            _announce()
        elif time.monotonic() - first > ONE_REQUEST:
            MOVING.acquire(timeout=5.0)
            forget_all()
            os._exit(128 + number)


def _announce() -> None:
    if not _announced.acquire(blocking=False):
        return
    # Straight to the descriptor: the main thread may hold the lock of the stream.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        descriptor = sys.stderr.fileno()
        clear = "\r\x1b[K" if os.isatty(descriptor) else ""  # a progress bar
        os.write(descriptor, (clear + MESSAGE).encode())


def _leave_to_parent() -> None:
    """In a forked process: a signal to it must neither be printed again nor reach the parent's thread."""
    _announced.acquire(blocking=False)
    with contextlib.suppress(ValueError):
        signal.set_wakeup_fd(-1)
