"""Progress of long work."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called repeatedly with the current stage and its progress.

    `stage` is a short text for users ("running the model", "aligning"); `done` and `total` have the same unit (seconds
    of audio, cues, steps); `total` is None while it is unknown.
    """

    def __call__(self, stage: str, done: float, total: float | None) -> None: ...


def ignored(stage: str, done: float, total: float | None) -> None:
    """Ignore progress."""
