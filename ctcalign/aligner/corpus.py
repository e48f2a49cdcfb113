"""Recordings and captions of a corpus as pairs: from two folders, two files, or a manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ctcalign.errors import UsageError
from ctcalign.formats.registry import FORMATS

# Of files in a folder of recordings; a single recording may have any name.
RECORDINGS = frozenset(
    ".3gp .aac .ac3 .aif .aifc .aiff .amr .au .avi .caf .flac .m4a .m4b .m4v .mka .mkv .mov .mp2 .mp3 .mp4 .mpeg .mpg "
    ".nist .oga .ogg .ogv .opus .sph .ts .w64 .wav .webm .wma .wmv".split()
)
MANIFESTS = (".tsv", ".jsonl")
NO_RECORDING, NO_CAPTIONS, SEVERAL = "no recording", "no captions", "several files of one name"


@dataclass(frozen=True)
class CorpusPair:
    """A recording with its captions. `id`: its name in the corpus, a relative path without extension."""

    id: str
    audio: Path
    captions: Path


@dataclass(frozen=True)
class Problem:
    """What keeps a part of a corpus from being used: its id, a reason that is the same for all of its kind, details."""

    id: str
    reason: str
    detail: str = ""


@dataclass
class CorpusPairs:
    """The pairs of a corpus in order, and what is not a pair."""

    pairs: list[CorpusPair] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def corpus_pairs(recordings: Path, captions: Path | None = None) -> CorpusPairs:
    """The pairs of a corpus. Files that are missing are among the problems; the audio is not opened.

    Args:
        recordings: a folder, with subfolders, a recording, or without `captions` a manifest: .tsv with the columns
            audio, captions and optionally id (a first line with these names may order them), or .jsonl with these keys.
            Relative paths count from the folder of the manifest.
        captions: a folder with files of the same names (talk.mp3 with talk.srt or talk.en.srt), or one file. It may be
            the same folder.
    Raises:
        UsageError: they are of different kinds or do not exist, a manifest cannot be read, or there is nothing in them.
    """
    for name, path in (("recordings", recordings), ("captions", captions)):
        if path is not None and not path.exists():
            raise UsageError(f"{name}: {path}: no such file or folder")
    if captions is None:
        if recordings.suffix.lower() not in MANIFESTS or recordings.is_dir():
            raise UsageError(f"captions: none given for {recordings}; give captions, or a manifest (.tsv, .jsonl)")
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


def _kind(path: Path) -> str:
    return "a folder" if path.is_dir() else "a file"


def _of_folders(recordings: Path, captions: Path) -> CorpusPairs:
    audio = list(_files(recordings, RECORDINGS))
    known = frozenset(name.lower() for one in FORMATS.values() for name in (*one.extensions, *one.more_extensions)) | {
        ".txt"
    }
    texts = list(_files(captions, known))
    found, used = CorpusPairs(), set[Path]()
    stems = [_stem(path, recordings) for path in audio]
    for path, name in zip(audio, stems, strict=True):
        if stems.count(name) > 1:
            found.problems.append(Problem(name, SEVERAL, str(path)))
            continue
        own = [text for text in texts if _stem(text, captions) == name]
        own = own or [text for text in texts if str(text.relative_to(captions)).startswith(f"{name}.")]
        used.update(own)
        if len(own) == 1:
            found.pairs.append(CorpusPair(name, path, own[0]))
        elif own:
            found.problems.append(Problem(name, SEVERAL, ", ".join(text.name for text in own[:3])))
        else:
            found.problems.append(Problem(name, NO_CAPTIONS, str(path)))
    inside = set(audio)
    for text in texts:
        if text not in used and text not in inside and not any(_stem(text, captions) == name for name in stems):
            found.problems.append(Problem(_stem(text, captions), NO_RECORDING, str(text)))
    return found


def _files(folder: Path, extensions: frozenset[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in extensions and path.is_file():
            yield path


def _stem(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _of_manifest(manifest: Path) -> CorpusPairs:
    found, seen = CorpusPairs(), set[str]()
    for line, (audio, captions, given) in _rows(manifest):
        paths = [manifest.parent / name for name in (audio, captions)]
        name = given or Path(audio).with_suffix("").as_posix().lstrip("/")
        if name in seen:
            raise UsageError(f"{manifest}: line {line}: a second row of {name}; give each an id of its own")
        seen.add(name)
        missing = [
            (reason, path)
            for reason, path in zip((NO_RECORDING, NO_CAPTIONS), paths, strict=True)
            if not path.is_file()
        ]
        if missing:
            found.problems.append(Problem(name, missing[0][0], str(missing[0][1])))
        else:
            found.pairs.append(CorpusPair(name, *paths))
    return found


_COLUMNS = ("audio", "captions", "id")


def _rows(manifest: Path) -> Iterator[tuple[int, tuple[str, str, str]]]:
    try:
        lines = manifest.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{manifest}: cannot be read as UTF-8 text: {error}") from error
    columns: Sequence[str] = _COLUMNS
    for number, line in enumerate(lines, 1):
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
        yield number, (row["audio"], row["captions"], str(row.get("id") or ""))
