"""A filter over the output folder of `ctcalign align-corpus`: one alignment after the other, whatever their number."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.errors import CaptionError
from ctcalign.files import atomic_write
from ctcalign.files.together import Outputs
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.documents import Document, Tally, filtered, read_document
from ctcalign.formats.datasets.corpus_folder import corpus_alignments
from ctcalign.formats.own_json import document_text
from ctcalign.formats.shared.whereabouts import find_recording
from ctcalign.formats.writing import render


def documents(folder: Path) -> Iterator[tuple[str, Document]]:
    """Id and alignment of each recording.

    Raises:
        CaptionError: one is damaged, or there is none.
    """
    empty = True
    for id, path in corpus_alignments(folder):
        found = read_document(path)
        if found is None:
            raise CaptionError(f"{path}: no alignment of ctcalign; align the corpus again")
        empty = False
        yield id, found
    if empty:
        raise CaptionError(f"{folder}: no recording of it has been aligned")


def filter_into_manifest(
    folder: Path, target: str, stack: ExitStack, criteria: Criteria, tally: Tally, lost: list[str]
) -> None:
    """Write the kept cues of a corpus as one lhotse manifest of cuts.

    Args:
        stack: ends when the outputs appear.
        lost: recordings that are not found are added to it.
    """
    stream: IO[bytes] = stack.enter_context(atomic_write(target, "wb"))
    if target.lower().endswith(".gz"):
        # Neither name nor time: the same content gives the same bytes.
        packed: Any = gzip.GzipFile("", "wb", fileobj=stream, mtime=0)
        stream = stack.enter_context(packed)
    for id, document in documents(folder):
        for line in _cuts(id, filtered(document, criteria, tally), lost):
            stream.write(line.encode())


def filter_into_folder(folder: Path, target: str, files: Outputs, criteria: Criteria, tally: Tally) -> list[str]:
    """Write the kept cues of each alignment of a corpus into a file of a folder, and return the names of the files."""
    written = []
    for _, document in documents(folder):
        place = Path(target) / document.path.relative_to(folder / "alignments")
        files.make_folder(place.parent)
        with atomic_write(place) as stream:
            stream.write(document_text(filtered(document, criteria, tally).data, allow_nan=True))
        written.append(str(place))
    return written


def rejected_lines(path: str | Path, stack: ExitStack, line: Callable[[Any], str]) -> Callable[[dict[str, Any]], None]:
    """Open a file for rejected cues; gives what writes one."""
    stream = stack.enter_context(atomic_write(path))

    def write(row: dict[str, Any]) -> None:
        stream.write(line(row))

    return write


def _cuts(id: str, document: Document, lost: list[str]) -> list[str]:
    """Lines of the cuts of an alignment. Ids differ in a corpus: those of the recordings are part of them."""
    if not document.data["cues"]:
        return []
    alignment = Alignment.from_dict(document.data)
    recording = find_recording(alignment.audio, document.path, alignment.duration)
    if recording is None:
        lost.append(id)
    else:
        alignment.audio = str(recording)
    source = alignment.source or CaptionFile("python")
    if not source.recording:
        alignment.source = replace(source, recording="_".join(id.split()))
    content = render(alignment, "lhotse").content
    text = gzip.decompress(content).decode() if isinstance(content, bytes) else ""
    return [line + "\n" for line in text.split("\n") if line]
