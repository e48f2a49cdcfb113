"""What a writer hands back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Rendered:
    """The content of an output, not yet on disk, and what the format could not hold.

    `content` is the text of a file, its bytes, or for a folder the text of each file in it by name.
    """

    content: str | bytes | dict[str, str]
    cues: int
    words: int = 0
    omitted: list[int] = field(default_factory=list)  # `index` of each cue that is not in the content
    notes: list[str] = field(default_factory=list)


@dataclass
class WriteReport:
    """What was written, and what was changed or left out for it. `omitted` holds the `index` of cues."""

    path: str  # "-" is stdout
    format: str
    cues_written: int
    words_written: int
    omitted: list[int]
    notes: list[str]


def listed(numbers: Iterable[int], most: int = 8) -> str:
    """The first few of many numbers, for a note.

    >>> listed(range(20), most=3)
    '0, 1, 2, ... (20 in all)'
    """
    every = list(numbers)
    shown = ", ".join(str(number) for number in every[:most])
    return shown if len(every) <= most else f"{shown}, ... ({len(every)} in all)"


def counted(count: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "cue"), counted(2, "cue")
    ('1 cue', '2 cues')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")
