"""Files that are either whole or not there: written beside their place, then moved into it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

from ctcalign.errors import OutputError

# Short and independent of the target's name, which may already have the longest length that the file system allows.
_PREFIX = ".ctcalign-"


@contextlib.contextmanager
def atomic_write(path: str | Path, mode: Literal["w", "wb"] = "w", *, fsync: bool = True) -> Iterator[IO[Any]]:
    """Open a temporary file in the folder of `path`; when the block ends well it takes the place of `path`.

    When the block raises anything (Ctrl-C too) the temporary file is removed and what was at `path` stays as it was.
    A symlink stays a symlink: the file that it points to is replaced. An existing file keeps its permissions and must
    be writable; a new one gets those of the umask. A device or pipe is written directly, for it cannot be replaced.

    Args:
        path: the file to write. Its folder must exist.
        mode: "w" is UTF-8 text with "\\n" line ends on every system, "wb" is bytes.
        fsync: wait until the bytes are on the disk before the move, so that a power cut leaves no empty file.
    Raises:
        OutputError: no such folder, no permission, disk full, or `path` is a folder.
    """
    if mode not in ("w", "wb"):
        raise ValueError(f"mode is {mode!r}, expected 'w' or 'wb'")
    before = _existing(path)
    if before is not None and not stat.S_ISREG(before.st_mode):
        with _output_errors(path, Path(path)), _open(Path(path), mode) as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    temporary = target.parent / f"{_PREFIX}{secrets.token_hex(8)}.tmp"
    done = False
    try:
        with _output_errors(path, temporary):
            with _open(temporary, mode, new=True) as stream:
                yield stream
                stream.flush()
                if before is not None:
                    os.chmod(temporary, stat.S_IMODE(before.st_mode))
                if fsync:
                    os.fsync(stream.fileno())
            os.replace(temporary, target)
        done = True
    finally:
        if not done:
            with contextlib.suppress(OSError):
                temporary.unlink()


@contextlib.contextmanager
def atomic_directory(path: str | Path) -> Iterator[Path]:
    """Yield a new empty folder beside `path`; when the block ends well it takes the place of the folder `path`.

    An existing folder is replaced only when it holds nothing but files of the names that were written: nobody's other
    files are ever deleted. When the block raises, the new folder is removed and the old one stays as it was.

    Raises:
        OutputError: as for `atomic_write`, or `path` is a file or a folder that holds other files.
    """
    target = Path(os.path.realpath(path))
    aside = target.parent / f"{_PREFIX}{secrets.token_hex(8)}.new"
    old = aside.with_suffix(".old")
    try:
        with _output_errors(path, aside):
            aside.mkdir()
            yield aside
            if target.exists():
                _check_replaceable(target, aside, path)
                os.replace(target, old)
                try:
                    os.replace(aside, target)
                except BaseException:
                    os.replace(old, target)
                    raise
            else:
                os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if target.exists():  # never the only copy
            shutil.rmtree(old, ignore_errors=True)


def _open(path: Path, mode: str, *, new: bool = False) -> IO[Any]:
    # Created with 0o666 so that the umask decides, as for a file that open() makes; O_EXCL against a planted link.
    flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | (os.O_CREAT | os.O_EXCL if new else 0)
    descriptor = os.open(path, flags, 0o666)
    if mode == "wb":
        return os.fdopen(descriptor, "wb")
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")


def _existing(path: str | Path) -> os.stat_result | None:
    # Of the path as given: the resolved name of /dev/stdout ("pipe:[123]") is not a file that exists.
    with _output_errors(path, Path(path)):
        try:
            found = os.stat(path)
        except FileNotFoundError:
            folder = Path(os.path.realpath(path)).parent
            if not folder.is_dir():
                raise OutputError(f"{path}: there is no folder {folder}; make it first or write elsewhere") from None
            return None
    if stat.S_ISDIR(found.st_mode):
        raise OutputError(f"{path}: is a folder, expected the name of a file to write")
    if not os.access(path, os.W_OK):
        raise OutputError(f"{path}: cannot be written: it is read-only; change its permissions or write elsewhere")
    return found


def _check_replaceable(target: Path, aside: Path, path: str | Path) -> None:
    if not target.is_dir():
        raise OutputError(f"{path}: is a file, expected the name of a folder to write")
    others = sorted({entry.name for entry in target.iterdir()} - {entry.name for entry in aside.iterdir()})
    if others:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise OutputError(f"{path}: the folder holds other files ({shown}); name an empty or a new folder")


@contextlib.contextmanager
def _output_errors(path: str | Path, own: Path) -> Iterator[None]:
    """Turn what the system says (disk full, no permission, ...) into one line with the path that the user gave.

    `own` is the file or folder being written: an error of the block about some other file is not ours to explain.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # a reader of a pipe that has seen enough
    except OSError as error:
        about = error.filename
        if about is not None and not str(about).startswith((str(own), os.fspath(path))):
            raise
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed there") from error
