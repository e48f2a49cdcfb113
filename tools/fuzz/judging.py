"""One call with one input: which exception it ends with, its processor time and its memory."""

from __future__ import annotations

import contextlib
import gc
import signal
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tools.fuzz.target import LIMIT_BYTES, LIMIT_MEMORY, LIMIT_SECONDS, Target

_END = 20  # seconds of processor time after which a call is stopped
_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


class _EndlessError(BaseException):
    """Raised in a call that takes too long."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a call.

    Attributes:
        fault: None, or what was wrong, the same for the same fault: an exception and the line that raised it, "slow",
            "endless" or "memory".
        detail: the end of the traceback, or the numbers.
        seconds: of processor time.
        memory: bytes of the peak above those before the call; 0 where the system does not tell.
    """

    fault: str | None
    detail: str
    seconds: float
    memory: int


def judge(target: Target, value: Any) -> Verdict:
    """Call a target. A slow call is made twice more and the fastest counts: the first of its kind may compile or import
    something, and on a busy machine processor time is up to twice as long.
    """
    found = _call(target, value)
    for _ in range(2):
        if found.fault == "slow":
            found = min(found, _call(target, value), key=lambda verdict: verdict.seconds)
    return found


def _call(target: Target, value: Any) -> Verdict:
    before = _peak(reset=True)
    start = time.process_time()
    fault, detail = None, ""
    try:
        with _stopped_after(_END), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.call(value)
    except target.errors as error:
        # A message is one line of reasonable length, and does not blame ctcalign.
        text = str(error)
        if "\n" in text or len(text) > 2000 or not text:
            fault, detail = f"message of {type(error).__name__} at {_place(error)}", text[:300]
    except _EndlessError as error:
        fault, detail = f"endless in {_place(error)}", f"stopped after {_END} s"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        fault = f"{type(error).__name__} at {_place(error)}"
        detail = "".join(traceback.format_exception(error))[-1500:]
    seconds = time.process_time() - start
    memory = max(0, _peak() - before)
    allowed = LIMIT_SECONDS * max(1, -(-target.size(value) // LIMIT_BYTES))
    if fault is None and seconds > allowed:
        fault, detail = "slow", f"{seconds:.2f} s, allowed {allowed:.0f} s"
    if fault is None and memory > LIMIT_MEMORY:
        fault, detail = "memory", f"{memory / 1e9:.2f} GB"
    if memory > LIMIT_MEMORY // 10:
        gc.collect()
    return Verdict(fault, detail, seconds, memory)


def _place(error: BaseException) -> str:
    """The innermost line inside ctcalign."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/ctcalign/" in frame.filename] or frames
    frame = own[-1]
    return f"{frame.filename.rpartition('/ctcalign/')[2]}:{frame.name}"


@contextlib.contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _EndlessError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _peak(*, reset: bool = False) -> int:
    """Largest resident memory of this process in bytes (Linux), after a reset the present one."""
    try:
        if reset:
            _RESET.write_text("5")
        text = _STATUS.read_text()
        place = text.index("VmHWM:")
        return int(text[place + 6 : text.index("kB", place)]) * 1024
    except (OSError, ValueError):
        return 0
