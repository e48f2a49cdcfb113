"""Signals that ask a process to end, kept until it is a good moment. Their handlers run in the main thread alone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ASKING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def handlers_kept() -> Iterator[list[int]]:
    """Put the handlers of SIGINT, SIGTERM and SIGHUP back after the block; outside the main thread, do nothing.

    Yields:
        The numbers of the signals that are handled; none that are ignored, or handled by other code than Python.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    handlers = {number: signal.getsignal(number) for number in _ASKING}
    handlers = {number: old for number, old in handlers.items() if old not in (None, signal.SIG_IGN)}
    try:
        yield list(handlers)
    finally:
        for number, old in handlers.items():
            signal.signal(number, old)


@contextmanager
def signals_noted() -> Iterator[list[int]]:
    """Only note SIGINT, SIGTERM and SIGHUP within the block; the list receives the number of each when it comes.

    Signal masks would not do: they hold for one thread, and a signal for the process goes to another.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    with handlers_kept() as numbers:
        for number in numbers:
            signal.signal(number, note)
        yield came


@contextmanager
def signals_delayed() -> Iterator[None]:
    """Handle SIGINT, SIGTERM and SIGHUP after the block."""
    came: list[int] = []
    try:
        with signals_noted() as came:
            yield
    finally:
        for number in dict.fromkeys(came):
            signal.raise_signal(number)
