"""Names of the caption formats, their extensions and readers. A reader is imported when its format comes up."""

from __future__ import annotations

import importlib
from typing import cast

from ctcalign.errors import UsageError
from ctcalign.text.captions.draft import Reader

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
FORMATS = tuple(_MODULES)
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
        raise UsageError(f"caption format: expected one of {', '.join(FORMATS)}, got {name!r}")
    return key


def reader_of(format: str) -> Reader:
    """The function that reads a format."""
    module = importlib.import_module(f"ctcalign.text.captions.{_MODULES[format]}")
    return cast(Reader, module.read)
