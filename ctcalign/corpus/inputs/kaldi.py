"""A Kaldi data directory: wav.scp, text, and segments or an utterance for each recording."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ctcalign.aligner.corpus import NO_CAPTIONS, NO_RECORDING, Problem
from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.audio.cut_sources import Trust
from ctcalign.corpus.inputs.trust import check_address, check_command
from ctcalign.corpus.item import Collection, Command, Entry, Item, is_address, several_entries
from ctcalign.errors import UsageError
from ctcalign.files.text_size import MANIFESTS, read_bytes
from ctcalign.formats.captions import Captions
from ctcalign.formats.datasets import kaldi
from ctcalign.formats.shared.drafts import Draft, Notes, Source, finish
from ctcalign.formats.shared.encoding import decode

NOT_IN_SEGMENTS = "utterance without a segment"


def is_kaldi(folder: Path) -> bool:
    """Whether a folder is a Kaldi data directory."""
    return (folder / "wav.scp").is_file() and (folder / "text").is_file()


def of_kaldi(folder: Path, trust: Trust) -> Collection:
    """Each recording of `wav.scp` with its utterances in the order of time.

    Relative paths of wav.scp count from the working folder, as Kaldi has it, or from the directory. What is not in
    both wav.scp and text is a problem of its own.

    Raises:
        UsageError, CaptionError: a file of the directory cannot be read.
    """
    sources: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(_text(folder / "wav.scp").split("\n"), 1):
        id, _, source = line.strip().partition(" ") if " " in line.strip() else line.strip().partition("\t")
        if id:
            sources.setdefault(id, []).append((number, source.strip()))
    utterances, lost = _utterances(folder)

    def entries() -> Iterator[Entry]:
        for id in sorted({*sources, *utterances}):
            yield _entry(id, sources.get(id, []), utterances.get(id), folder, trust)
        for draft in lost:
            yield Problem(draft.id or "", NOT_IN_SEGMENTS, f"line {draft.line} of {folder / 'text'}")

    return Collection("Kaldi data directory", folder, len({*sources, *utterances}) + len(lost), entries)


def _text(path: Path) -> str:
    try:
        return decode(read_bytes(path, str(path), MANIFESTS), str(path), MANIFESTS).text
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error


def _utterances(folder: Path) -> tuple[dict[str, list[Draft]], list[Draft]]:
    """The utterances by recording, and those that belong to none."""
    path = folder / "text"
    drafts = kaldi.read(Source(str(folder), _text(path), path), Notes(str(folder)))
    found: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.recording is not None:
            found.setdefault(draft.recording, []).append(draft)
    return found, [draft for draft in drafts if draft.recording is None]


def _entry(id: str, sources: list[tuple[int, str]], drafts: list[Draft] | None, folder: Path, trust: Trust) -> Entry:
    if not sources:
        return Problem(id, NO_RECORDING, f"not in {folder / 'wav.scp'}")
    if len(sources) > 1:
        return several_entries(id, [number for number, _ in sources])
    number, source = sources[0]
    if not source:
        return Problem(id, NO_RECORDING, f"line {number} of {folder / 'wav.scp'} has no path")
    if drafts is None:
        return Problem(id, NO_CAPTIONS, f"no utterance of it in {folder / 'text'}")
    names = [draft.id for draft in drafts]
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        return several_entries(f"{double}", [draft.line or 0 for draft in drafts if draft.id == double])
    notes = Notes(str(folder))
    cues = finish(drafts, notes)
    captions = Captions(cues, "kaldi", "utf-8", notes.texts(), id, CaptionFile("kaldi", recording=id))
    if source.endswith("|"):
        command = source[:-1].strip()
        return check_command(id, command, trust) or Item(id, Command(command), captions)
    if is_address(source):
        return check_address(id, source, "", trust) or Item(id, source, captions)
    beside = folder / source
    return Item(id, str(beside) if not os.path.exists(source) and beside.exists() else source, captions)
