"""A record of each recording: what was made of it and from what, so that nothing is lost and nothing done twice.

A record is written last and whole; outputs without one count as not made. It is small, and kept beside the outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from ctcalign.corpus.layout import FAILED, RECORDS, file_of
from ctcalign.corpus.work.outcome import Outcome
from ctcalign.corpus.writing import make_folder, write_outputs
from ctcalign.files import atomic_write
from ctcalign.files.digests import read_json, write_json
from ctcalign.formats.datasets.corpus_folder import record_names

SCHEMA = "ctcalign/corpus-record/1"
Known = Literal["done", "failed"]


class Records:
    """The records in the output folder of a corpus.

    Args:
        root: the folder.
        digest: of the settings.
    """

    def __init__(self, root: Path, digest: str) -> None:
        self._root, self._digest = root, digest

    def read(self, id: str) -> dict[str, Any] | None:
        """The record of a recording; None if there is none or its outputs are not what was written."""
        found = read_json(file_of(self._root, RECORDS, id, ".json"))
        return found if isinstance(found, dict) and found.get("id") == id and is_whole(self._root, found) else None

    def known(self, record: dict[str, Any] | None, stamp: list[Any]) -> Known | None:
        """Whether a recording whose files have this stamp was done before with these settings, or had failed.

        A stamp without size or version of a file proves nothing.
        """
        if record is None or record.get("settings") != self._digest or record.get("stamp") != stamp or [None] in stamp:
            return None
        return "done" if record["status"] == "done" else "failed"

    def write_outputs(self, id: str, files: Mapping[tuple[str, str], bytes]) -> None:
        """Write the outputs of a recording; see `ctcalign.corpus.writing`."""
        write_outputs(self._root, id, files)

    def add(self, id: str, stamp: list[Any] | None, outcome: Outcome, attempts: int) -> dict[str, Any]:
        """Write the record of a recording that was aligned or has failed for the last time, and return it.

        Raises:
            OutputError: it cannot be written.
        """
        row: dict[str, Any] = {"schema": SCHEMA, "id": id, "status": "done" if outcome.status == "done" else "failed"}
        row |= {"settings": self._digest, "stamp": stamp, "key": outcome.key, "attempts": attempts}
        trace = file_of(self._root, FAILED, id, ".txt")
        if outcome.status == "done":
            row |= {"files": outcome.sizes, "seconds": outcome.seconds, **outcome.summary}
            trace.unlink(missing_ok=True)
        else:
            row |= {"reason": outcome.reason, "detail": outcome.detail}
            make_folder(trace.parent)
            with atomic_write(trace) as stream:
                stream.write(f"{id}\n{outcome.reason}\n{outcome.detail}\n")
                stream.write(f"\n{outcome.traceback}" if outcome.traceback else "")
        self._write(id, row)
        return row

    def renew(self, record: dict[str, Any], stamp: list[Any]) -> None:
        """Note that the files of a recording have another stamp, but the content that its outputs were made from."""
        self._write(record["id"], {**record, "settings": self._digest, "stamp": stamp})

    def _write(self, id: str, row: dict[str, Any]) -> None:
        path = file_of(self._root, RECORDS, id, ".json")
        make_folder(path.parent)
        write_json(path, row, fsync=False)


def all_records(root: Path, damaged: Callable[[str], object]) -> Iterator[dict[str, Any]]:
    """The records in a folder in the order of their ids, one after the other.

    Args:
        damaged: called with the name of each record that cannot be used, since it is damaged or an output that it
            names is missing or has another size.
    """
    for name in record_names(root):
        found = read_json(root / RECORDS / name)
        if isinstance(found, dict) and found.get("schema") == SCHEMA and is_whole(root, found):
            yield found
        else:
            damaged(name.removesuffix(".json"))


def is_whole(root: Path, record: dict[str, Any]) -> bool:
    """Whether the outputs that a record names are there with the size they were written with."""
    if record.get("status") != "done":
        return record.get("status") == "failed"
    try:
        return all(size_of(root, record["id"], name) == size for name, size in record["files"].items())
    except (OSError, KeyError, AttributeError):
        return False


def size_of(root: Path, id: str, name: str) -> int:
    """Bytes of an output by its name in a record: the folder and the extension."""
    folder, _, extension = name.partition(".")
    return file_of(root, folder, id, f".{extension}").stat().st_size
