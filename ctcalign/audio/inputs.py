"""What a caller may give as a recording: paths, bytes, file objects, arrays, recordings and cuts of lhotse."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias, cast

import numpy as np

from ctcalign.audio.cut_sources import check_sources
from ctcalign.audio.opening import LocalCopy, local_file, spooled
from ctcalign.audio.sources.waveform import Waveform, waveform
from ctcalign.errors import AudioError, UsageError

if TYPE_CHECKING:
    import torch
    from lhotse import Recording
    from lhotse.cut import Cut

    from ctcalign.audio.info import Samples


class OpenRecording(Protocol):
    """A recording that `open_audio` has opened, which may already be decoded: see `AudioReader.decode_ahead`."""

    audio: Any

    def blocks(self, seconds: float = 10.0) -> Iterator[Samples]:
        """See `AudioReader.blocks`."""
        ...


AudioInput: TypeAlias = (
    "str | Path | bytes | BinaryIO | Waveform | LocalCopy | np.ndarray[Any, Any] | torch.Tensor | Recording | Cut "
    "| OpenRecording"
)
_EXPECTED = (
    "expected a path, the bytes of a file, a binary file object, an array or tensor with sample_rate=, or a recording "
    "or cut of lhotse"
)


@contextmanager
def recording_of(
    audio: AudioInput, sample_rate: int | None = None
) -> Iterator[Path | str | LocalCopy | Waveform | OpenRecording]:
    """The path or the samples of any kind of input; file objects are read to their end, into a temporary file.

    Args:
        audio: see `ctcalign.align`.
        sample_rate: Hz, of arrays alone.
    Raises:
        UsageError: another type, an array without a rate, or something else with one.   AudioError: it cannot be read.
    """
    if hasattr(audio, "dtype") and hasattr(audio, "shape"):
        yield waveform(audio, sample_rate)
        return
    if sample_rate is not None:
        raise UsageError(f"sample_rate: only arrays need one, got {sample_rate} with a {type(audio).__name__}")
    if isinstance(audio, Waveform | LocalCopy | str | Path):
        yield audio
    elif isinstance(audio, os.PathLike):
        yield os.fspath(audio)
    elif isinstance(audio, bytes | bytearray | memoryview):
        with spooled(io.BytesIO(audio), "bytes") as copy:
            yield LocalCopy(copy, "bytes")
    elif _is_open(audio):
        yield cast(OpenRecording, audio)
    elif callable(getattr(audio, "load_audio", None)):
        yield _lhotse(audio)
    elif callable(getattr(audio, "read", None)):
        if isinstance(audio, io.TextIOBase):
            raise UsageError('audio: got a file object of text; open the recording with mode "rb"')
        with spooled(cast(BinaryIO, audio), _name(audio)) as copy:
            yield LocalCopy(copy, _name(audio))
    else:
        raise UsageError(f"audio: got a {type(audio).__name__}; {_EXPECTED}")


@contextmanager
def seekable(audio: Path | str | LocalCopy | Waveform | OpenRecording) -> Iterator[LocalCopy | Waveform]:
    """The recording in a form that can be read several times: pipes and "-" as a temporary file.

    Raises:
        AudioError: it cannot be read.
    """
    while _is_open(audio):
        audio = cast(OpenRecording, audio).audio
    if isinstance(audio, Waveform):
        yield audio
        return
    with local_file(cast("Path | str | LocalCopy", audio)) as (path, name):
        yield LocalCopy(path, name)


def name_of(audio: AudioInput) -> str:
    """What a result says where the sound comes from: a path, the id of a cut, or the kind of object."""
    while _is_open(audio):
        audio = cast(OpenRecording, audio).audio
    if isinstance(audio, str | os.PathLike):
        return str(os.fspath(audio))
    if isinstance(audio, Waveform | LocalCopy):
        return audio.name
    if isinstance(audio, bytes | bytearray | memoryview):
        return "bytes"
    if callable(getattr(audio, "load_audio", None)):
        sources = _sources(audio)
        whole = not hasattr(audio, "supervisions")
        if whole and len(sources) == 1 and sources[0].type == "file":
            return str(sources[0].source)
        return str(audio.id)  # type: ignore[union-attr]
    return _name(audio) if callable(getattr(audio, "read", None)) else "array"


def _is_open(audio: object) -> bool:
    return callable(getattr(audio, "decode_ahead", None))


def _name(file: Any) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "file object"


def _sources(item: Any) -> list[Any]:
    recordings = [item] if hasattr(item, "sources") else []
    recordings += [item.recording] if getattr(item, "recording", None) is not None else []
    for track in getattr(item, "tracks", ()):
        recordings += [track.cut.recording] if getattr(track.cut, "recording", None) is not None else []
    return [source for recording in recordings for source in recording.sources]


def _lhotse(item: Any) -> Waveform:
    check_sources(item, remedy="load it yourself and pass the array")
    try:
        samples = item.load_audio()
    except Exception as error:  # lhotse's back ends raise what they like
        line = next(iter(str(error).splitlines()), type(error).__name__)
        raise AudioError(f"{item.id}: its audio cannot be read ({line[:200]})") from error
    if samples is None:
        raise AudioError(f"{item.id}: has no recording; add one to the cut")
    return waveform(samples, item.sampling_rate, str(item.id))
