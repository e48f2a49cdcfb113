"""What a review page contains, and the limits by which it marks captions."""

from __future__ import annotations

from dataclasses import dataclass

from ctcalign.errors import UsageError

# Characters per second that a reader can follow: the limit for adult programmes in English-language style guides.
READING_SPEED = 20.0


@dataclass(frozen=True, kw_only=True)
class PageOptions:
    """Options of `write_page`.

    Attributes:
        embed: put the recording into the page; else the page refers to the file by its relative path.
        spectrogram: put a mel spectrogram into the page.
        channel: "mix" or the number of a channel from 0, for waveform, spectrogram and embedded sound.
        track: of several audio tracks, its number from 0 or its language; None: the default one.
        max_duration: seconds; longer recordings are refused. None: 12 hours.
        max_cps: captions with more characters per second are marked; None: none are.
        max_line_length, max_lines: captions with longer or more lines are marked; None: none are.
        index: address of a page that the page links back to, such as that of a corpus; None: no link.
    """

    embed: bool = False
    spectrogram: bool = False
    channel: str | int = "mix"
    track: str | int | None = None
    max_duration: float | None = None
    max_cps: float | None = READING_SPEED
    max_line_length: int | None = None
    max_lines: int | None = None
    index: str | None = None

    def __post_init__(self) -> None:
        for name in ("max_cps", "max_line_length", "max_lines"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name}: expected a number above 0, got {value!r}")
        if self.channel == "all":
            raise UsageError("channel: a page shows one waveform; expected mix or the number of a channel")
