"""The model that is used when the user names none."""

from __future__ import annotations

from pathlib import Path

AUTO = "auto"
ACCURATE, FAST = "builtin:en-robust", "builtin:en"
# Bytes that a process with the accurate model needs, with some room.
NEEDED = 700_000_000


def named(model: str) -> str:
    """The name of a model, with "auto" replaced by what it stands for here."""
    return default_model()[0] if model == AUTO else model


def default_model(max_memory: int | None = None) -> tuple[str, str | None]:
    """The name of the model, and a line for the user if it is the fast one for want of memory.

    Args:
        max_memory: bytes that the process may use; None: what the machine has free.
    """
    free = _free_bytes() if max_memory is None else max_memory
    if free is None or free >= NEEDED:
        return ACCURATE, None
    reason = "is free" if max_memory is None else "is allowed"
    return FAST, (
        f"model: {FAST} was used, since {free / 1e6:.0f} MB of memory {reason} and {ACCURATE} needs "
        f"{NEEDED / 1e6:.0f} MB; name one with --model"
    )


def _free_bytes() -> int | None:
    """Memory that can be had without swapping; None if the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
