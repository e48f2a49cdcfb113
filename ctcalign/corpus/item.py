"""A recording of a collection with its captions, before any of them is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ctcalign.aligner.corpus import Problem
from ctcalign.formats.captions import Captions

DUPLICATE, UNTRUSTED, NO_AUDIO_FILE = "several entries with the same id", "not allowed", "no single audio file"
LINES_SHOWN = 3


@dataclass(frozen=True)
class Command:
    """A shell command that writes a recording to its standard output."""

    text: str


@dataclass(frozen=True)
class Item:
    """A recording with its captions.

    Attributes:
        id: its name in the collection, which no other has.
        audio: a path or address; a command; a row of a lhotse manifest, or one of its objects with the sound inside.
        captions: a path or address, or the captions themselves.
        duration: of the recording in seconds, where the collection says so.
    """

    id: str
    audio: str | Command | dict[str, Any] | Any
    captions: str | Captions
    duration: float | None = None


Entry: TypeAlias = Item | Problem


@dataclass(frozen=True)
class Collection:
    """Recordings with captions.

    Attributes:
        kind: for messages.
        path: as the user gave it.
        count: number of entries; None where that is not known before they are read.
        entries: reads them in an order that is always the same, one after the other.
    """

    kind: str
    path: Path
    count: int | None
    entries: Callable[[], Iterator[Entry]]


def several_entries(id: str, places: list[int]) -> Problem:
    """The problem of an id that several lines of a file have."""
    more = f" and {len(places) - LINES_SHOWN} more" if len(places) > LINES_SHOWN else ""
    return Problem(
        id, DUPLICATE, f"lines {', '.join(map(str, places[:LINES_SHOWN]))}{more}; give each an id of its own"
    )


def is_address(text: str) -> bool:
    """Whether a place is an address such as s3://bucket/talk.mp3 and not a path."""
    return "://" in text
