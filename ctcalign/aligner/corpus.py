"""Recordings and captions of a corpus as pairs: from two folders, two files, or a manifest."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ctcalign.errors import UsageError
from ctcalign.formats.datasets.corpus_folder import is_corpus, opened_alignments, recording_of
from ctcalign.formats.registry import FORMATS

# Extensions of recordings in a folder; a single recording may have any name.
RECORDINGS = frozenset(
    ".3gp .aac .ac3 .aif .aifc .aiff .amr .au .avi .caf .flac .m4a .m4b .m4v .mka .mkv .mov .mp2 .mp3 .mp4 .mpeg .mpg "
    ".nist .oga .ogg .ogv .opus .sph .ts .w64 .wav .webm .wma .wmv".split()
)
MANIFESTS = (".tsv", ".jsonl")
NO_RECORDING, NO_CAPTIONS, SEVERAL = "no recording", "no captions", "several files with the same name"
NOT_A_FILE = "not a file"


@dataclass(frozen=True)
class CorpusPair:
    """A recording with its captions. `id`: its name in the corpus, a relative path without extension."""

    id: str
    audio: Path
    captions: Path


@dataclass(frozen=True)
class Problem:
    """A part of a corpus that cannot be used: its id, a reason shared by all problems of its kind, and details."""

    id: str
    reason: str
    detail: str = ""


@dataclass
class CorpusPairs:
    """The pairs of a corpus in order, and problems: what could not be paired."""

    pairs: list[CorpusPair] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def corpus_pairs(recordings: Path, captions: Path | None = None) -> CorpusPairs:
    """The pairs of a corpus. Missing files are reported as problems; the audio is not opened.

    Args:
        recordings: a folder, with subfolders, a recording, or without `captions` a manifest: .tsv with the columns
            audio, captions and optionally id (a first line with these names may order them), or .jsonl with these keys.
            Relative paths count from the folder of the manifest. Or an output folder of `align-corpus`: its
            alignments are the captions, read one after the other.
        captions: a folder with files of the same names (talk.mp3 with talk.srt or talk.en.srt), or one file. It may be
            the same folder.
    Raises:
        UsageError: the paths are of different kinds, do not exist or are empty, or a manifest cannot be read.
    """
    for name, path in (("recordings", recordings), ("captions", captions)):
        if path is not None and not path.exists():
            raise UsageError(f"{name}: {path}: no such file or folder")
    if captions is None and is_corpus(recordings):
        found = _of_alignments(recordings)
    elif captions is None:
        if recordings.suffix.lower() not in MANIFESTS or recordings.is_dir():
            raise UsageError(
                f"captions: none given for {recordings}; give captions, a manifest (.tsv, .jsonl) "
                "or an output folder of align-corpus"
            )
        found = _of_manifest(recordings)
    elif recordings.is_dir() != captions.is_dir():
        raise UsageError(
            f"captions: {captions} is {_kind(captions)} and {recordings} {_kind(recordings)}; give two folders or two "
            "files"
        )
    elif captions.is_dir():
        found = _of_folders(recordings, captions)
    else:
        found = CorpusPairs([CorpusPair(recordings.stem, recordings, captions)])
    if not found.pairs:
        named = "; ".join(f"{one.id}: {one.reason}" for one in found.problems[:3]) or "it has none"
        raise UsageError(f"recordings: {recordings}: no pair of a recording and captions ({named})")
    return found


def _of_alignments(folder: Path) -> CorpusPairs:
    found = CorpusPairs()
    for id, path, alignment in opened_alignments(folder):
        audio = recording_of(alignment, path)
        if audio is None:
            found.problems.append(Problem(id, NO_RECORDING, alignment.audio))
        else:
            found.pairs.append(CorpusPair(id, audio, path))
    return found


def _kind(path: Path) -> str:
    return "a folder" if path.is_dir() else "a file"


def _of_folders(recordings: Path, captions: Path) -> CorpusPairs:
    audio: dict[str, list[Path]] = {}
    for path in _files(recordings, RECORDINGS):
        audio.setdefault(_stem(path, recordings), []).append(path)
    known = frozenset(name.lower() for one in FORMATS.values() for name in (*one.extensions, *one.more_extensions)) | {
        ".txt"
    }
    texts: dict[str, list[Path]] = {}  # by the name, and by the name without a second extension: talk.en.srt
    longer: dict[str, list[Path]] = {}
    inside = {path for paths in audio.values() for path in paths}
    for text in _files(captions, known):
        if text in inside:
            continue
        name = _stem(text, captions)
        texts.setdefault(name, []).append(text)
        folder, _, last = name.rpartition("/")
        pieces = last.split(".")
        for count in range(1, len(pieces)):
            start = ".".join(pieces[:count])
            longer.setdefault(f"{folder}/{start}" if folder else start, []).append(text)
    found, used = CorpusPairs(), set[Path]()
    for name, paths in audio.items():
        own = texts.get(name) or longer.get(name) or []
        used.update(own)
        wrong = next((kind for path in paths if (kind := kind_of(path)) is not None), None)
        if len(paths) > 1:
            found.problems += [Problem(name, SEVERAL, str(path)) for path in paths]
        elif wrong is not None:
            found.problems.append(Problem(name, NOT_A_FILE, f"{paths[0]}: is {wrong}, expected a recording"))
        elif len(own) == 1:
            found.pairs.append(CorpusPair(name, paths[0], own[0]))
        elif own:
            found.problems.append(Problem(name, SEVERAL, ", ".join(text.name for text in own[:3])))
        else:
            found.problems.append(Problem(name, NO_CAPTIONS, str(paths[0])))
    for name, paths in texts.items():
        left = [text for text in paths if text not in used]
        if left and name not in audio:
            found.problems += [Problem(name, NO_RECORDING, str(text)) for text in left]
    return found


def kind_of(path: str | Path) -> str | None:
    """The kind of a path that is not a regular file, for messages; None for a file or a path that does not exist."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(mode):
        return None
    return "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device"


