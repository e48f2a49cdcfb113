"""What the outputs of a corpus have in common: one manifest, one Kaldi directory where wanted, and the report."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ctcalign.corpus.folder.about import about_of
from ctcalign.corpus.folder.kaldi import KaldiDirectory
from ctcalign.corpus.folder.records import all_records
from ctcalign.corpus.folder.report import Tally
from ctcalign.corpus.layout import ALIGNMENTS, CUTS, MANIFEST, REPORT, file_of
from ctcalign.corpus.settings import KALDI
from ctcalign.files import atomic_write
from ctcalign.files.digests import write_json


def finish(
    root: Path, ids: Collection[str] | None = None, left: int | None = 0, damaged: Collection[str] = ()
) -> dict[str, Any]:
    """Write the manifest and report.json of an output folder from its records, and return the report.

    Records are read one after the other, in the order of their ids: the same records give the same manifest.

    Args:
        ids: of the recordings of the collection; the records of others are only counted. None: all.
        left: recordings that are neither done nor failed; None if that is not known.
        damaged: names of records that could not be used, besides those in `root`.
    Raises:
        OutputError: an output cannot be written.
    """
    tally, gone, lost = Tally(), 0, set(damaged)
    about = about_of(root)
    kaldi = KaldiDirectory() if KALDI in about.get("formats", ()) else None

    def records() -> Iterator[dict[str, Any]]:
        nonlocal gone
        for record in all_records(root, lost.add):
            if ids is None or record["id"] in ids:
                yield record
            else:
                gone += 1

    with atomic_write(root / MANIFEST, "wb") as manifest:
        for record in records():
            tally.add(record)
            if record["status"] != "done":
                continue
            # The parts are gzip files, which joined are one.
            with file_of(root, CUTS, record["id"], ".jsonl.gz").open("rb") as part:
                shutil.copyfileobj(part, manifest)
            if kaldi is not None:
                kaldi.add(file_of(root, ALIGNMENTS, record["id"], ".json"), record["id"])
    if kaldi is not None:
        kaldi.write(root / KALDI)
    report = tally.report(about, left, gone, sorted(lost))
    write_json(root / REPORT, report)
    return report
