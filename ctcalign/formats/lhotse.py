"""Lhotse manifests (.jsonl, .jsonl.gz, .json): supervisions, or cuts with supervisions; word alignments as words.

Read as plain JSON, for lhotse takes seconds to import.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import AudioError
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.json_tree import parse_json
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.rendered import Rendered
from ctcalign.formats.shared.view import left_out, placed_cues, recording_name, spoken_text, spoken_words

if TYPE_CHECKING:
    from lhotse import Recording, SupervisionSegment
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue a supervision, in file order. Times count from the start of the recording: in a cut, supervisions count
    from the start of the cut. A mixed cut is a recording of its own.

    The text is the supervision's, or where ctcalign wrote the cut the caption that it was made of.
    """
    data = parse_json(source).data
    rows = data if isinstance(data, list) else [data]
    out: list[Draft] = []
    for row in rows:
        if not isinstance(row, dict):
            notes.add("line that is no supervision and no cut", detail=str(row)[:40])
        elif "tracks" in row:
            out += _mixed(row)
        elif "supervisions" in row:
            recording = row.get("recording")
            identity = recording.get("id") if isinstance(recording, dict) else None
            out += [
                _draft(s, json_seconds(row.get("start")) or 0.0, _read_text(identity))
                for s in _read_dicts(row["supervisions"])
            ]
        else:
            out.append(_draft(row, 0.0, None))
    return out


def _mixed(row: dict[str, Any]) -> list[Draft]:
    out = []
    for track in _read_dicts(row["tracks"]):
        offset, cut = json_seconds(track.get("offset")) or 0.0, track.get("cut")
        if isinstance(cut, dict):
            out += [_draft(s, offset, _read_text(row.get("id"))) for s in _read_dicts(cut.get("supervisions"))]
    return out


def _draft(row: dict[str, Any], offset: float, recording: str | None) -> Draft:
    start, end = _span(row.get("start"), row.get("duration"), offset)
    custom = row.get("custom")
    raw = custom.get("raw_text") if isinstance(custom, dict) else None
    channel = row.get("channel")
    if isinstance(channel, list) and len(channel) == 1:
        channel = channel[0]
    alignment = row.get("alignment")
    words = alignment.get("word") if isinstance(alignment, dict) else None
    return Draft(
        raw if isinstance(raw, str) else _read_text(row.get("text")) or "",
        start,
        end,
        id=_read_text(row.get("id")),
        speaker=_read_text(row.get("speaker")),
        channel=channel if isinstance(channel, int) else None,
        words=[word for item in words if (word := _word(item, offset)) is not None] if isinstance(words, list) else [],
        recording=recording if recording is not None else _read_text(row.get("recording_id")),
    )


def _word(item: Any, offset: float) -> CueWord | None:
    """An alignment item, written as [symbol, start, duration, score] or as an object with those keys."""
    if isinstance(item, dict):
        item = [item.get(key) for key in ("symbol", "start", "duration", "score")]
    if not isinstance(item, list) or len(item) < 3:
        return None
    start, end = _span(item[1], item[2], offset)
    return CueWord(str(item[0]), start, end, json_seconds(item[3]) if len(item) > 3 else None)


def _span(start: Any, duration: Any, offset: float) -> tuple[float | None, float | None]:
    first, length = json_seconds(start), json_seconds(duration)
    if first is None or length is None:
        return None, None
    # As lhotse: sums are rounded so that neighbours that touch stay so.
    return round(offset + first, 8), round(offset + first + length, 8)