def _files(folder: Path, extensions: frozenset[str]) -> list[Path]:
    """All files below a folder with one of the extensions, in order; hidden files are ignored."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(place, name) for name in (*folders, *names) if not name.startswith("."))
        found += [path for path in paths if path.suffix.lower() in extensions]
    return sorted(found)


def _stem(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _of_manifest(manifest: Path) -> CorpusPairs:
    found, seen = CorpusPairs(), set[str]()
    for line, row in manifest_rows(manifest):
        paths = [manifest.parent / name for name in (row.audio, row.captions)]
        name = name_of_pair(row)
        if name in seen:
            raise UsageError(f"{manifest}: line {line}: a second row of {name}; give each an id of its own")
        seen.add(name)
        missing = [
            (reason, path)
            for reason, path in zip((NO_RECORDING, NO_CAPTIONS), paths, strict=True)
            if not os.path.isfile(path)
        ]
        if missing:
            found.problems.append(Problem(name, missing[0][0], str(missing[0][1])))
        else:
            found.pairs.append(CorpusPair(name, *paths))
    return found


@dataclass(frozen=True)
class ManifestRow:
    """A pair as a manifest names it. `id`: "" where it has none."""

    audio: str
    captions: str
    id: str


def name_of_pair(row: ManifestRow) -> str:
    """Its id, else the path of its recording without extension."""
    return row.id or os.path.splitext(Path(row.audio).as_posix())[0].lstrip("/")


_COLUMNS = ("audio", "captions", "id")


def manifest_rows(manifest: Path) -> Iterator[tuple[int, ManifestRow]]:
    """Line number from 1 and pair of each row of a manifest, one after the other; see `corpus_pairs`.

    Raises:
        UsageError: the manifest cannot be read, or a row is not a pair.
    """
    try:
        with manifest.open(encoding="utf-8-sig") as lines:
            yield from _rows(manifest, lines)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{manifest}: cannot be read as UTF-8 text: {error}") from error


def _rows(manifest: Path, lines: Iterable[str]) -> Iterator[tuple[int, ManifestRow]]:
    columns: Sequence[str] = _COLUMNS
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if not line.strip():
            continue
        if manifest.suffix.lower() == ".tsv":
            fields = [cell.strip() for cell in line.split("\t")]
            if number == 1 and {"audio", "captions"} <= set(fields):
                columns = fields
                continue
            row = dict(zip(columns, fields, strict=False))
        else:
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UsageError(f"{manifest}: line {number}: not JSON ({error})") from error
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) and row[key] for key in _COLUMNS[:2]):
            raise UsageError(f"{manifest}: line {number}: expected the paths audio and captions, got {line[:80]!r}")
        yield number, ManifestRow(row["audio"], row["captions"], str(row.get("id") or ""))
