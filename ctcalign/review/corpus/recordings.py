"""The recordings of an output folder of `align-corpus`, one after the other, and the page of one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ctcalign import __version__
from ctcalign.alignment.alignment import Alignment
from ctcalign.corpus.work.summary import summary_of
from ctcalign.errors import AudioError, CaptionError, CtcAlignError, OutputError
from ctcalign.files import parse_json
from ctcalign.files.digests import digest_of, read_json, write_json
from ctcalign.formats.datasets.corpus_folder import ALIGNMENTS, RECORDS, record_names, recording_of
from ctcalign.review.document import AlignmentFile
from ctcalign.review.options import PageOptions
from ctcalign.review.page import write_page

PAGES, STATES = "pages", "states"  # folders of the output
NO_RECORDING, UNREADABLE, DAMAGED = "recording not found", "recording cannot be read", "alignment cannot be read"
NO_RECORD, NO_PAGE = "damaged record", "no page"

Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A recording of the corpus.

    Attributes:
        name: path of its files in the folders of the corpus, without extension.
        id: in the corpus.
        record: of `align-corpus`; None if it is damaged.
    """

    name: str
    id: str
    record: Row | None

    @property
    def is_failed(self) -> bool:
        """Whether `align-corpus` could not align it."""
        return self.record is not None and self.record.get("status") == "failed"


def sources(folder: Path) -> Iterator[Source]:
    """The recordings of a corpus by name, those that failed too, one by one. Memory grows with the names alone."""
    for name in record_names(folder):
        record = read_json(folder / RECORDS / name)
        known = isinstance(record, dict) and record.get("status") in ("done", "failed")
        stem = Path(name).with_suffix("").as_posix()
        yield Source(stem, str(record.get("id", stem)) if known else stem, record if known else None)


def state_of(output: Path, source: Source) -> Row:
    """What is known of the page of a recording; empty if there is none."""
    found = read_json(output / STATES / f"{source.name}.json")
    return found if isinstance(found, dict) else {}


def page_address(source: Source) -> str:
    """The address of a page relative to the index."""
    return quote(f"{PAGES}/{source.name}.html")


def make_page(folder: Path, output: Path, source: Source, options: PageOptions) -> tuple[Row, bool]:
    """Write the page of a recording, unless it is there and its alignment, recording and options have not changed.

    Returns:
        The state of the page: `summary` of the alignment, `problem` and `detail` (None without one), `page`: whether
        there is one. And whether it was kept.
    Raises:
        OutputError: it cannot be written.
    """
    page, alignment = output / PAGES / f"{source.name}.html", folder / ALIGNMENTS / f"{source.name}.json"
    options = replace(options, index="../" * (source.name.count("/") + 1) + "index.html")
    before = state_of(output, source)
    try:
        data = alignment.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        audio = _recording(before, digest, alignment)
        key = digest_of([__version__, digest, asdict(options), _stamp(audio)])
        if before.get("key") == key and page.is_file():
            return before, True
        found = _parsed(data, alignment)
        audio = recording_of(found, alignment)
        key = digest_of([__version__, digest, asdict(options), _stamp(audio)])
        state = _written(found, page, audio, AlignmentFile(alignment.name, digest), options)
        state |= {"key": key, "sha256": digest, "audio": None if audio is None else str(audio)}
    except OutputError:
        raise
    except (CtcAlignError, OSError) as error:
        page.unlink(missing_ok=True)
        state = {"key": None, "page": False, "problem": DAMAGED, "detail": _line(error), "summary": None}
    target = output / STATES / f"{source.name}.json"
    _make_folder(target.parent)
    write_json(target, state, fsync=False)
    return state, False


def _recording(before: Row, digest: str, alignment: Path) -> Path | None:
    """The recording that an earlier run found, to see whether it has changed without reading the alignment."""
    named = before.get("audio")
    return Path(named) if before.get("sha256") == digest and isinstance(named, str) else None


def _written(alignment: Alignment, page: Path, audio: Path | None, file: AlignmentFile, options: PageOptions) -> Row:
    """Write a page, without sound if the recording cannot be read."""
    _make_folder(page.parent)
    problem, detail = (NO_RECORDING, alignment.audio) if audio is None else (None, None)
    try:
        write_page(alignment, page, audio=audio, file=file, options=options, overwrite=True)
    except AudioError as error:
        problem, detail = UNREADABLE, _line(error)
        write_page(alignment, page, file=file, options=options, overwrite=True)
    reviewed = sum(cue.reviewed is not None for cue in alignment.cues)
    summary = {**summary_of(alignment), "reviewed": reviewed, "cues": len(alignment.cues)}
    return {"page": True, "problem": problem, "detail": detail, "summary": summary}


def _parsed(data: bytes, path: Path) -> Alignment:
    try:
        return Alignment.from_dict(parse_json(data.decode("utf-8"), path.name))
    except UnicodeDecodeError as error:
        raise CaptionError(f"{path.name}: expected JSON in UTF-8") from error


def _stamp(audio: Path | None) -> list[Any] | None:
    """Path, size and time of a file."""
    try:
        found = None if audio is None else audio.stat()
    except OSError:
        return None
    return None if found is None else [str(audio), found.st_size, found.st_mtime_ns]


def _line(error: Exception) -> str:
    return " ".join((getattr(error, "strerror", None) or str(error)).split())[:600]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be created: {error.strerror or error}") from error
