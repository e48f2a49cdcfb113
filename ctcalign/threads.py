"""How many threads the numerical libraries use, and how these wait for work.

The libraries read the environment when they are loaded: the command line sets it before that. A Python program that
imports them itself sets `OMP_NUM_THREADS` and `OMP_WAIT_POLICY` before its imports.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")
_CGROUP = Path("/sys/fs/cgroup/cpu.max")


def wait_passively() -> None:
    """Let idle OpenMP threads sleep, unless the user wants another policy.

    By default they spin for some milliseconds after each parallel section. On a machine with other work that takes
    processor time away from the threads that they wait for.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@contextmanager
def threads_limited(count: int) -> Iterator[None]:
    """Let libraries that are loaded in this context use so many threads each, and `thread_count` be that number."""
    before = {name: os.environ.get(name) for name in _COUNTS}
    os.environ.update(dict.fromkeys(_COUNTS, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def thread_count() -> int:
    """Threads of a model: `OMP_NUM_THREADS` if it is set, else the processors that this process may use."""
    return named_threads() or processor_count()


def named_threads() -> int | None:
    """`OMP_NUM_THREADS` if it is set."""
    given = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(given) if given.isdecimal() and int(given) > 0 else None


def processor_count() -> int:
    """The processors that this process may use."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        processors = os.cpu_count() or 1
    return min(processors, _quota() or processors)


def _quota() -> int | None:
    """Processors that the limits of a Linux container allow; None without one."""
    try:
        time, period = _CGROUP.read_text(encoding="ascii").split()
        return max(1, math.ceil(int(time) / int(period)))
    except (OSError, ValueError, ZeroDivisionError):  # "max": no limit
        return None
