"""Find the decoder of a recording; say what is wrong with a file that has none."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from ctcalign.audio.info import Source
from ctcalign.audio.sniff import not_audio
from ctcalign.errors import AudioError

_EXPECTED = "expected audio or video such as wav, flac, mp3, ogg, m4a, mp4, webm, mkv"


@contextlib.contextmanager
def local_file(path: str | Path) -> Iterator[tuple[Path, str]]:
    """A seekable file of the recording and the name to use in messages. Pipes and "-" are copied to a temporary file.

    Raises:
        AudioError: missing, a folder, unreadable, empty, or certainly no recording.
    """
    name = str(path)
    if name == "-":
        yield _standard_input(), "standard input"
        return
    if "://" in name:
        raise AudioError(f"{name}: expected a file, not an address; download it first")
    local = Path(path)
    try:
        mode = os.stat(local).st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{name}: is a folder; {_EXPECTED}")
        if not stat.S_ISREG(mode):
            with local.open("rb") as pipe, _spooled(pipe, name) as copy:
                yield copy, name
            return
        _check(local, name)
    except FileNotFoundError:
        raise AudioError(f"{name}: no such file; give the path of a recording") from None
    except OSError as error:
        raise AudioError(f"{name}: cannot be read: {error.strerror or error}") from None
    yield local, name


@lru_cache(maxsize=1)
def _standard_input() -> Path:
    """Standard input can be read once but opened often: the copy lasts as long as the process."""
    copies = contextlib.ExitStack()
    copy = copies.enter_context(_spooled(sys.stdin.buffer, "standard input"))
    atexit.register(copies.close)
    return copy


@contextlib.contextmanager
def _spooled(stream: BinaryIO, name: str) -> Iterator[Path]:
    """Copy a pipe to a temporary file, which is deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ctcalign-"))
    try:
        copy = folder / "audio"
        try:
            with copy.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
        except OSError as error:
            raise AudioError(
                f"{name}: cannot be copied to {tempfile.gettempdir()}: {error.strerror or error}; "
                "free some space or set TMPDIR to another folder"
            ) from None
        _check(copy, name)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check(path: Path, name: str) -> None:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise AudioError(f"{name}: is empty (0 bytes); {_EXPECTED}")
    what = not_audio(head)
    if what is not None:
        raise AudioError(f"{name}: is {what}, not a recording; {_EXPECTED}")


def find_source(path: Path, name: str) -> Source:
    """The decoder of a local file: libsndfile where it can, PyAV for the rest.

    Raises:
        AudioError: no decoder can read it.
    """
    import soundfile

    from ctcalign.audio.soundfile_source import SoundFileSource

    source = None
    with contextlib.suppress(soundfile.LibsndfileError, TypeError):  # TypeError: *.raw has no header
        source = SoundFileSource(path, name)
        if not source.empty:
            return source
    try:
        import av

        from ctcalign.audio.av_source import AvSource
    except ImportError as error:
        raise AudioError(f"{name}: libsndfile cannot read it and PyAV is missing ({error}); pip install av") from None
    try:
        return AvSource(path, name)
    except av.error.FFmpegError as error:
        if source is not None:  # a good header without samples: the reader says so
            return source
        raise AudioError(
            f"{name}: cannot be decoded ({_reason(error)}): corrupt, cut at its start, or not a recording; {_EXPECTED}"
        ) from None
    except AudioError:
        if source is not None:
            return source
        raise


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).splitlines()[0]
