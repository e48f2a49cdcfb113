"""How many threads the numerical libraries may use."""

from __future__ import annotations

import os


def thread_count() -> int:
    """Threads for one model: `OMP_NUM_THREADS` if it is set, else the processors that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1
