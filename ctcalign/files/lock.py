"""One process at a time in a folder, or several that do not disturb each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctcalign.errors import UsageError


@contextmanager
def locked(root: Path, name: str = ".lock", *, work: str = "process", shared: bool = False) -> Iterator[None]:
    """Hold the lock of a folder. It ends with the process, however that ends; on Windows there is none.

    Args:
        name: of the file that is locked.
        work: what holds it, for the message.
        shared: others may hold it too, unless they want it for themselves.
    Raises:
        UsageError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (root / name).open("w") as stream:
        try:
            fcntl.flock(stream, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"output: {root}: another {work} is running there; wait, or name another folder") from None
        yield
