"""An output folder of `ctcalign align-corpus` against references, one recording after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import CaptionError
from ctcalign.files.digests import read_json
from ctcalign.formats.datasets.corpus_folder import corpus_alignments, is_corpus
from ctcalign.formats.registry import FORMATS
from ctcalign.scoring.files import read_timed
from ctcalign.scoring.items import TimedFile, items_of


class CorpusFiles:
    """Pairs (alignment, reference) of the recordings of a reference; they are read again each time they are asked for.

    Args:
        folder: the output folder of `align-corpus`.
        reference: another such folder, a folder of files called as the recordings, ID.json, ID.vtt and so on, or a
            lhotse manifest of all.
        recording: id of the only one to compare.
    Attributes:
        found, held: ids of the recordings of the folder, and of the references.
    Raises:
        CaptionError: a reference cannot be read, or two have one id.
    """

    def __init__(self, folder: Path, reference: Path, recording: str | None = None) -> None:
        self._alignments = dict(corpus_alignments(folder))
        self._references = _references(reference)
        if recording is not None:
            self._references = {id: file for id, file in self._references.items() if id == recording}
            self._alignments = {id: path for id, path in self._alignments.items() if id == recording}
        self.found, self.held = sorted(self._alignments), sorted(self._references)

    def __iter__(self) -> Iterator[tuple[TimedFile, TimedFile]]:
        for id in self.held:
            yield self._aligned(id), self._reference(id)

    def __len__(self) -> int:
        return len(self.held)

    def _aligned(self, id: str) -> TimedFile:
        path = self._alignments.get(id)
        if path is None:
            return TimedFile(id, [], id)
        try:
            return TimedFile(str(path), items_of(Alignment.from_dict(read_json(path))), id)
        except CaptionError as error:
            raise CaptionError(f"{path}: {error}; align the corpus again") from error

    def _reference(self, id: str) -> TimedFile:
        file = self._references[id]
        return file if isinstance(file, TimedFile) else read_timed(file, likely=id.rsplit("/", 1)[-1])[0]


def _references(reference: Path) -> dict[str, Path | TimedFile]:
    if is_corpus(reference):
        return dict(corpus_alignments(reference))
    if not reference.is_dir():
        return {str(file.recording or reference.stem): file for file in read_timed(reference)}
    known = {".json", *(name for one in FORMATS.values() for name in (*one.extensions, *one.more_extensions))}
    found: dict[str, Path | TimedFile] = {}
    for place, _, names in os.walk(reference):
        for path in (Path(place, name) for name in sorted(names)):
            if path.suffix.lower() not in known:
                continue
            id = path.relative_to(reference).with_suffix("").as_posix()
            if id in found:
                raise CaptionError(f"{path}: a second reference of {id}, beside {found[id]}; keep one of them")
            found[id] = path
    return found
