"""The format of a caption file, by its extension, or by its content if that is unambiguous."""

from __future__ import annotations

import re
from pathlib import PurePath

from ctcalign.errors import CaptionError
from ctcalign.formats.registry import FORMATS, INPUT_FORMATS
from ctcalign.formats.shared.drafts import Notes, Source
from ctcalign.formats.shared.format import Evidence, Format


def recognise(source: Source, notes: Notes) -> Format:
    """The format of a caption file.

    The extension decides, unless the content has another format's own signature (a VTT header in a .srt, Audacity
    labels in a .txt): then the content decides, and a note is added.

    Raises:
        CaptionError: the format follows from neither the extension nor the content.
    """
    path = PurePath(source.path.name if source.path is not None else source.name)
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if suffix in (".json", ".jsonl"):
        return json_format(source)
    by_folder = _first(source, "folder")
    if by_folder is not None:
        return by_folder
    by_content = _by_content(source)
    by_extension = _by_extension(suffix)
    if by_extension is not None:
        if by_content is None or by_content == by_extension or not _outranks(by_content, by_extension):
            return by_extension
        chosen = json_format(source) if by_content.evidence == "json" else by_content
        if chosen != by_extension:
            notes.add(f"named *{suffix} but its content is {chosen.name}; read as {chosen.name}")
        return chosen
    if by_content is not None:
        return json_format(source) if by_content.evidence == "json" else by_content
    by_columns = _first(source, "columns") if source.table else None
    if by_columns is not None:
        return by_columns
    if suffix == "" or source.path is None:
        return FORMATS["txt"]
    raise CaptionError(
        f"{source.name}: unknown caption format {suffix!r}; expected one of {', '.join(INPUT_FORMATS)}; "
        "name it (align: --captions-format, convert: --from)"
    )


def json_format(source: Source) -> Format:
    """The format of a JSON or JSON-lines file.

    Raises:
        CaptionError: not JSON, or JSON of no known caption format.
    """
    source.json  # noqa: B018 - raises an error if it is not JSON
    found = _first(source, "json")
    if found is None:
        raise CaptionError(
            f"{source.name}: JSON of no known caption format; expected an alignment of ctcalign, Whisper or whisperX "
            "segments, YouTube json3 events or lhotse supervisions"
        )
    return found


def _first(source: Source, evidence: Evidence) -> Format | None:
    return next(
        (entry for entry in FORMATS.values() if entry.evidence == evidence and entry.matches and entry.matches(source)),
        None,
    )


def _by_extension(suffix: str) -> Format | None:
    for name in INPUT_FORMATS:
        entry = FORMATS[name]
        if suffix in [extension.lower() for extension in (*entry.extensions, *entry.more_extensions)]:
            return entry
    return None


def _by_content(source: Source) -> Format | None:
    """The format whose header or lines the text has; ctcalign's own for any JSON; None if there is none."""
    header = _first(source, "header")
    if header is not None:
        return header
    # "[MUSIC] hello" and "{\\an8}..." are captions, not JSON.
    if re.match(r'\{\s*(?:"|\})|\[\s*(?:\{\s*"|\])', source.head):
        return FORMATS["json"]
    return _first(source, "lines")


def _outranks(content: Format, extension: Format) -> bool:
    """Whether the content decides against the extension.

    Any signature outranks plain text. Otherwise it must be one that the format of the extension cannot have: a header,
    JSON, or timing lines.
    """
    if extension.name == "txt":
        return True
    if extension.name == "tsv":  # its rows may look like labels
        return content.name != "audacity"
    if content.name == "srt":  # timing lines also make a VTT file that lost its header
        return extension.name not in ("vtt", "stm", "ctm")
    if content.evidence == "json":
        return extension.evidence != "json"
    return content.evidence == "header"