def _read_dicts(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _read_text(value: Any) -> str | None:
    return None if value is None else str(value)


_LEAST = 0.001  # seconds: lhotse rejects a supervision without length


def render(alignment: Alignment) -> Rendered:
    """Times are unrounded. `custom` of a supervision: index, status, reason, score, confidence, raw_text (the cue's),
    and scores, where published ones were asked for.

    The text of a supervision is what is spoken; of a cue that nobody speaks, what stands there: filter by
    `custom["status"]`. Without the audio file the cut has no recording. Trim with `CutSet.trim_to_supervisions()`.
    """
    from lhotse import MonoCut

    placed, lost = placed_cues(alignment)
    name = recording_name(alignment)
    notes = left_out(lost)
    duration = max([alignment.duration, _LEAST, *(end for _, _, end in placed)])
    recording = _recording(alignment, name, duration)
    supervisions = [_supervision(cue, start, end, name, alignment) for cue, start, end in placed]
    if recording is None:
        notes.append(f"no audio at {alignment.audio or '(no path)'!r}: the cut has no recording; give --audio")
        cut: Any = MonoCut(id=name, start=0, duration=duration, channel=0, supervisions=supervisions)
    else:
        cut = recording.to_cut()
        cut.supervisions = supervisions
    line = json.dumps(cut.to_dict(), ensure_ascii=False) + "\n"
    words = sum(len(spoken_words(cue)) for cue, _, _ in placed)
    # mtime=0: the same alignment gives the same bytes.
    return Rendered(gzip.compress(line.encode(), mtime=0), len(placed), words, lost, notes)


def _recording(alignment: Alignment, name: str, duration: float) -> Recording | None:
    from lhotse import AudioSource, Recording

    from ctcalign.audio import probe

    path = Path(alignment.audio)
    if not alignment.audio or not path.is_file():
        return None
    try:
        info = probe(path)
    except AudioError:
        return None
    channels = list(range(info.channels))
    samples = round(duration * info.sample_rate)
    return Recording(
        id=name,
        sources=[AudioSource(type="file", channels=channels, source=str(path.resolve()))],
        sampling_rate=info.sample_rate,
        num_samples=samples,
        duration=samples / info.sample_rate,
        channel_ids=channels,
    )


def _supervision(cue: AlignedCue, start: float, end: float, name: str, alignment: Alignment) -> SupervisionSegment:
    from lhotse import SupervisionSegment
    from lhotse.supervision import AlignmentItem

    words = [AlignmentItem(plain(w.text), a, round(b - a, 9), w.confidence) for w, a, b in spoken_words(cue)]
    custom = {
        "index": cue.index,
        "status": cue.status,
        "reason": cue.reason,
        "score": cue.score,
        "confidence": cue.confidence,
        "scores": dict(cue.scores) or None,
        "raw_text": cue.text,
    }
    return SupervisionSegment(
        id=f"{name}-{cue.index:07d}",
        recording_id=name,
        start=start,
        duration=max(round(end - start, 9), _LEAST),
        channel=cue.channel or 0,
        text=spoken_text(cue) or plain(cue.text),
        language=alignment.language,
        speaker=cue.speaker,
        custom={key: value for key, value in custom.items() if value is not None},
        alignment={"word": words} if words else None,
    )


Row = dict[str, Any]


@dataclass(frozen=True)
class Supervision:
    """A supervision of a manifest: its own row, and the second at which its times begin to count."""

    row: Row
    offset: float
    recording: str | None

    @property
    def custom(self) -> Mapping[str, Any]:
        found = self.row.get("custom")
        return found if isinstance(found, Mapping) else {}

    @property
    def start(self) -> float | None:
        start = json_seconds(self.row.get("start"))
        return None if start is None else round(self.offset + start, 8)

    @property
    def end(self) -> float | None:
        start, duration = json_seconds(self.row.get("start")), json_seconds(self.row.get("duration"))
        return None if start is None or duration is None else round(self.offset + start + duration, 8)


def is_lhotse(row: Any) -> bool:
    """Whether a row of JSON is a cut or a supervision of lhotse."""
    if not isinstance(row, dict):
        return False
    cut = row.get("type") in ("MonoCut", "MultiCut", "MixedCut", "PaddingCut")
    return cut or "supervisions" in row or {"recording_id", "start", "duration"} <= row.keys()


def supervisions(row: Row) -> Iterator[Supervision]:
    """Those of one row, in order: a supervision itself, of a cut, or of the tracks of a mixed cut.

    Times of a cut count from its recording's beginning; a mixed cut is a recording of its own.
    """
    if "tracks" in row:
        for track in _row_dicts(row["tracks"]):
            cut = track.get("cut")
            for own in _row_dicts(cut.get("supervisions")) if isinstance(cut, dict) else []:
                yield Supervision(own, json_seconds(track.get("offset")) or 0.0, _row_text(row.get("id")))
    elif "supervisions" in row or "type" in row:
        recording = row.get("recording")
        name = _row_text(recording.get("id")) if isinstance(recording, dict) else None
        for own in _row_dicts(row.get("supervisions")):
            yield Supervision(own, json_seconds(row.get("start")) or 0.0, name or _row_text(own.get("recording_id")))
    else:
        yield Supervision(row, 0.0, _row_text(row.get("recording_id")))


def _row_dicts(rows: Any) -> list[Row]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _row_text(value: Any) -> str | None:
    return None if value is None else str(value)
