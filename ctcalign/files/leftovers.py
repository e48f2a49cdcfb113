"""Temporary files and folders of ctcalign: their names, and the removal of those that a killed process left.

A name says which process made it: `.ctcalign-MACHINE-PID-RANDOM.tmp`. SIGKILL and a power cut leave such files behind;
the next run that writes into the folder removes them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Short and independent of the target's name, which may already have the longest length that the file system allows.
_NAME = re.compile(r"\.?ctcalign-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}\.tmp")
# Names of other machines and of earlier versions: whether their process is alive cannot be known.
_FOREIGN = re.compile(r"\.ctcalign-[0-9a-f-]+\.(tmp|new)")
FOREIGN_SECONDS = 24 * 3600.0

_own: set[Path] = set()
_searched: set[Path] = set()


def temporary_path(folder: Path, *, hidden: bool = True) -> Path:
    """The path of a new temporary file or folder in a folder, from which leftovers of dead processes are removed first.

    The caller passes it to `forget` when it has been moved or removed.
    """
    if folder not in _searched:  # once in a process: a folder may hold many thousand files
        _searched.add(folder)
        remove_leftovers(folder)
    start = "." if hidden else ""
    path = folder / f"{start}ctcalign-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    _own.add(path)
    return path


def forget(path: Path) -> None:
    """Remove a temporary file or folder, if it still exists."""
    _remove(path)
    _own.discard(path)


def forget_all() -> None:
    """Remove every temporary file and folder of this process: it is about to be ended without its `finally` blocks."""
    for path in list(_own):
        forget(path)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new empty folder in the system's folder for temporary files; it is removed at the end.

    Raises:
        OSError: it cannot be created.
    """
    path = temporary_path(Path(tempfile.gettempdir()), hidden=False)
    try:
        path.mkdir(mode=0o700)
        yield path
    finally:
        forget(path)


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove temporary files and folders of processes that have ended, and return their paths.

    Those of a living process of this machine stay; those of another machine are removed when they are older than a
    day. What cannot be removed is ignored.
    """
    removed = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if "ctcalign-" in entry.name and path not in _own and _is_left(entry):
                _remove(path)
                if not os.path.lexists(path):
                    removed.append(path)
    return removed


def is_temporary(name: str) -> bool:
    """Whether a file name is that of a temporary file of any process."""
    return bool(_NAME.fullmatch(name) or _FOREIGN.fullmatch(name))


def _is_left(entry: os.DirEntry[str]) -> bool:
    match = _NAME.fullmatch(entry.name)
    if match is not None and match[1] == _machine() and os.name == "posix":
        return not _is_alive(int(match[2]))
    if match is None and not _FOREIGN.fullmatch(entry.name):
        return False
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > FOREIGN_SECONDS
    except OSError:
        return False


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return False  # an earlier process of this number: this one's own files are in `_own`
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # it belongs to another user
    return True


@functools.lru_cache(maxsize=1)
def _machine() -> str:
    """Eight digits for the space in which a process number is unique: the host, and the container on Linux."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return hashlib.sha256(f"{socket.gethostname()} {space}".encode()).hexdigest()[:8]


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
