"""`atomic_write` and `atomic_directory`: outputs written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

from ctcalign.errors import OutputError
from ctcalign.files.leftovers import forget, is_temporary, temporary_path
from ctcalign.files.together import together


@contextlib.contextmanager
def atomic_write(path: str | Path, mode: Literal["w", "wb"] = "w", *, fsync: bool = True) -> Iterator[IO[Any]]:
    """Open a temporary file in the folder of `path`; if the block succeeds, it replaces `path`.

    If the block raises anything, including KeyboardInterrupt, the temporary file is removed and `path` is unchanged.
    A symlink is kept: the file that it points to is replaced. An existing file keeps its permissions and must
    be writable; a new one gets those of the umask. A device or pipe cannot be replaced and is written directly.
    Inside of `together`, the file is replaced at the end of that block.

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
    with together() as outputs:
        temporary = temporary_path(target.parent)
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
            outputs.add(temporary, target, os.fspath(path))
            done = True
        finally:
            if not done:
                forget(temporary)


@contextlib.contextmanager
def atomic_directory(path: str | Path) -> Iterator[Path]:
    """Yield a new empty folder for files (no folders); if the block succeeds, they are the files of the folder `path`.

    A new folder appears whole. In an existing folder each file is replaced, and only if every file in it has the name
    of a file that was written: other files are never deleted. If the block raises, nothing has changed.
    Inside of `together`, that happens at the end of that block.

    Raises:
        OutputError: as for `atomic_write`, or `path` is a file or a folder that holds other files.
    """
    target = Path(os.path.realpath(path))
    exists = target.is_dir()
    with together() as outputs:
        aside = temporary_path(target if exists else target.parent)
        done = False
        try:
            with _output_errors(path, aside):
                aside.mkdir()
                yield aside
                if os.path.lexists(target):
                    _check_replaceable(target, aside, path)
                for file in aside.rglob("*"):
                    if file.is_file():
                        _sync(file)
            if exists:
                for file in sorted(aside.iterdir()):
                    outputs.add(file, target / file.name, os.fspath(path))
                outputs.remove_after(aside)
            else:
                outputs.add(aside, target, os.fspath(path))
            done = True
        finally:
            if not done:
                forget(aside)


def _open(path: Path, mode: str, *, new: bool = False) -> IO[Any]:
    # 0o666: the umask decides, as with open(). O_EXCL: do not follow a link that someone placed there.
    flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | (os.O_CREAT | os.O_EXCL if new else 0)
    descriptor = os.open(path, flags, 0o666)
    if mode == "wb":
        return os.fdopen(descriptor, "wb")
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _existing(path: str | Path) -> os.stat_result | None:
    # The path as given: the resolved name of /dev/stdout ("pipe:[123]") is not an existing file.
    with _output_errors(path, Path(path)):
        try:
            found = os.stat(path)
        except FileNotFoundError:
            folder = Path(os.path.realpath(path)).parent
            if not folder.is_dir():
                raise OutputError(f"{path}: there is no folder {folder}; create it first or write elsewhere") from None
            return None
    if stat.S_ISDIR(found.st_mode):
        raise OutputError(f"{path}: is a folder, expected the name of a file to write")
    if not os.access(path, os.W_OK):
        raise OutputError(f"{path}: cannot be written: it is read-only; change its permissions or write elsewhere")
    return found


def _check_replaceable(target: Path, aside: Path, path: str | Path) -> None:
    if not target.is_dir():
        raise OutputError(f"{path}: is a file, expected the name of a folder to write")
    present = {entry.name for entry in target.iterdir() if not is_temporary(entry.name)}
    others = sorted(present - {entry.name for entry in aside.iterdir()})
    if others:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise OutputError(f"{path}: the folder holds other files ({shown}); name an empty or a new folder")


@contextlib.contextmanager
def _output_errors(path: str | Path, own: Path) -> Iterator[None]:
    """Turn system errors (disk full, no permission, ...) into an OutputError with the path that the user gave.

    `own` is the file or folder being written; errors about other files pass through.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of a pipe has closed it
    except OSError as error:
        about = error.filename
        if about is not None and not str(about).startswith((str(own), os.fspath(path))):
            raise
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed there") from error
