"""Settings for the emission of a recording, shared by all commands with a recording and a model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EmissionOptions:
    """Settings of `open_emission`; the options of `align`, `transcribe` and `search_phrases` inherit from it.

    Attributes:
        channel: "mix" averages the channels, a number from 0 selects one, "all" uses every channel; see
            `open_emission`.
        window: seconds of a window of the model with its context; None chooses 30 s or more.
        max_memory: bytes that the process (on a GPU: its memory) may use; None sets no limit.
    """

    channel: str | int = "mix"
    window: float | None = None
    max_memory: int | None = None
