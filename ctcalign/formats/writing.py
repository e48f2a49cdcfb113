"""`write`: write an alignment to a file, a folder or a stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import OutputError, OutputExistsError, UsageError
from ctcalign.extras import require
from ctcalign.files import atomic_directory, atomic_write
from ctcalign.formats.registry import by_extension, format_of
from ctcalign.formats.shared.format import Format, Rendered, WriteReport
from ctcalign.formats.shared.layout import lost_layout
from ctcalign.formats.shared.nist import without_alternations
from ctcalign.formats.shared.repair import repaired
from ctcalign.formats.shared.unspoken import Unspoken, spoken_only
from ctcalign.formats.shared.view import tidied
from ctcalign.formats.subtitles.limits import SUBTITLES, SubtitleLimits, limited


def render(
    alignment: Alignment, format: str, unspoken: Unspoken = "keep", limits: SubtitleLimits | None = None
) -> Rendered:
    """The content of an output in memory. Its notes begin with those of `repair.repaired`.

    Args:
        alignment: the alignment.
        format: one of `OUTPUT_FORMATS`.
        unspoken: cues that are not spoken are kept where the format and their times allow it, or dropped from every
            format but JSON.
        limits: limits of the cues in subtitle formats; other formats ignore them.
    Raises:
        UsageError: `format` is not one of `OUTPUT_FORMATS`.
    """
    entry = format_of("", format)
    checked, notes = repaired(alignment)
    if entry.name != "json":
        checked, more = tidied(checked)
        notes += more
        if unspoken == "drop":
            checked, more = spoken_only(checked)
            notes += more
    if entry.name not in ("json", "stm"):
        checked = without_alternations(checked)
    if limits and entry.name in SUBTITLES:
        checked, more = limited(checked, limits)
        notes += more
    if entry.render is None:
        raise TypeError(f"format {entry.name} has no writer")
    rendered = entry.render(checked)
    rendered.notes[:0] = notes
    rendered.notes += lost_layout(checked, entry)
    return rendered


def write(
    alignment: Alignment,
    path_or_stream: str | Path | IO[Any],
    format: str | None = None,
    unspoken: Unspoken = "keep",
    limits: SubtitleLimits | None = None,
) -> WriteReport:
    """Write an alignment; a file or folder is replaced atomically.

    Args:
        path_or_stream: a path, "-" for stdout, or an open stream (of text, or of bytes as UTF-8).
        format: one of `OUTPUT_FORMATS`; None: by the extension.
        unspoken, limits: see `render`.
    Returns:
        What was written, and what was repaired, changed or omitted for this format.
    Raises:
        UsageError: no such format, or a folder format for a stream.   OutputError: it cannot be written.
    """
    target = os.fspath(path_or_stream) if isinstance(path_or_stream, (str, os.PathLike)) else "-"
    entry = format_of(target, format)
    return deliver(render(alignment, entry.name, unspoken, limits), path_or_stream, entry)


def deliver(rendered: Rendered, path_or_stream: str | Path | IO[Any], entry: Format) -> WriteReport:
    """Write what `render` returned to a file, folder or stream."""
    if isinstance(path_or_stream, (str, os.PathLike)):
        target = os.fspath(path_or_stream)
        stream = sys.stdout if target == "-" else None
    else:
        target, stream = "-", path_or_stream
    if stream is not None and entry.folder:
        raise UsageError(f"format {entry.name} is a folder and cannot be written to a stream; name a folder")
    if stream is not None:
        _to_stream(rendered.content, stream)
    elif isinstance(rendered.content, dict):
        with atomic_directory(target) as folder:
            for name, text in rendered.content.items():
                (folder / name).write_bytes(text.encode())
    else:
        with atomic_write(target, "wb") as file:
            file.write(_bytes(rendered.content))
    return WriteReport(target, entry.name, rendered.cues, rendered.words, rendered.omitted, rendered.notes)


def _bytes(content: str | bytes | dict[str, str]) -> bytes:
    if isinstance(content, dict):
        raise TypeError("a folder has no bytes")
    return content.encode() if isinstance(content, str) else content


def _to_stream(content: str | bytes | dict[str, str], stream: Any) -> None:
    # The binary stream below a text stream, if there is one: the locale may be ASCII, the text may not.
    sink = getattr(stream, "buffer", stream)
    try:
        stream.flush()
        if _takes_bytes(sink):
            sink.write(_bytes(content))
        elif isinstance(content, str):
            sink.write(content)
        else:
            raise UsageError("this format is binary, but the stream takes only text; open it in mode 'wb'")
        sink.flush()
    except BrokenPipeError:
        raise  # the reader has closed the pipe
    except OSError as error:
        raise OutputError(f"stdout: cannot be written: {error.strerror or error}") from error


def _takes_bytes(stream: Any) -> bool:
    try:
        stream.write(b"")
    except TypeError:
        return False
    return True


def _planned_format(name: str, format: str | None) -> Format:
    named = None if format is None else format_of(name, format)
    own = None if os.path.isdir(name) else by_extension(name)
    if named is None or own is None or named.name.startswith(own.name) or _longer(named, own):
        return named or format_of(name)
    return own


def _longer(named: Format, own: Format) -> bool:
    """Whether the extension of a format ends with that of another, as ".whisper.json" with ".json"."""
    return any(one.endswith(end) for one in named.extensions for end in own.extensions)


def plan_outputs(
    outputs: Sequence[str | Path],
    format: str | None = None,
    *,
    overwrite: bool = False,
    inputs: Iterable[str | Path] = (),
) -> list[tuple[str, Format]]:
    """The format of each output, after the checks that are possible before any work is done.

    `format` applies to outputs whose extension names no format, such as standard output; if an extension names one,
    `format` may only choose a variant of it ("srt-words" for a .srt).

    Raises:
        UsageError: unknown format, the same output twice, an output that is an input, or one that exists while
            `overwrite` is false.
        OutputError: the folder of an output is missing.   MissingPackageError: a package is not installed.
    """
    taken = {os.path.realpath(path): "is also an input" for path in inputs if os.fspath(path) != "-"}
    planned = []
    for output in outputs:
        name = os.fspath(output)
        entry = _planned_format(name, format)
        require(*entry.needs)
        planned.append((name, entry))
        if name == "-":
            continue
        real = os.path.realpath(name)
        if real in taken:
            raise UsageError(f"output {name} {taken[real]}; give it another name")
        taken[real] = "is named twice"
        if not os.path.isdir(os.path.dirname(real)):
            raise OutputError(f"{name}: there is no folder {os.path.dirname(real)}; create it first or write elsewhere")
        if not overwrite and (os.path.isfile(real) or (os.path.isdir(real) and os.listdir(real))):
            raise OutputExistsError(name)
    return planned
