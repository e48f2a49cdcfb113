"""The table of formats, and the choice of a format by name or file name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ctcalign.errors import UsageError
from ctcalign.formats import own_json
from ctcalign.formats.annotation import audacity, ctm, eaf, stm, textgrid
from ctcalign.formats.datasets import kaldi, lhotse
from ctcalign.formats.shared.format import Format
from ctcalign.formats.timed_text import ass, json3, lrc, microdvd, scc, srt, srv, subviewer, ttml, vtt
from ctcalign.formats.transcripts import transcript, tsv, txt, whisper

# The order of lists shown to users. If content fits two formats, the first one is used.
_FORMATS = (
    own_json.FORMAT,
    srt.FORMAT,
    srt.WORDS,
    vtt.FORMAT,
    ass.FORMAT,
    ttml.FORMAT,
    scc.FORMAT,
    json3.FORMAT,
    srv.FORMAT,
    whisper.FORMAT,
    lhotse.FORMAT,
    subviewer.FORMAT,
    microdvd.FORMAT,
    lrc.FORMAT,
    tsv.FORMAT,
    tsv.WORDS,
    stm.FORMAT,
    ctm.FORMAT,
    textgrid.FORMAT,
    eaf.FORMAT,
    audacity.FORMAT,
    audacity.WORDS,
    kaldi.FORMAT,
    transcript.FORMAT,
    txt.FORMAT,
)
FORMATS: Mapping[str, Format] = MappingProxyType({entry.name: entry for entry in _FORMATS})
INPUT_FORMATS = tuple(name for name, entry in FORMATS.items() if entry.read)
OUTPUT_FORMATS = tuple(name for name, entry in FORMATS.items() if entry.render)


def input_format(name: str) -> Format:
    """The format that is read under this name or alias.

    Raises:
        UsageError: there is no such format.
    """
    key = name.lower().lstrip(".")
    for entry in FORMATS.values():
        if entry.read and key in (entry.name, *entry.aliases):
            return entry
    raise UsageError(f"caption format: expected one of {', '.join(INPUT_FORMATS)}, got {name!r}")


def by_extension(path: str | Path) -> Format | None:
    """The output format that has the extension of a file, None if none has."""
    name = os.fspath(path).lower()
    found = [
        (len(extension), entry)
        for entry in (FORMATS[output] for output in OUTPUT_FORMATS)
        for extension in entry.extensions
        if name.endswith(extension.lower())
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None  # ".whisper.json" before ".json"


def format_of(path: str | Path, format: str | None = None) -> Format:
    """The format of an output: the named one, else by extension, else the folder format if the name ends with /.

    Raises:
        UsageError: an unknown name, an extension of no format or of several, a folder without a slash, or stdout
            without a name.
    """
    name = os.fspath(path)
    if format is not None:
        if format.lower() not in OUTPUT_FORMATS:
            raise UsageError(f"format is {format!r}, expected one of {', '.join(OUTPUT_FORMATS)}")
        named = FORMATS[format.lower()]
        if name.endswith(("/", os.sep)) and not named.folder:
            raise UsageError(f"{name}: names a folder, but the format {named.name} is a file; name a file")
        return named
    if name == "-":
        raise UsageError(f"writing to stdout needs the name of a format, one of {', '.join(OUTPUT_FORMATS)}")
    outputs = [FORMATS[output] for output in OUTPUT_FORMATS]
    if name.endswith(("/", os.sep)):
        return next(entry for entry in outputs if entry.folder)
    if os.path.isdir(name):
        raise UsageError(
            f"{name}: is a folder; name a file in it, or write {name}/ for a Kaldi data directory, with --format for a "
            "file in that format"
        )
    found = by_extension(name)
    if found is not None:
        return found
    if name.lower().endswith(".txt"):
        raise UsageError(f"{name}: .txt may be several formats; name one, for example audacity for a label track")
    known = " ".join(extension for entry in outputs for extension in entry.extensions)
    raise UsageError(f"{name}: no output format has this extension, expected one of {known}, or name a format")
