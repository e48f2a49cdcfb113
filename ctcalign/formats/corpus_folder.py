"""The output folder of `ctcalign align-corpus` as an input: its alignments, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ctcalign.files.digests import read_json

ABOUT, SCHEMA = "corpus.json", "ctcalign/corpus/1"
ALIGNMENTS, RECORDS = "alignments", "records"


def is_corpus(folder: str | Path) -> bool:
    """Whether a folder is an output of `ctcalign align-corpus`."""
    found = read_json(Path(folder) / ABOUT)
    return isinstance(found, dict) and found.get("schema") == SCHEMA


def corpus_alignments(folder: str | Path) -> Iterator[tuple[str, Path]]:
    """Id and JSON file of each recording that was aligned, in the order of the files' names.

    Alignments are not opened: memory grows with the names alone.
    """
    base = Path(folder) / RECORDS
    names = [
        os.path.relpath(os.path.join(place, name), base)
        for place, _, own in os.walk(base)
        for name in own
        if name.endswith(".json")
    ]
    for name in sorted(names):
        record = read_json(base / name)
        path = Path(folder) / ALIGNMENTS / name
        if isinstance(record, dict) and record.get("status") == "done" and path.is_file():
            yield str(record["id"]), path
