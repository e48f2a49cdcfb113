"""Everything that a page holds of its recording, from one reading."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ctcalign.audio import open_audio, probe
from ctcalign.models.features.scale import SAMPLE_RATE
from ctcalign.review.options import PageOptions
from ctcalign.review.sound.embedding import EmbeddedSound, embedded_sound
from ctcalign.review.sound.peaks import PeakMeter, Peaks
from ctcalign.review.sound.spectrogram import Spectrogram, SpectrogramMeter


@dataclass(frozen=True)
class PageSound:
    """A recording as the page shows and plays it.

    Attributes:
        name: of the file, without its folder.
        duration: seconds, as decoded.
        peaks: the waveform.
        spectrogram: None if it was not asked for.
        embedded: the bytes to play, None if the page refers to the file.
        source: address of the file relative to the page; None if its bytes are embedded.
        warnings: of the reader.
    """

    name: str
    duration: float
    peaks: Peaks
    spectrogram: Spectrogram | None = None
    embedded: EmbeddedSound | None = None
    source: str | None = None
    warnings: list[str] = field(default_factory=list)


def read_sound(audio: Path, page: Path, options: PageOptions) -> PageSound:
    """Read a recording in blocks. Memory grows with its length only by what the page holds.

    Args:
        audio: the file.
        page: the file of the page, to which the address of the recording is relative.
    Raises:
        AudioError: it cannot be read.   UsageError: no such channel or track.
    """
    rate = SAMPLE_RATE if options.spectrogram else probe(audio, track=options.track).sample_rate
    peaks, spectrogram = PeakMeter(rate), SpectrogramMeter() if options.spectrogram else None
    with open_audio(audio, rate, options.channel, track=options.track, max_duration=options.max_duration) as reader:
        for block in reader.blocks():
            peaks.add(block[0])
            if spectrogram is not None:
                spectrogram.add(block[0])
        duration, warnings = reader.duration or 0.0, list(reader.warnings)
    embedded = embedded_sound(audio, options) if options.embed else None
    return PageSound(
        name=audio.name,
        duration=duration,
        peaks=peaks.result(),
        spectrogram=None if spectrogram is None else spectrogram.result(),
        embedded=embedded,
        source=None if embedded is not None else address(audio, page),
        warnings=warnings,
    )


def address(file: Path, page: Path) -> str:
    """The address of a file relative to the folder of a page, percent-encoded.

    >>> address(Path("talks/a b?.mp3"), Path("pages/a.html"))
    '../talks/a%20b%3F.mp3'
    """
    try:
        relative = os.path.relpath(file, page.parent)
    except ValueError:  # another drive
        return file.absolute().as_uri()
    encoded = quote(os.fsencode(relative.replace(os.sep, "/")))
    return encoded if encoded.startswith("../") else f"./{encoded}"
