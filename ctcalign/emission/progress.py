"""Progress of long work."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then with what is being done and how far it is.

    `stage` is a short text for users ("running the model", "aligning"), `done` and `total` share a unit (seconds of
    audio, cues, steps); `total` is None while it is not known.
    """

    def __call__(self, stage: str, done: float, total: float | None) -> None: ...


def ignored(stage: str, done: float, total: float | None) -> None:
    """Ignore progress."""
