"""How pairs are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Labels = tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """Responses to one utterance as labels: of tokens, or of frames.

    Attributes:
        place: of the utterance in its batch.
        chosen, rejected: labels; without a chosen or without a rejected one it serves unpaired losses.
        values: numbers of each response by what they are, the chosen one's first; see `VALUES`.
        desirable_probability: see `Example`.
    """

    place: int
    chosen: Labels | None
    rejected: tuple[Labels, ...]
    values: tuple[Mapping[str, tuple[float, ...]], ...]
    desirable_probability: float | None = None
