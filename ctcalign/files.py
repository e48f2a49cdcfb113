"""Files: written whole or not at all, and read as JSON or JSON lines."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import secrets
import shutil
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Literal

from ctcalign.errors import CaptionError, OutputError

# Short and independent of the target's name, which may already have the longest length that the file system allows.
_PREFIX = ".ctcalign-"


@contextlib.contextmanager
def atomic_write(path: str | Path, mode: Literal["w", "wb"] = "w", *, fsync: bool = True) -> Iterator[IO[Any]]:
    """Open a temporary file in the folder of `path`; if the block succeeds, it replaces `path`.

    If the block raises anything, including KeyboardInterrupt, the temporary file is removed and `path` is unchanged.
    A symlink is kept: the file that it points to is replaced. An existing file keeps its permissions and must
    be writable; a new one gets those of the umask. A device or pipe cannot be replaced and is written directly.

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
    """Yield a new empty folder next to `path`; if the block succeeds, it replaces the folder `path`.

    An existing folder is replaced only if every file in it has the name of a file that was written: other files are
    never deleted. If the block raises, the new folder is removed and the old one is unchanged.

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


def parse_json(text: str, name: str) -> Any:
    """The value of a JSON document, or of JSON lines the list of their values.

    >>> parse_json('{"a": 1}', "x"), parse_json('{"a": 1}\\n{"a": 2}\\n', "x")
    ({'a': 1}, [{'a': 1}, {'a': 2}])

    Args:
        name: name of the text in messages.
    Raises:
        CaptionError: it is neither; the message names the line.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise CaptionError(f"{name}: JSON nested too deeply") from error
    except ValueError as error:
        whole = error
    rows: list[Any] = []
    try:
        for _, value in json_lines(text.split("\n"), name):
            rows.append(value)
    except CaptionError:
        if rows:  # JSON lines with a broken line
            raise
        raise CaptionError(f"{name}: not valid JSON ({whole}); is the file complete?") from whole
    return rows


def json_lines(lines: Iterable[str], name: str) -> Iterator[tuple[int, Any]]:
    """Line number from 1 and value of each line that is not blank.

    Raises:
        CaptionError: a line is not valid JSON; the message names it.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CaptionError(f"{name}: not valid JSON (line {number}: {error}); is the file complete?") from error
            yield number, value


def read_json_lines(path: str | Path) -> list[Any]:
    """The values of a JSON-lines file in UTF-8, plain or gzip.

    Raises:
        CaptionError: it cannot be read, or a line is not valid JSON.
    """
    try:
        data = Path(path).read_bytes()
        text = (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CaptionError(f"{path}: cannot be read as JSON lines: {error}") from error
    return [value for _, value in json_lines(text.split("\n"), str(path))]


def _open(path: Path, mode: str, *, new: bool = False) -> IO[Any]:
    # 0o666: the umask decides, as with open(). O_EXCL: do not follow a link that someone placed there.
    flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | (os.O_CREAT | os.O_EXCL if new else 0)
    descriptor = os.open(path, flags, 0o666)
    if mode == "wb":
        return os.fdopen(descriptor, "wb")
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")


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
    others = sorted({entry.name for entry in target.iterdir()} - {entry.name for entry in aside.iterdir()})
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
