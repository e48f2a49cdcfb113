"""Manifests of lhotse: cuts, or recordings with supervisions. A recording is aligned with all of its supervisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ctcalign.aligner.corpus import NO_CAPTIONS, NO_RECORDING, Problem
from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.audio.cut_sources import Trust, check_sources
from ctcalign.corpus.inputs.rows import MANIFESTS, json_rows
from ctcalign.corpus.item import UNTRUSTED, Collection, Entry, Item, several_entries
from ctcalign.errors import CaptionError, UntrustedDataError, UsageError
from ctcalign.formats.captions import Captions
from ctcalign.formats.datasets import lhotse
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.drafts import Notes, Source, finish
from ctcalign.formats.shared.whereabouts import find_recording

Row = dict[str, Any]
UNREADABLE = "captions cannot be read"


def of_cuts(manifest: Path, trust: Trust) -> Collection:
    """The recordings of a manifest of cuts. A mixed cut is a recording of its own.

    Rows are read one after the other; those of a recording are kept until its last one.

    Raises:
        UsageError: the manifest cannot be read, or a row is no cut.
    """

    def id_of(row: Row) -> str:
        recording = row.get("recording")
        return str(recording.get("id") if isinstance(recording, dict) and "tracks" not in row else row.get("id"))

    def entry(id: str, rows: list[Row]) -> Entry:
        [first, *_] = rows
        ids = [str(row.get("id")) for row in rows]
        double = next((name for name in ids if ids.count(name) > 1), None) if len(ids) < 1000 else None
        if double is not None:
            return several_entries(double, [number for number, name in enumerate(ids, 1) if name == double])
        return _entry(id, first if "tracks" in first else first.get("recording"), rows, manifest, trust)

    counts = _counts(manifest, id_of)
    return Collection("lhotse cuts", manifest, len(counts), lambda: _grouped(json_rows(manifest), counts, id_of, entry))


def of_recordings(recordings: Path, supervisions: Path, trust: Trust) -> Collection:
    """The recordings of one manifest with the supervisions of another one.

    Supervisions are read one after the other; those of a recording are kept until its last one.

    Raises:
        UsageError: a manifest cannot be read.
    """
    known: dict[str, Row] = {}
    places: dict[str, list[int]] = {}
    for number, row in json_rows(recordings):
        if not isinstance(row.get("sources"), list):
            raise UsageError(f"{recordings}: line {number}: expected a recording of lhotse, got {str(row)[:80]!r}")
        places.setdefault(str(row.get("id")), []).append(number)
        known.setdefault(str(row.get("id")), row)

    def id_of(row: Row) -> str:
        return str(row.get("recording_id"))

    def entry(id: str, rows: list[Row]) -> Entry:
        if len(places.get(id, ())) > 1:
            return several_entries(id, places[id])
        if id not in known:
            return Problem(id, NO_RECORDING, f"not in {recordings}")
        return _entry(id, known[id], rows, supervisions, trust, beside=recordings)

    counts = _counts(supervisions, id_of)
    silent = [id for id in known if id not in counts]

    def entries() -> Iterator[Entry]:
        yield from _grouped(json_rows(supervisions), counts, id_of, entry)
        for id in silent:
            yield Problem(id, NO_CAPTIONS, f"no supervision of it in {supervisions}")

    return Collection("lhotse recordings", recordings, len(counts) + len(silent), entries)


def manifests_in(folder: Path) -> tuple[Path, Path] | None:
    """The manifests of recordings and supervisions in a folder of `lhotse prepare`; None if it holds no such pair.

    Raises:
        UsageError: it holds several of one kind.
    """
    found = []
    for kind in ("recordings", "supervisions"):
        own = sorted(path for path in folder.glob(f"*{kind}*") if path.name.lower().endswith(MANIFESTS))
        if len(own) > 1:
            raise UsageError(
                f"{folder}: {len(own)} manifests of {kind} ({own[0].name}, {own[1].name}); name the two files"
            )
        found += own
    return (found[0], found[1]) if len(found) == 2 else None


def is_recording(row: Row) -> bool:
    """Whether a row of a manifest is a recording."""
    return isinstance(row.get("sources"), list) and "sampling_rate" in row


def _counts(manifest: Path, id_of: Callable[[Row], str]) -> dict[str, int]:
    """How many rows each recording has, in the order of their first ones."""
    counts: dict[str, int] = {}
    for number, row in json_rows(manifest):
        if not lhotse.is_lhotse(row):
            raise UsageError(f"{manifest}: line {number}: neither a cut nor a supervision, got {str(row)[:80]!r}")
        id = id_of(row)
        counts[id] = counts.get(id, 0) + 1
    if not counts:
        raise UsageError(f"{manifest}: holds no rows")
    return counts


def _grouped(
    rows: Iterable[tuple[int, Row]],
    counts: dict[str, int],
    id_of: Callable[[Row], str],
    entry: Callable[[str, list[Row]], Entry],
) -> Iterator[Entry]:
    held: dict[str, list[Row]] = {}
    for _, row in rows:
        id = id_of(row)
        own = held.setdefault(id, [])
        own.append(row)
        if len(own) == counts.get(id):
            yield entry(id, held.pop(id))


def _entry(id: str, recording: Any, rows: list[Row], manifest: Path, trust: Trust, beside: Path | None = None) -> Entry:
    if not isinstance(recording, dict):
        return Problem(id, NO_RECORDING, "its cut has no recording")
    try:
        check_sources(recording, trust, remedy="if you trust its file, give --allow-pipes or --allow-remote")
        captions = captions_of(id, rows, str(manifest))
    except UntrustedDataError as error:
        return Problem(id, UNTRUSTED, str(error))
    except CaptionError as error:
        return Problem(id, UNREADABLE, str(error))
    seconds = json_seconds(recording.get("duration"))
    sources, audio = recording.get("sources"), recording
    only = sources[0] if isinstance(sources, list) and len(sources) == 1 and not recording.get("transforms") else None
    if isinstance(only, dict) and only.get("type") == "file":
        source = str(only.get("source"))
        found = find_recording(source, beside or manifest, seconds or 0.0)
        return Item(id, source if found is None else _shown(source, found), captions, seconds)
    return Item(id, audio, captions, seconds)


def _shown(source: str, found: Path) -> str:
    """A path as the manifest has it, if it leads to the file from the working folder."""
    return source if Path(source).exists() else str(found)


def captions_of(id: str, rows: Iterable[Row], name: str) -> Captions:
    """The supervisions of rows of a manifest as captions of one recording.

    Raises:
        CaptionError: there is none.
    """
    notes = Notes(name)
    drafts = lhotse.read(Source(name, "\n".join(json.dumps(row) for row in rows)), notes)
    if not drafts:
        raise CaptionError(f"{id}: no supervisions in {name}; expected at least one")
    drafts.sort(key=lambda draft: (draft.start is None, draft.start or 0.0))
    cues = finish(drafts, notes)
    return Captions(cues, "lhotse", "utf-8", notes.texts(), id, CaptionFile("lhotse", recording=id))
