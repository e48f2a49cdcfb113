"""The header of a recording, and the protocol of decoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ctcalign.errors import AudioError

Samples = npt.NDArray[np.float32]

# Hz. Below, speech cannot be understood; above, there is no converter: the header is wrong.
LOWEST_RATE, HIGHEST_RATE = 1_000, 1_536_000


@dataclass(frozen=True)
class AudioTrack:
    """One of the audio tracks of a film.

    Attributes:
        number: from 0, counting audio tracks alone.
        codec: e.g. "aac"; None if this FFmpeg cannot decode it.
        channels: number of channels, 0 if unknown.
        language: as written in the file, mostly ISO 639-2 such as "eng"; None if not given.
        title: as written in the file; None if not given.
        default: whether players choose it.
        secondary: a commentary or a description of the picture.
    """

    number: int
    codec: str | None
    channels: int
    language: str | None = None
    title: str | None = None
    default: bool = False
    secondary: bool = False


@dataclass(frozen=True)
class AudioInfo:
    """A recording as its header describes it.

    Attributes:
        path: as given by the caller; "-" for standard input.
        container: e.g. "wav", "mp4", "matroska".
        codec: e.g. "pcm_16", "aac", "opus".
        sample_rate: of the recording, in Hz; where it changes, of the beginning.
        channels: number of channels.
        duration: seconds according to the header, None if unknown or impossible. The decoded duration may differ.
        track: number of the audio track, from 0.
        tracks: all audio tracks of the file; empty if the format has only one.
    """

    path: str
    container: str
    codec: str
    sample_rate: int
    channels: int
    duration: float | None
    track: int = 0
    tracks: tuple[AudioTrack, ...] = ()


class Piece(NamedTuple):
    """Decoded samples of shape (samples, channels), and their rate in Hz."""

    samples: Samples
    rate: int


class Source(Protocol):
    """A decoder of one recording."""

    info: AudioInfo

    def pieces(self, warnings: list[str]) -> Iterator[Piece]:
        """Decode from the start: pieces with `info.channels` channels, in order, mostly all at one rate.

        Messages for the user (truncation, gaps) are appended to `warnings`.
        """
        ...


def check_rate(name: str, rate: int) -> None:
    """Raise AudioError if a recording cannot have this sample rate."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(
            f"{name}: a sample rate of {rate} Hz; expected {LOWEST_RATE} to {HIGHEST_RATE} Hz: correct the header, or "
            "convert the recording again"
        )


def with_channels(samples: Samples, channels: int) -> Samples:
    """If a recording has another number of channels here: the mean of these channels, for each of the others."""
    if samples.shape[1] == channels:
        return samples
    return np.repeat(samples.mean(axis=1, keepdims=True, dtype=np.float32), channels, axis=1)
