"""Settings for the emission of a recording, shared by all commands with a recording and a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from ctcalign.audio.limits import MAX_DURATION


@dataclass(frozen=True, kw_only=True)
class EmissionOptions:
    """Settings of `open_emission`; the options of `align`, `transcribe` and `search_phrases` inherit from it.

    Attributes:
        channel: "mix" averages the channels, a number from 0 selects one, "all" uses every channel; see
            `open_emission`.
        track: of several audio tracks, its number from 0 or its language; None: the default track, else the first.
        max_duration: seconds; longer recordings are refused.
        window: seconds of a window of the model with its context; None chooses 30 s or more.
        max_memory: bytes that the process (on a GPU: its memory) may use; None sets no limit.
    """

    channel: str | int = "mix"
    track: str | int | None = None
    max_duration: float = MAX_DURATION
    window: float | None = None
    max_memory: int | None = None


Options = TypeVar("Options", bound=EmissionOptions)


def with_track(options: Options, track: str | int | None) -> Options:
    """The options with another audio track, if one is given."""
    return options if track is None else replace(options, track=track)
