"""The definition of a format: names, recognition, reader, writer, and what it can represent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ctcalign.alignment.alignment import Alignment
from ctcalign.formats.shared.drafts import Draft, Notes, Source

Kept = Literal["words", "word_ends", "scores", "speakers", "status", "unplaced", "markup"]
EVERYTHING: frozenset[Kept] = frozenset(
    ("words", "word_ends", "scores", "speakers", "status", "unplaced", "markup"),
)
# Evidence for a format: the files next to it, a header that only it has, its JSON, lines of a typical form,
# or columns that other tables have too.
Evidence = Literal["folder", "header", "json", "lines", "columns"]


ALL = "*"  # in `Format.restores`: everything


@dataclass
class Rendered:
    """The content of an output, not yet on disk, and what the format could not represent.

    `content` is the text of a file, its bytes, or for a folder the text of each file in it by name.
    """

    content: str | bytes | dict[str, str]
    cues: int
    words: int = 0
    omitted: list[int] = field(default_factory=list)  # `index` of each cue that is not in the content
    notes: list[str] = field(default_factory=list)


@dataclass
class WriteReport:
    """What was written, and what was changed or omitted for it. `omitted`: the `index` of each omitted cue."""

    path: str  # "-" is stdout
    format: str
    cues_written: int
    words_written: int
    omitted: list[int]
    notes: list[str]


@dataclass(frozen=True)
class Format:
    """A file format, its reader and its writer; a format may lack one of them.

    Attributes:
        name: its name for users, as in `--format`.
        extensions: extensions of the files that are written and read.
        description: a few words for the list of formats.
        read: the cues of a source in file order.   render: the content of an output.
        aliases: other names that `read_captions` accepts.
        more_extensions: extensions of files that are only read.
        resolution: step of the written times in seconds, 0 if they are unrounded.
        keeps: what an output keeps of an `Alignment`: words (their starts), word_ends, scores (or confidences),
            speakers, status, unplaced (cues without a time), markup (tags of the text).
        tag: a tag of a caption as this format writes it, "" if it cannot.
        restores: what the writer restores from the file that was read, by its format: "header", kinds of blocks, names
            of attributes; `ALL` for everything.
        folder: an output is a folder of files.
        needs: packages of an extra that the reader and the writer need.
        evidence, matches: how content is recognised whatever the file's name; None if it cannot be.
    """

    name: str
    extensions: tuple[str, ...]
    description: str
    read: Callable[[Source, Notes], list[Draft]] | None = None
    render: Callable[[Alignment], Rendered] | None = None
    aliases: tuple[str, ...] = ()
    more_extensions: tuple[str, ...] = ()
    resolution: float = 0.0
    keeps: frozenset[Kept] = frozenset()
    tag: Callable[[re.Match[str]], str] | None = None
    restores: Mapping[str, frozenset[str]] = field(default_factory=dict)
    folder: bool = False
    evidence: Evidence | None = None
    matches: Callable[[Source], bool] | None = None
    needs: tuple[str, ...] = ()
