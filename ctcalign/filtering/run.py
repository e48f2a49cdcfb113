"""`filter_files`: input files, filtering, and output files."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import CaptionError, OutputError, OutputExistsError, UsageError
from ctcalign.files import atomic_write, json_lines, together
from ctcalign.filtering import corpus
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.documents import Document, Tally, filtered, least_confidence, read_document
from ctcalign.filtering.recordings import with_absolute_files
from ctcalign.filtering.unique_ids import Ids
from ctcalign.formats.datasets.corpus_folder import ALIGNMENTS, corpus_alignments, is_corpus
from ctcalign.formats.datasets.lhotse import is_cut
from ctcalign.formats.own_json import document_text
from ctcalign.formats.shared.whereabouts import find_recording

_MANIFEST = (".jsonl", ".jsonl.gz")
SHOWN = 20  # rejected cues of a corpus, for each reason, that the summary knows
_READ = (".json", ".json.gz", *_MANIFEST)


@dataclass
class FilterReport:
    """Criteria, counts of kept cues, written files, and warnings."""

    tally: Tally
    criteria: Criteria
    written: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def filter_files(
    inputs: Sequence[str | Path],
    output: str | Path,
    criteria: Criteria,
    *,
    precision: float | None = None,
    rejected: str | Path | None = None,
    overwrite: bool = False,
) -> FilterReport:
    """Filter alignments (JSON) and lhotse manifests, and write the kept cues.

    Args:
        inputs: files, and folders of such files. Files of a folder that cannot be read are named in the warnings and in
            `rejected`; files that are neither alignments nor manifests are counted in the warnings.
        output: a folder (a name that ends with "/", or an existing one): every file under its own name. A manifest
            (.jsonl, .jsonl.gz): all inputs in one, alignments as cuts. .json: one input. "-": standard output.
        precision: keep as many cues as possible at this precision, estimated from the confidences; replaces
            `criteria.min_confidence`.
        rejected: file for the rejected cues, JSON lines.
        overwrite: replace existing files.
    Raises:
        CaptionError: an input cannot be read or there is none.   OutputError: an output cannot be written.
        UsageError: the output does not fit the inputs, exists, or is one of them.
    """
    target = str(output)
    sources = _sources(inputs)
    places = _places(sources, target)
    _check(places, sources, rejected, overwrite)
    for folder in (Path(given) for given in inputs if os.path.isdir(given)):
        if any(place != "-" and _inside(place, folder) for place in places):
            raise UsageError(
                f"output {target} is in the input folder {folder} and would be an input the next time; write elsewhere"
            )
    if len(inputs) == 1 and is_corpus(inputs[0]) and target != "-":
        return _filter_corpus(Path(inputs[0]), target, criteria, precision, rejected)
    report = FilterReport(Tally(), criteria)
    documents: list[tuple[Document, str]] = []
    others = 0
    for (path, _, named), place in zip(sources, places, strict=True):
        try:
            document = read_document(path)
        except CaptionError as error:
            if named:
                raise
            report.warnings.append(str(error))
            report.tally.rejected.append({"file": str(path), "reason": str(error)})
            continue
        if document is not None:
            documents.append((document, place))
        elif named:
            raise CaptionError(
                f"{path}: neither an alignment of ctcalign nor a lhotse manifest; align or convert it first"
            )
        else:
            others += 1
    if others:
        report.warnings.append(f"{others} JSON files in the folders are neither alignments nor lhotse manifests")
    if not documents:
        unread = f"; {report.warnings[0]}" if report.warnings else ""
        raise CaptionError(f"{', '.join(map(str, inputs))}: no alignment and no lhotse manifest found{unread}")
    if precision is not None:
        report.criteria = criteria = _precise([document for document, _ in documents], criteria, precision, report)
    results = [(filtered(document, criteria, report.tally), place) for document, place in documents]
    missing: list[str] = []
    for document, place in results:
        if document.kind == "lhotse":
            document.data = with_absolute_files(document.data, document.path, place, missing)
    if missing:
        report.warnings.append(
            f"{len(missing)} relative paths in the manifests do not exist: {_few(missing)}; expected "
            "from the working folder or beside the manifest"
        )
    to_stdout: list[str] = []
    with together() as files:

        def write(text: str, place: str) -> None:
            if place == "-":
                to_stdout.append(text)
            else:
                _write(text, place)

        if target == "-" or target.lower().endswith(_MANIFEST):
            lost, double = list[str](), list[str]()
            write(_manifest([document for document, _ in results], target, lost, double), target)
            if double:
                report.warnings.append(f"{target}: {len(double)} ids of cuts occur twice or more: {_few(double)}")
            if lost:
                report.warnings.append(
                    f"{target}: {len(lost)} of {len(results)} recordings were not found, so their cuts have no audio: "
                    f"{_few(lost)}; expected from the working folder or beside the alignment"
                )
            report.written = [target]
        else:
            for document, place in results:
                if place != target:  # in an output folder; the folder of a file that the user names must exist
                    files.make_folder(Path(place).parent)
                write(_text(document, place), place)
                report.written.append(place)
        if rejected is not None:
            write("".join(_line(row) for row in report.tally.rejected), str(rejected))
        for text in to_stdout:  # last: nothing is printed if a file cannot be written
            sys.stdout.buffer.write(text.encode())
            sys.stdout.flush()
    return report


def _filter_corpus(
    folder: Path, target: str, criteria: Criteria, precision: float | None, rejected: str | Path | None
) -> FilterReport:
    """`filter_files` for an output folder of `align-corpus`; alignments are read one after the other."""
    report = FilterReport(Tally(most=SHOWN), criteria)
    if precision is not None:
        report.criteria = criteria = _precise(
            (document for _, document in corpus.documents(folder)), criteria, precision, report
        )
    lost: list[str] = []
    with together() as files, ExitStack() as stack:
        if rejected is not None:
            report.tally.each = corpus.rejected_lines(rejected, stack, _line)
        if target.lower().endswith(_MANIFEST):
            corpus.filter_into_manifest(folder, target, stack, criteria, report.tally, lost)
            report.written = [target]
        else:
            report.written = corpus.filter_into_folder(folder, target, files, criteria, report.tally)
    if lost:
        report.warnings.append(
            f"{target}: {len(lost)} recordings were not found: {_few(lost)}; their cuts have no audio"
        )
    return report


def _precise(documents: Iterable[Document], criteria: Criteria, precision: float, report: FilterReport) -> Criteria:
    """The criteria with the lowest limit of confidence at which the precision suffices."""
    least = least_confidence(documents, criteria, precision)
    if least is None:
        report.warnings.append(f"no cue has a confidence of {precision:g} or more, so this precision cannot be reached")
    return replace(criteria, min_confidence=1.0 if least is None else least)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _inside(place: str, folder: Path) -> bool:
    return Path(os.path.realpath(folder)) in Path(os.path.realpath(place)).parents


def _sources(inputs: Sequence[str | Path]) -> list[tuple[Path, Path, bool]]:
    """(file, its name in an output folder, whether the user named it) of each file once."""
    found: dict[str, tuple[Path, Path, bool]] = {}
    for given in map(Path, inputs):
        if given.is_dir() and is_corpus(given):  # its records and manifests hold the same once more
            for _, path in corpus_alignments(given):
                found.setdefault(os.path.realpath(path), (path, path.relative_to(given / ALIGNMENTS), False))
        elif given.is_dir():
            inside = sorted(p for p in given.rglob("*") if p.is_file() and p.name.lower().endswith(_READ))
            for path in inside:
                found.setdefault(os.path.realpath(path), (path, path.relative_to(given), False))
        elif given.exists():
            found[os.path.realpath(given)] = (given, Path(given.name), True)
        else:
            raise CaptionError(f"{given}: no such file or folder")
    if not found and is_corpus(inputs[0]):
        raise CaptionError(f"{inputs[0]}: no recording of it has been aligned")
    if not found:
        raise CaptionError(f"{', '.join(map(str, inputs))}: no file there ends with {', '.join(_READ)}")
    return list(found.values())


def _places(sources: list[tuple[Path, Path, bool]], target: str) -> list[str]:
    """The output file of each source."""
    lower = target.lower()
    if target == "-" or lower.endswith(_MANIFEST):
        return [target] * len(sources)
    if target.endswith(("/", os.sep)) or os.path.isdir(target):
        places = [str(Path(target) / name) for _, name, _ in sources]
        double = next((place for i, place in enumerate(places) if place in places[:i]), None)
        if double is not None:
            raise UsageError(f"output {double}: two inputs have this name; filter them one by one")
        return places
    if lower.endswith((".json", ".json.gz")):
        if len(sources) > 1:
            raise UsageError(
                f"output {target}: {len(sources)} inputs do not fit into one .json; name a folder/ or a .jsonl.gz"
            )
        return [target]
    raise UsageError(f"output {target}: expected .json, .jsonl, .jsonl.gz or a folder/")


def _check(
    places: list[str], sources: list[tuple[Path, Path, bool]], rejected: str | Path | None, overwrite: bool
) -> None:
    own = {os.path.realpath(path) for path, _, _ in sources}
    outputs = [place for place in dict.fromkeys(places) if place != "-"]
    if rejected is not None and str(rejected) != "-":
        if os.path.realpath(rejected) in {os.path.realpath(place) for place in outputs}:
            raise UsageError(f"output {rejected} is also the file for rejected cues; name two files")
        outputs.append(str(rejected))
    elif rejected is not None and "-" in places:
        raise UsageError("kept and rejected cues would both go to standard output; name a file for one")
    for place in outputs:
        if os.path.realpath(place) in own:
            raise UsageError(f"output {place} is an input too; write elsewhere")
        if os.path.lexists(place) and not overwrite and not _device(place):
            raise OutputExistsError(place)
    folder = "" if rejected is None or str(rejected) == "-" else os.path.dirname(str(rejected))
    if folder and not os.path.isdir(folder):
        raise OutputError(f"{rejected}: there is no folder {folder}; create it first or write elsewhere")


def _device(path: str) -> bool:
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _manifest(documents: list[Document], target: str, lost: list[str], double: list[str]) -> str:
    """All documents in one lhotse manifest; on standard output a single document in its own format.

    Args:
        lost: recordings that are not found are added to it.
        double: ids of cuts that are in several manifests are added to it. Alignments get new ids instead.
    """
    if target == "-" and len(documents) == 1:
        return _text(documents[0], target)
    rows: list[Any] = []
    kinds: dict[str, Path] = {}
    ids = Ids()
    for document in documents:
        if document.kind == "lhotse" and document.data and is_cut(document.data[0]):
            double += ids.add(document.data)
    for document in documents:
        own = _cuts(document, lost, ids) if document.kind == "alignment" else document.data
        for row in own:
            kinds.setdefault("cuts" if is_cut(row) else "supervisions", document.path)
        rows += own
    if len(kinds) > 1:
        raise UsageError(
            f"output {target}: {kinds['cuts']} holds cuts and {kinds['supervisions']} supervisions; "
            "one manifest cannot hold both; name a folder/"
        )
    return "".join(map(_line, rows))


def _cuts(document: Document, lost: list[str], ids: Ids) -> list[Any]:
    """An alignment as lhotse cuts, with the absolute path of its recording and ids that no other has."""
    if not document.data["cues"]:
        return []
    from ctcalign.formats.writing import render

    alignment = Alignment.from_dict(document.data)
    recording = find_recording(alignment.audio, document.path, alignment.duration)
    if recording is None:
        lost.append(f"{alignment.audio or 'no name'} of {document.path}")
    else:
        alignment.audio = str(recording)
    content = render(alignment, "lhotse").content
    lines = gzip.decompress(content).decode() if isinstance(content, bytes) else ""
    rows = [row for _, row in json_lines(lines.split("\n"), str(document.path))]
    return ids.renamed(rows, alignment.audio if recording is not None else f"{document.path.parent}/{alignment.audio}")


def _text(document: Document, target: str) -> str:
    if document.kind == "alignment":
        return document_text(document.data, allow_nan=True)  # unknown keys are kept, with NaN in them too
    if document.listed and not target.lower().endswith(_MANIFEST):
        return "[\n" + ",\n".join(_line(row).rstrip("\n") for row in document.data) + "\n]\n"
    return "".join(map(_line, document.data))


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _write(text: str, target: str) -> None:
    data = text.encode()
    with atomic_write(target, "wb") as stream:
        # mtime=0: the same content gives the same bytes.
        stream.write(gzip.compress(data, mtime=0) if target.lower().endswith(".gz") else data)
