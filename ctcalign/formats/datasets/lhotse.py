"""Lhotse manifests (.jsonl, .jsonl.gz, .json) of supervisions or cuts. Only this module handles their rows.

Rows are read and written as plain JSON: lhotse itself takes seconds to import and is not a dependency.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import AudioError
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import ALL, Format, Rendered
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.reading.json_times import note_words
from ctcalign.formats.shared.reading.pauses import spoken_words as spoken_words_of
from ctcalign.formats.shared.view import (
    given_ids,
    omission_note,
    placed_cues,
    recording_name,
    spoken_text,
    spoken_words,
)
from ctcalign.spans import Span

Row = dict[str, Any]
_Placed = tuple[AlignedCue, float, float]


def is_lhotse(row: Any) -> bool:
    """Whether a JSON value is a cut or a supervision."""
    return isinstance(row, dict) and (
        row.get("type") in ("MonoCut", "MultiCut", "MixedCut", "PaddingCut")
        or "supervisions" in row
        or {"recording_id", "start", "duration"} <= row.keys()
    )


def is_cut(row: Row) -> bool:
    """Whether a row of a manifest is a cut and not a supervision."""
    return "tracks" in row or "supervisions" in row or "type" in row


@dataclass(frozen=True)
class Supervision:
    """A supervision of a manifest: its JSON, the time from which its own times count, and the id of its recording."""

    row: Row
    offset: float = 0.0
    recording: str | None = None

    @property
    def custom(self) -> Mapping[str, Any]:
        found = self.row.get("custom")
        return found if isinstance(found, Mapping) else {}

    @property
    def start(self) -> float | None:
        start = json_seconds(self.row.get("start"))
        return None if start is None else self._rounded(start)

    @property
    def end(self) -> float | None:
        start, duration = json_seconds(self.row.get("start")), json_seconds(self.row.get("duration"))
        return None if start is None or duration is None else self._rounded(start, duration)

    @property
    def span(self) -> Span | None:
        """Start and end, None if one of them is unknown."""
        return Span.of(self.start, self.end)

    @property
    def word_rows(self) -> list[Row]:
        """The word alignment as objects: items [symbol, start, duration, score], or objects with these keys."""
        alignment = self.row.get("alignment")
        items = alignment.get("word") if isinstance(alignment, dict) else None
        rows = []
        for item in items if isinstance(items, list) else []:
            if isinstance(item, list) and item:
                rows.append(dict(zip(_WORD_KEYS, item, strict=False)))
            elif isinstance(item, dict):
                rows.append({key: item[key] for key in _WORD_KEYS if key in item})
        return rows

    @property
    def words(self) -> list[CueWord]:
        """The words of `word_rows` with their times."""
        found = []
        for row in self.word_rows:
            start, duration = json_seconds(row.get("start")), json_seconds(row.get("duration"))
            text, score = str(row.get("symbol", "")), json_seconds(row.get("score"))
            if start is None or duration is None:
                found.append(CueWord(text, score=score))
            else:
                found.append(CueWord(text, self._rounded(start), self._rounded(start, duration), score))
        return found

    def _rounded(self, start: float, duration: float = 0.0) -> float:
        # Rounded as lhotse rounds sums, so that adjacent items stay adjacent.
        return round(self.offset + start + duration, 8)


def supervisions(row: Row) -> Iterator[Supervision]:
    """The supervisions of a row in order: the row itself, those of a cut, or those of the tracks of a mixed cut.

    Times in a cut count from the beginning of the recording; a mixed cut counts as a separate recording.
    """
    if "tracks" in row:
        for track in _dicts(row["tracks"]):
            cut = track.get("cut")
            for own in _dicts(cut.get("supervisions")) if isinstance(cut, dict) else []:
                yield _supervision_of(own, track.get("offset"), row.get("id"))
    elif is_cut(row):
        recording = row.get("recording")
        name = recording.get("id") if isinstance(recording, dict) else None
        for own in _dicts(row.get("supervisions")):
            yield _supervision_of(own, row.get("start"), name)
    else:
        yield _supervision_of(row, 0.0, None)


def _supervision_of(row: Row, offset: Any, recording: Any) -> Supervision:
    name = row.get("recording_id") if recording is None else recording
    return Supervision(row, json_seconds(offset) or 0.0, _text(name))


def selected(row: Row, keep: Callable[[Supervision], bool]) -> Row | None:
    """The row with only the supervisions that `keep` accepts, unchanged otherwise; None if none is left."""
    kept = {id(own.row) for own in supervisions(row) if keep(own)}
    if not kept:
        return None
    if not is_cut(row):
        return row
    out = copy.copy(row)
    if "tracks" in row:
        out["tracks"] = [_selected_track(track, kept) for track in row["tracks"]]
    else:
        out["supervisions"] = [own for own in row["supervisions"] if id(own) in kept]
    return out


def _selected_track(track: Any, kept: set[int]) -> Any:
    cut = track.get("cut") if isinstance(track, dict) else None
    if not isinstance(cut, dict) or not isinstance(cut.get("supervisions"), list):
        return track
    return {**track, "cut": {**cut, "supervisions": [own for own in cut["supervisions"] if id(own) in kept]}}


def _dicts(rows: Any) -> list[Row]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per supervision, in file order.

    The text is the supervision's, or the caption's in a cut that ctcalign wrote.
    """
    out: list[Draft] = []
    for row in source.json if isinstance(source.json, list) else [source.json]:
        if isinstance(row, dict):
            out += [_draft(own, _cut_of(row), notes) for own in supervisions(row)]
        else:
            notes.add("line that is neither a supervision nor a cut", detail=str(row)[:40])
    return out


