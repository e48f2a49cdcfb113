"""Progress of long work."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the stage ("listening", "aligning"), how much is done, and of how much (None: not known)."""

    def __call__(self, stage: str, done: float, total: float | None) -> None: ...


def _unseen(stage: str, done: float, total: float | None) -> None:
    """Nobody watches."""
