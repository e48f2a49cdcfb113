"""How many workers there are, and how many threads each has."""

from __future__ import annotations

from collections.abc import Sequence

from ctcalign.models.registry import NEEDED, free_bytes
from ctcalign.threads import named_threads, processor_count


def devices_of(names: str) -> tuple[str, ...]:
    """The devices in a list with commas."""
    return tuple(name.strip() for name in names.split(",") if name.strip()) or ("auto",)


def workers_and_threads(workers: int | None, devices: Sequence[str], engine: str = "local") -> tuple[int, int]:
    """One worker for each device; without any one for each processor, if there is memory for their models.

    Args:
        workers: None: chosen here.
    """
    processors = processor_count()
    free = free_bytes()
    fitting = processors if free is None else min(processors, max(1, free // NEEDED))
    workers = workers or (fitting if set(devices) <= {"auto", "cpu"} else len(devices))
    return workers, named_threads() or (1 if engine == "ray" else max(1, processors // workers))