def _channel(value: Any, own: Supervision, notes: Notes) -> int | None:
    """The number of a channel; others are named, several channels are none in particular."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < CHANNELS:
        return value
    if value is not None and not isinstance(value, list):
        given = f"{_text(own.row.get('id'))}: {value!r}"[:60]
        notes.add(f"channels that are not a number from 0 to {CHANNELS - 1} are dropped", detail=given)
    return None


def _cut_of(row: Row) -> Row:
    """The attributes of cues that name their cut: "cut", its id, and "cut_span", its start and end in the recording."""
    if not is_cut(row) or not isinstance(row.get("id"), str):
        return {}
    start, duration = json_seconds(row.get("start")), json_seconds(row.get("duration"))
    if "tracks" in row or start is None or duration is None or start < 0 or duration <= 0:
        return {"cut": row["id"]}
    return {"cut": row["id"], "cut_span": [start, round(start + duration, 8)]}


def _draft(own: Supervision, cut: Row, notes: Notes) -> Draft:
    start, end = own.span or (None, None)
    if start is None and any(own.row.get(key) not in (None, "") for key in ("start", "duration")):
        given = ", ".join(f"{key} {str(own.row.get(key))[:20]!r}" for key in ("start", "duration"))
        notes.add("times that are not understood are dropped", detail=f"{_text(own.row.get('id'))}: {given}")
    words = own.words
    times = [{key: row.get(key) for key in ("start", "duration")} for row in own.word_rows]
    note_words(times, words, "supervision", own.row.get("id"), notes)
    raw, channel = own.custom.get("raw_text"), own.row.get("channel")
    if isinstance(channel, list) and len(channel) == 1:
        channel = channel[0]
    return Draft(
        raw if isinstance(raw, str) else _text(own.row.get("text")) or "",
        start,
        end,
        id=_text(own.row.get("id")),
        speaker=_text(own.row.get("speaker")),
        channel=_channel(channel, own, notes),
        words=spoken_words_of(words, notes),
        recording=own.recording,
        attributes=_attributes(own, cut),
    )


_WORD_KEYS = ("symbol", "start", "duration", "score")
CHANNELS = 1000  # largest number of channels of a recording
_KNOWN = frozenset({"id", "recording_id", "start", "duration", "channel", "text", "language", "speaker", "alignment"})
_WRITTEN = frozenset({"index", "status", "reason", "score", "confidence", "scores", "raw_text"})


def _attributes(own: Supervision, cut: Row) -> Row:
    """The id and span of the cut, and fields of the supervision that have no other place."""
    out = {key: value for key, value in own.row.items() if key not in _KNOWN and key != "custom" and value is not None}
    custom = {key: value for key, value in own.custom.items() if key not in _WRITTEN}
    return out | ({"custom": custom} if custom else {}) | cut


_LEAST = 0.001  # seconds: lhotse rejects a supervision of zero length


def render(alignment: Alignment) -> Rendered:
    """One cut with a supervision for each placed cue; times are unrounded. Several cuts of an input are each restored.

    `custom` of a supervision: index, status, reason, score, confidence, raw_text (the cue's text), and scores, where
    published ones were requested. The text of a supervision is the spoken text; for a cue that is not spoken, its own
    text: filter by `custom["status"]`. Without the audio file the cut has no recording. To trim the cut, use
    `CutSet.trim_to_supervisions()`.
    """
    placed, lost = placed_cues(alignment)
    name = recording_name(alignment)
    restored = alignment.source is not None and alignment.source.format == "lhotse"
    own = given_ids(alignment)
    notes = omission_note(lost)
    duration = max([alignment.duration, _LEAST, *(end for _, _, end in placed)])
    recording = _recording(alignment, name, duration)
    if recording is None:
        notes.append(f"no audio at {alignment.audio or '(no path)'!r}: the cut has no recording; give --audio")
    rows: list[str] = []
    for (cut_id, span), cues in _by_cut(placed, restored=restored).items():
        cut = _cut(cut_id or name, span, [(a, b) for _, a, b in cues], duration, recording)
        cut["supervisions"] = [
            _supervision(cue, start, end, name, alignment, own, cut["start"], restored=restored)
            for cue, start, end in cues
        ]
        rows.append(json.dumps(cut, ensure_ascii=False) + "\n")
    words = sum(len(spoken_words(cue)) for cue, _, _ in placed)
    # mtime=0: the same alignment yields the same bytes.
    return Rendered(gzip.compress("".join(rows).encode(), mtime=0), len(placed), words, lost, notes)


_CutKey = tuple[str | None, tuple[float, float] | None]


def _by_cut(placed: Sequence[_Placed], *, restored: bool) -> dict[_CutKey, list[_Placed]]:
    """Placed cues by the id and the span of their cut in the input file; all in one if they name none."""
    found: dict[_CutKey, list[_Placed]] = {}
    for one in placed:
        cut, span = (one[0].attributes.get(key) if restored else None for key in ("cut", "cut_span"))
        edges = None
        if isinstance(span, list) and len(span) == 2 and all(type(edge) in (int, float) for edge in span):
            edges = (float(span[0]), float(span[1]))
        found.setdefault((cut if isinstance(cut, str) else None, edges), []).append(one)
    if len(found) > 1 and any(span is None for _, span in found):  # their times do not refer to one recording
        return {(None, None): list(placed)}
    order = sorted(found, key=lambda key: min(cue.index for cue, _, _ in found[key]))
    return {key: found[key] for key in order} or {(None, None): []}


def _cut(
    name: str,
    span: tuple[float, float] | None,
    cues: Sequence[tuple[float, float]],
    duration: float,
    recording: Row | None,
) -> Row:
    """A cut without its supervisions: the whole recording, or `span` of it, extended if cues lie outside."""
    cut: Row = {"id": name, "start": 0, "duration": duration, "channel": 0, "supervisions": []}
    if span is not None and span[0] < duration:
        start = min(span[0], *(start for start, _ in cues))
        end = min(max(span[1], *(end for _, end in cues)), duration)
        if (start, end) != (0.0, duration):
            cut |= {"start": start, "duration": round(end - start, 9)}
    if recording is None:
        return cut | {"type": "MonoCut"}
    channels = recording["channel_ids"]
    if cut["duration"] == duration:
        cut |= {"start": 0.0, "duration": recording["duration"]}
    cut["recording"] = recording
    return cut | (
        {"channel": 0, "type": "MonoCut"} if len(channels) == 1 else {"channel": channels, "type": "MultiCut"}
    )


def _recording(alignment: Alignment, name: str, duration: float) -> Row | None:
    from ctcalign.audio import probe

    path = Path(alignment.audio)
    if not alignment.audio or not os.path.isfile(path):
        return None
    try:
        info = probe(path)
    except AudioError:
        return None
    channels = list(range(info.channels))
    samples = round(duration * info.sample_rate)
    return {
        "id": name,
        "sources": [{"type": "file", "channels": channels, "source": str(path.resolve())}],
        "sampling_rate": info.sample_rate,
        "num_samples": samples,
        "duration": samples / info.sample_rate,
        "channel_ids": channels,
    }


def _supervision(
    cue: AlignedCue,
    start: float,
    end: float,
    name: str,
    alignment: Alignment,
    own: dict[int, str],
    offset: float,
    *,
    restored: bool,
) -> Row:
    def in_cut(time: float) -> float:
        return round(time - offset, 9) if offset else time

    words = [[plain(w.text), in_cut(a), round(b - a, 9), w.confidence] for w, a, b in spoken_words(cue)]
    custom = {
        "index": cue.index,
        "status": cue.status,
        "reason": cue.reason,
        "score": cue.score,
        "confidence": cue.confidence,
        "scores": dict(cue.scores) or None,
        "raw_text": cue.text,
    }
    given = {key: value for key, value in cue.attributes.items() if key not in ("cut", "cut_span")} if restored else {}
    custom |= given.pop("custom", {})
    row = given | {
        "id": own.get(cue.index, f"{name}-{cue.index:07d}"),
        "recording_id": name,
        "start": in_cut(start),
        "duration": max(round(end - start, 9), _LEAST),
        "channel": cue.channel or 0,
        "text": spoken_text(cue) or plain(cue.text),
        "language": alignment.language,
        "speaker": cue.speaker,
        "custom": {key: value for key, value in custom.items() if value is not None},
        "alignment": {"word": words} if words else None,
    }
    return {key: value for key, value in row.items() if value is not None}


def _matches(source: Source) -> bool:
    data = source.json
    if isinstance(data, list):
        return bool(data) and all(isinstance(row, dict) for row in data) and is_lhotse(data[0])
    return is_lhotse(data)


FORMAT = Format(
    "lhotse",
    (".jsonl.gz",),
    "lhotse cuts with word alignments",
    read,
    render,
    keeps=frozenset({"words", "word_ends", "scores", "speakers", "status"}),
    restores={"lhotse": frozenset({ALL})},
    evidence="json",
    matches=_matches,
)
