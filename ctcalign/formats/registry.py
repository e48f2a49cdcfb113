"""The output formats, and which of them a file name means."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from ctcalign.errors import UsageError
from ctcalign.formats.shared.drafts import Reader

Kept = Literal["words", "word_ends", "scores", "speakers", "status", "unplaced", "markup"]


@dataclass(frozen=True)
class Format:
    """An output format and how much of an `Alignment` it holds.

    `resolution` is the step of its times in seconds, 0 where they are unrounded. `keeps`: words (their starts),
    word_ends, scores (or confidence), speakers, status, unplaced (cues without a time), markup (tags of the text).
    """

    name: str
    extensions: tuple[str, ...]
    description: str
    resolution: float
    keeps: frozenset[Kept]
    folder: bool = False


def _format(
    name: str, extensions: str, resolution: float, keeps: str, description: str, folder: bool = False
) -> Format:
    known: dict[str, Kept] = {
        "words": "words",
        "word_ends": "word_ends",
        "scores": "scores",
        "speakers": "speakers",
        "status": "status",
        "unplaced": "unplaced",
        "markup": "markup",
    }
    kept = frozenset(known[key] for key in keeps.split())
    return Format(name, tuple(extensions.split()), description, resolution, kept, folder)


_ALL = (
    _format(
        "json",
        ".json",
        0.0,
        "words word_ends scores speakers status unplaced markup",
        "everything (ctcalign/alignment/1)",
    ),
    _format("srt", ".srt", 1e-3, "markup", "SubRip captions, one block a cue"),
    _format("srt-words", "", 1e-3, "words word_ends", "SubRip, one block a word"),
    _format(
        "vtt", ".vtt", 1e-3, "words word_ends speakers unplaced markup", "WebVTT captions with word times and voices"
    ),
    _format("ass", ".ass", 1e-2, "words word_ends speakers unplaced markup", "Advanced SubStation karaoke"),
    _format("lrc", ".lrc", 1e-2, "words", "enhanced LRC lyrics with word times"),
    _format("ctm", ".ctm", 1e-3, "words word_ends scores", "NIST CTM, one word a line"),
    _format("stm", ".stm", 1e-3, "speakers", "NIST STM, one cue a line"),
    _format("textgrid", ".TextGrid", 1e-6, "words word_ends", "Praat TextGrid: words, cues, tokens"),
    _format("audacity", "", 1e-6, "", "Audacity label track, one label a cue"),
    _format("audacity-words", "", 1e-6, "words word_ends", "Audacity label track, one label a word"),
    _format("tsv", ".tsv", 1e-3, "scores status unplaced markup", "table with a header, one row a cue"),
    _format("tsv-words", "", 1e-3, "words word_ends scores status unplaced", "table with a header, one row a word"),
    _format("kaldi", "", 1e-3, "speakers", "Kaldi data directory (a name that ends with /)", folder=True),
    _format("lhotse", ".jsonl.gz", 0.0, "words word_ends scores speakers status", "lhotse cuts with word alignments"),
)

FORMATS: Mapping[str, Format] = MappingProxyType({entry.name: entry for entry in _ALL})


def format_of(path: str | Path, format: str | None = None) -> Format:
    """The format of an output: the one named, else the one that its extension means ("/" at the end: Kaldi).

    Raises:
        UsageError: an unknown name, an extension that no format or that several have, or stdout without a name.
    """
    name = os.fspath(path)
    if format is not None:
        found = FORMATS.get(format.lower())
        if found is None:
            raise UsageError(f"format is {format!r}, expected one of {', '.join(FORMATS)}")
        if name.endswith(("/", os.sep)) and not found.folder:
            raise UsageError(f"{name}: names a folder, but the format {found.name} is a file; name a file")
        return found
    if name == "-":
        raise UsageError(f"writing to stdout needs the name of a format, one of {', '.join(FORMATS)}")
    if name.endswith(("/", os.sep)) or (os.path.isdir(name) and not Path(name).suffix):
        return FORMATS["kaldi"]
    for entry in _ALL:
        if name.lower().endswith(tuple(extension.lower() for extension in entry.extensions)):
            return entry
    if name.lower().endswith(".txt"):
        raise UsageError(f"{name}: .txt may be several formats; name one, for example audacity for a label track")
    known = " ".join(extension for entry in _ALL for extension in entry.extensions)
    raise UsageError(f"{name}: no output format has this extension, expected one of {known}, or name a format")


# format -> module of this package that holds `read`
_MODULES = {
    "txt": "txt",
    "srt": "srt",
    "vtt": "vtt",
    "ass": "ass",
    "ttml": "ttml",
    "json3": "json3",
    "whisper": "whisper",
    "stm": "stm",
    "ctm": "ctm",
    "textgrid": "textgrid",
    "kaldi": "kaldi",
    "lhotse": "lhotse",
    "lrc": "lrc",
    "audacity": "audacity",
    "tsv": "tsv",
    "json": "own_json",
}
CAPTION_FORMATS = tuple(_MODULES)
_ALIASES = {
    "text": "txt",
    "subrip": "srt",
    "webvtt": "vtt",
    "ssa": "ass",
    "dfxp": "ttml",
    "xml": "ttml",
    "youtube": "json3",
    "whisperx": "whisper",
    "labels": "audacity",
    "ctcalign": "json",
}
# ".json" and ".jsonl" say nothing about what is in them: the content decides.
EXTENSIONS = {
    ".txt": "txt",
    ".srt": "srt",
    ".vtt": "vtt",
    ".ass": "ass",
    ".ssa": "ass",
    ".ttml": "ttml",
    ".dfxp": "ttml",
    ".xml": "ttml",
    ".itt": "ttml",
    ".json3": "json3",
    ".stm": "stm",
    ".ctm": "ctm",
    ".textgrid": "textgrid",
    ".lrc": "lrc",
    ".tsv": "tsv",
}


def format_named(name: str) -> str:
    """The format of that name or alias.

    Raises:
        UsageError: there is none.
    """
    key = name.lower().lstrip(".")
    key = _ALIASES.get(key, key)
    if key not in _MODULES:
        raise UsageError(f"caption format: expected one of {', '.join(CAPTION_FORMATS)}, got {name!r}")
    return key


def reader_of(format: str) -> Reader:
    """The function that reads a format."""
    module = importlib.import_module(f"ctcalign.formats.{_MODULES[format]}")
    return cast(Reader, module.read)
