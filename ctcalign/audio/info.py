"""What is known about a recording before it is decoded, and what a decoder must offer."""

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
        path: as the caller gave it; "-" for standard input.
        container: e.g. "wav", "mp4", "matroska".
        codec: e.g. "pcm_16", "aac", "opus".
        sample_rate: of the recording, in Hz.
        channels: how many the recording has.
        duration: seconds by the header, None when the header does not say. Decoding may end elsewhere.
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

        What the user should know (truncation, gaps) is appended to `warnings`.
        """
        ...
