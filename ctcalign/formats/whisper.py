"""JSON of the Whisper family: openai-whisper, whisper.cpp, faster-whisper, whisperX, pipelines with chunks, and the
verbose JSON of speech services; in general a list of objects with text, start and end in seconds."""

from __future__ import annotations

from typing import Any

from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.lhotse import is_lhotse
from ctcalign.formats.shared.clock import json_seconds, parse_clock
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format
from ctcalign.formats.shared.reading.pauses import spoken_rows, spoken_words
from ctcalign.formats.shared.timed_words import WordRow, assign_words, grouped

_LISTS = ("segments", "utterances", "captions", "cues", "items", "chunks", "transcription", "word_segments", "words")
_WORD_LISTS = ("word_segments", "words")


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per segment, without the blank that Whisper puts before every text.

    Words come from the segments, else from the file's list of words, assigned to segments by time; if there are only
    words, they are grouped into cues by pauses.
    """
    data = source.json
    if isinstance(data, dict) and isinstance(data.get("transcription"), list):
        return _whisper_cpp(data["transcription"])
    if isinstance(data, dict):
        rows = next((data[key] for key in _LISTS if isinstance(data.get(key), list) and key not in _WORD_LISTS), None)
        words = [w for key in _WORD_LISTS if isinstance(data.get(key), list) for w in _dicts(data[key])]
        if rows is None and not words:
            text = str(data.get("text", "")).strip()
            return [Draft(text)] if text else []
    else:
        rows, words = data, []
        if _dicts(rows) and all("word" in row and "text" not in row for row in _dicts(rows)):
            rows, words = None, _dicts(rows)
    if rows is None:
        return grouped(spoken_rows([WordRow(_word(w), speaker=_str(w.get("speaker"))) for w in words], notes))
    if rows and not _dicts(rows):
        raise CaptionError(f"{source.name}: expected segments as objects with 'text', got {type(rows[0]).__name__}")
    drafts = [_segment(row) for row in _dicts(rows)]
    if words and not any(d.words for d in drafts):
        left = assign_words(drafts, spoken_words([_word(w) for w in words], notes))
        if left:
            notes.add(
                "words of the file's word list are in no segment", detail=f"{len(left)} words, first {left[0].text!r}"
            )
    return drafts


def _segment(row: dict[str, Any]) -> Draft:
    start, end = _times(row)
    text = row.get("text", row.get("word", row.get("transcript", "")))
    return Draft(
        str(text if text is not None else "").strip(),
        start,
        end,
        id=_str(row.get("id")),
        speaker=_str(row.get("speaker")),
        words=[_word(w) for w in _dicts(row.get("words"))],
    )


def _times(row: dict[str, Any]) -> tuple[float | None, float | None]:
    stamp = row.get("timestamp", row.get("timestamps"))
    if "start" not in row and isinstance(stamp, list) and len(stamp) == 2:
        return json_seconds(stamp[0]), json_seconds(stamp[1])
    return json_seconds(row.get("start")), json_seconds(row.get("end"))


def _word(row: dict[str, Any]) -> CueWord:
    start, end = _times(row)
    score = next((row[key] for key in ("score", "probability", "confidence", "p") if key in row), None)
    return CueWord(str(row.get("word", row.get("text", ""))).strip(), start, end, json_seconds(score))


def _whisper_cpp(rows: list[Any]) -> list[Draft]:
    out = []
    for row in _dicts(rows):
        start, end = _cpp_times(row)
        words: list[CueWord] = []
        for token in _dicts(row.get("tokens")):
            text = str(token.get("text", ""))
            if text.startswith("[_") or not text.strip():  # [_BEG_], [_TT_123]: special tokens
                continue
            begin, stop = _cpp_times(token)
            score = json_seconds(token.get("p"))
            if words and not text.startswith(" "):
                last = words[-1]
                words[-1] = CueWord(last.text + text, last.start, stop, _lower(last.score, score))
            else:
                words.append(CueWord(text.strip(), begin, stop, score))
        speaker = _str(row.get("speaker"))
        out.append(Draft(str(row.get("text", "")).strip(), start, end, speaker=speaker, words=words))
    return out


def _cpp_times(row: dict[str, Any]) -> tuple[float | None, float | None]:
    offsets, stamps = row.get("offsets"), row.get("timestamps")
    if isinstance(offsets, dict):
        return json_seconds(offsets.get("from"), 1000.0), json_seconds(offsets.get("to"), 1000.0)
    if isinstance(stamps, dict):
        return parse_clock(str(stamps.get("from", ""))), parse_clock(str(stamps.get("to", "")))
    return None, None


def _lower(a: float | None, b: float | None) -> float | None:
    return b if a is None else a if b is None else min(a, b)


def _dicts(rows: object) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _str(value: object) -> str | None:
    return None if value is None else str(value)


def _matches(source: Source) -> bool:
    data = source.json
    if isinstance(data, dict):
        listed = any(isinstance(data.get(key), list) for key in _LISTS)
        return listed or (isinstance(data.get("text"), str) and not is_lhotse(data))
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        return bool(data[0].keys() & {"text", "word", "start"}) and not is_lhotse(data[0])
    return False


FORMAT = Format(
    "whisper", (), "JSON of the Whisper family", read, aliases=("whisperx",), evidence="json", matches=_matches
)
