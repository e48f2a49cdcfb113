"""The output folder of `ctcalign align-corpus` as an input: its alignments, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import CaptionError
from ctcalign.files.digests import read_json
from ctcalign.formats.shared.whereabouts import find_recording

ABOUT, SCHEMA = "corpus.json", "ctcalign/corpus/1"
ALIGNMENTS, RECORDS = "alignments", "records"


def is_corpus(folder: str | Path) -> bool:
    """Whether a folder is an output of `ctcalign align-corpus`."""
    found = read_json(Path(folder) / ABOUT)
    return isinstance(found, dict) and found.get("schema") == SCHEMA


def record_names(folder: str | Path) -> list[str]:
    """Paths of the records of a corpus below its folder `records`, in order."""
    base = Path(folder) / RECORDS
    return sorted(
        Path(place, name).relative_to(base).as_posix()
        for place, _, names in os.walk(base)
        for name in names
        if name.endswith(".json")
    )


def corpus_alignments(folder: str | Path) -> Iterator[tuple[str, Path]]:
    """Id and JSON file of each recording that was aligned, in the order of the files' names.

    Alignments are not opened, so memory grows only with the number of names.
    """
    for name in record_names(folder):
        record = read_json(Path(folder) / RECORDS / name)
        path = Path(folder) / ALIGNMENTS / name
        if isinstance(record, dict) and record.get("status") == "done" and path.is_file():
            yield str(record["id"]), path


def opened_alignments(folder: str | Path) -> Iterator[tuple[str, Path, Alignment]]:
    """Id, JSON file and alignment of each recording that was aligned, read one after the other.

    Raises:
        CaptionError: one is damaged, or there is none.
    """
    empty = True
    for id, path in corpus_alignments(folder):
        empty = False
        try:
            yield id, path, Alignment.from_dict(read_json(path))
        except CaptionError as error:
            raise CaptionError(f"{path}: {error}; align the corpus again") from error
    if empty:
        raise CaptionError(f"{folder}: no recording of it has been aligned")


def recording_of(alignment: Alignment, path: Path) -> Path | None:
    """The recording of an alignment in such a folder; None if it is not a file but a command or URL."""
    return find_recording(alignment.audio, path, alignment.duration)
