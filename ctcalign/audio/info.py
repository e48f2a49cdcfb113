"""The header of a recording, and the protocol of decoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AudioInfo:
    """A recording as its header describes it.

    Attributes:
        path: as given by the caller; "-" for standard input.
        container: e.g. "wav", "mp4", "matroska".
        codec: e.g. "pcm_16", "aac", "opus".
        sample_rate: of the recording, in Hz.
        channels: number of channels.
        duration: seconds according to the header, None if unknown. The decoded duration may differ.
    """

    path: str
    container: str
    codec: str
    sample_rate: int
    channels: int
    duration: float | None


class Source(Protocol):
    """A decoder of one recording."""

    info: AudioInfo

    def pieces(self, warnings: list[str]) -> Iterator[Samples]:
        """Decode from the start: pieces of shape (samples, channels) at the recording's own rate, in order.

        Messages for the user (truncation, gaps) are appended to `warnings`.
        """
        ...
