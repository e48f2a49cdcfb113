"""A recording as bytes inside of the page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctcalign.audio import open_audio
from ctcalign.review.options import PageOptions

# Compressed files that browsers play: embedded as they are.
PLAYABLE = {
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".weba": "audio/webm",
}
RATE = 24_000  # Hz, one of those that Opus knows; speech has little above 12 kHz


@dataclass(frozen=True)
class EmbeddedSound:
    """The bytes of a sound file, and its MIME type."""

    data: bytes
    mime: str


def embedded_sound(audio: Path, options: PageOptions) -> EmbeddedSound:
    """Compressed files that browsers play, as they are; of others a mono copy in Opus.

    Raises:
        AudioError, UsageError: from reading the recording.
    """
    mime = PLAYABLE.get(audio.suffix.lower())
    if mime is not None and options.channel == "mix" and options.track is None:
        return EmbeddedSound(audio.read_bytes(), mime)
    with open_audio(audio, RATE, options.channel, track=options.track, max_duration=options.max_duration) as reader:
        return EmbeddedSound(_opus(block[0] for block in reader.blocks()), "audio/ogg")


def _opus(blocks: Iterator[NDArray[np.float32]]) -> bytes:
    import soundfile as sf

    stream = io.BytesIO()
    with sf.SoundFile(stream, "w", RATE, 1, format="OGG", subtype="OPUS") as file:
        for block in blocks:
            file.write(np.clip(block, -1.0, 1.0))
    return stream.getvalue()
