"""Recordings: any container and codec, decoded and resampled in blocks of bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctcalign.audio.info import AudioInfo
    from ctcalign.audio.reader import AudioReader, load_audio, open_audio, probe

__all__ = ["AudioInfo", "AudioReader", "load_audio", "open_audio", "probe"]


def __getattr__(name: str) -> object:
    """Load the decoders on first use, so that `import ctcalign.audio` is fast."""
    if name == "AudioInfo":
        from ctcalign.audio.info import AudioInfo

        return AudioInfo
    if name in __all__:
        from ctcalign.audio import reader

        return getattr(reader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
