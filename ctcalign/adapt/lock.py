"""One process at a time in the folder of an adaptation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctcalign.errors import UsageError


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lock of a folder. It ends with the process, however that ends; on Windows there is none.

    Raises:
        UsageError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (root / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"output: {root}: another adaptation is at work there; wait, or name another folder"
            ) from None
        yield
