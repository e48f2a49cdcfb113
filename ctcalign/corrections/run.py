"""`apply_edits`: the edits that the review page exports, applied to an alignment."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.document import is_document
from ctcalign.corrections.apply import applied
from ctcalign.corrections.document import Edits, edits_of, is_edits
from ctcalign.errors import CaptionError
from ctcalign.files import parse_json
from ctcalign.files.text_size import MANIFESTS, read_bytes, read_stream
from ctcalign.formats.reading import read_with_warnings
from ctcalign.formats.writing import render


def apply_edits(
    alignment: str | Path | Alignment, edits: str | Path | Mapping[str, Any], *, force: bool = False
) -> Alignment:
    """An alignment with the edits of a review; see `ctcalign.corrections.document` for their format.

    Args:
        alignment: the alignment that was reviewed, as a file (of any format that was reviewed), or "-" for stdin.
        edits: the JSON file that the page exports, "-", or the parsed document.
        force: take the edits although they are of another file (by its SHA-256), if the indices of its cues fit.
    Returns:
        A new alignment; every cue that was touched has `reviewed`.
    Raises:
        CaptionError: a file cannot be read, the edits are of another alignment, or they do not fit it.

    >>> import ctcalign
    >>> corrected = ctcalign.apply_edits("talk.json", "talk.edits.json")  # doctest: +SKIP
    >>> corrected.save("talk.srt")  # doctest: +SKIP
    """
    name = str(edits) if isinstance(edits, (str, Path)) else "edits"
    found = read_edits(edits)
    if isinstance(alignment, Alignment):
        target, content = alignment, render(alignment, "json").content
        digest = hashlib.sha256(content if isinstance(content, bytes) else str(content).encode()).hexdigest()
        what = "this alignment"
    else:
        target, digest = _read(alignment)
        what = str(alignment)
    if digest != found.sha256 and not force:
        raise CaptionError(
            f"{name}: the edits are of {found.name} with SHA-256 {found.sha256[:12]}..., but {what} has "
            f"{digest[:12]}...; give the file that was reviewed, or --force (in Python: force=True)"
        )
    try:
        return applied(target, found)
    except CaptionError as error:
        raise CaptionError(f"{name}: {error}") from error


def read_edits(edits: str | Path | Mapping[str, Any]) -> Edits:
    """The edits in a file or a document.

    Raises:
        CaptionError: it cannot be read, or is no document of edits.
    """
    name = str(edits) if isinstance(edits, (str, Path)) else "edits"
    document = _document(edits) if isinstance(edits, (str, Path)) else edits
    try:
        return edits_of(document)
    except CaptionError as error:
        raise CaptionError(f"{name}: {error}") from error


def reviewed_alignment(path: Path) -> Alignment | None:
    """The alignment that a person has reviewed, in whole or in part; None if the file is none.

    Args:
        path: a JSON alignment with reviewed cues, or edits, which are applied to the alignment beside them.
    Raises:
        CaptionError: it is damaged, or the edits are of another alignment.
    """
    if path.suffix.lower() != ".json" or not path.is_file():
        return None
    document = _document(path)
    if is_edits(document):
        name = read_edits(path).name
        if Path(name).name != name:
            raise CaptionError(f"{path}: alignment.name: is {name!r}, expected the name of a file beside the edits")
        return apply_edits(path.parent / name, path)
    if not is_document(document):
        return None
    try:
        found = Alignment.from_dict(document)
    except CaptionError as error:
        raise CaptionError(f"{path}: {error}") from error
    return found if any(cue.reviewed for cue in found.cues) else None


def _read(path: str | Path) -> tuple[Alignment, str]:
    """An alignment, and the SHA-256 of its file."""
    if str(path) == "-":
        data, name = read_stream(sys.stdin.buffer), "standard input"
    else:
        data, name = _bytes(path), str(path)
    stream = io.BytesIO(data)
    stream.name = name
    return read_with_warnings(stream)[0], hashlib.sha256(data).hexdigest()


def _bytes(path: str | Path) -> bytes:
    try:
        with open(path, "rb") as stream:
            data: bytes = read_stream(stream, MANIFESTS)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise CaptionError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return data


def _document(path: str | Path) -> Any:
    name = "standard input" if str(path) == "-" else str(path)
    try:
        data = read_bytes(sys.stdin.buffer if str(path) == "-" else path, name)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptionError(f"{name}: expected JSON in UTF-8: {error.reason} at byte {error.start}") from error
    except (OSError, ValueError) as error:
        raise CaptionError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return parse_json(text, name)
