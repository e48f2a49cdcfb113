"""`review_alignment`: the page of an alignment file, with the recording that belongs to it."""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path

from ctcalign.errors import CaptionError
from ctcalign.formats import read_alignment
from ctcalign.review.document import AlignmentFile
from ctcalign.review.options import PageOptions
from ctcalign.review.page import Page, write_page


def review_alignment(
    alignment: str | Path,
    output: str | Path,
    *,
    audio: str | Path | None = None,
    options: PageOptions | None = None,
    overwrite: bool = False,
) -> Page:
    """Write the review page of an alignment file.

    Args:
        alignment: JSON of `ctcalign align`, or any caption file with times; "-" is standard input.
        output: the HTML file.
        audio: the recording; None: the one that the alignment names, if that file is there.
        options, overwrite: see `write_page`.
    Raises:
        CaptionError: the alignment cannot be read.
        UsageError, AudioError, OutputError: see `write_page`.
    """
    data, name = _content(alignment)
    stream = io.BytesIO(data)
    stream.name = name
    found = read_alignment(stream, likely=None if audio is None else Path(audio).stem)
    if audio is None:
        audio = _named_recording(found.audio, None if alignment == "-" else Path(alignment).parent)
    file = AlignmentFile(Path(name).name, hashlib.sha256(data).hexdigest())
    page = write_page(found, output, audio=audio, file=file, options=options, overwrite=overwrite)
    if audio is None:
        page.warnings.append("no recording: the page shows no waveform and asks for the file to play; give --audio")
    return page


def _content(alignment: str | Path) -> tuple[bytes, str]:
    """The bytes of the file and its name."""
    if alignment == "-":
        return sys.stdin.buffer.read(), "alignment.json"
    try:
        return Path(alignment).read_bytes(), str(alignment)
    except OSError as error:
        raise CaptionError(f"{alignment}: cannot be read: {error.strerror or error}") from error


def _named_recording(name: str, folder: Path | None) -> Path | None:
    """The recording that an alignment names: as written, or beside the alignment."""
    if not name or "\0" in name or "://" in name:
        return None
    places = [Path(name), *([] if folder is None else [folder / name, folder / Path(name).name])]
    return next((place for place in places if place.is_file()), None)
