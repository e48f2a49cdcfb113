"""Pairs of files: two folders, one folder, two files, or a manifest with a pair a line (.tsv, .jsonl)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ctcalign.aligner.corpus import corpus_pairs, manifest_rows, name_of_pair
from ctcalign.audio.cut_sources import Trust
from ctcalign.corpus.inputs.trust import check_address
from ctcalign.corpus.item import Collection, Entry, Item, is_address, several_entries
from ctcalign.errors import UsageError


def of_files(recordings: Path, captions: Path) -> Collection:
    """The pairs of two folders or files; see `corpus_pairs`.

    Raises:
        UsageError: they are of different kinds, or there is no pair.
    """
    found = corpus_pairs(recordings, captions)
    items = [Item(pair.id, str(pair.audio), str(pair.captions)) for pair in found.pairs]
    entries: list[Entry] = sorted([*items, *found.problems], key=lambda one: one.id)
    return Collection("pairs of files", recordings, len(entries), lambda: iter(entries))


def of_manifest(manifest: Path, trust: Trust) -> Collection:
    """The pairs of a manifest. Relative paths count from its folder; addresses are opened if `trust` allows it.

    Raises:
        UsageError: it cannot be read, or a line names no pair.
    """
    lines: dict[str, list[int]] = {}
    for number, row in manifest_rows(manifest):
        lines.setdefault(name_of_pair(row), []).append(number)
    if not lines:
        raise UsageError(f"{manifest}: no pair of a recording and captions; expected one per line")

    def place(text: str) -> str:
        return text if is_address(text) else str(manifest.parent / text)

    def entries() -> Iterator[Entry]:
        seen = set[str]()
        for _, row in manifest_rows(manifest):
            id = name_of_pair(row)
            if len(lines[id]) > 1:
                if id not in seen:
                    yield several_entries(id, lines[id])
                seen.add(id)
                continue
            audio, captions = place(row.audio), place(row.captions)
            yield check_address(id, audio, captions, trust) or Item(id, audio, captions)

    return Collection("manifest of pairs", manifest, len(lines), entries)
