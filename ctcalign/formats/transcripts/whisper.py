"""JSON of the Whisper family: openai-whisper, whisper.cpp, faster-whisper, whisperX, pipelines with chunks, and the
JSON of speech services; in general a list of objects with a text and times."""

from __future__ import annotations

import json
import zlib
from pathlib import PurePath
from typing import Any

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.datasets.lhotse import is_lhotse
from ctcalign.formats.shared.clock import json_seconds, parse_clock, span_ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import TAG, plain
from ctcalign.formats.shared.reading.json_times import in_seconds, note_dropped, note_end, note_words, times_of
from ctcalign.formats.shared.reading.pauses import spoken_rows, spoken_words
from ctcalign.formats.shared.reading.services import plain_results
from ctcalign.formats.shared.timed_words import WordRow, assign_words, grouped
from ctcalign.formats.shared.view import counted, omission_note, placed_cues

_LISTS = (
    "segments", "utterances", "captions", "cues", "items", "chunks", "transcription", "subtitles", "sentences",
    "snippets", "lines", "body", "transcript", "word_segments", "words",
)  # fmt: skip
_WORD_LISTS = ("word_segments", "words")
_TEXTS = (
    "text", "transcript", "word", "punctuated_word", "content", "sentence", "caption", "utterance", "display", "value",
    "line", "lyric", "label",
)  # fmt: skip
_SCORES = ("score", "probability", "confidence", "p", "conf")


def render(alignment: Alignment) -> Rendered:
    """The result of openai-whisper's `transcribe` with word times: one segment for each cue, in the order of time.

    Fields without a counterpart in an alignment have neutral values: `seek`, `temperature` and `no_speech_prob` are 0,
    `tokens` is empty. `avg_logprob` is the score of the cue, if it has one, and `probability` the confidence of a word.
    `speaker` is the field of whisperX. Cues without times are omitted.
    """
    placed, lost = placed_cues(alignment)
    segments, words, joined = [], 0, 0
    for number, (cue, start, end) in enumerate(placed):
        first, last = span_ticks(start, end, 1000)
        text = plain(cue.text)
        segment: dict[str, Any] = {"id": number, "seek": 0, "start": first / 1000, "end": last / 1000}
        segment |= {"text": f" {text}" if text else "", "tokens": [], "temperature": 0.0}
        if cue.score is not None:
            segment["avg_logprob"] = cue.score
        data = text.encode()
        segment |= {"compression_ratio": len(data) / len(zlib.compress(data)), "no_speech_prob": 0.0}
        if cue.speaker:
            segment["speaker"] = cue.speaker
        segment["words"], more = _words(cue)
        words += len(segment["words"])
        joined += more
        segments.append(segment)
    document = {
        "text": "".join(segment["text"] for segment in segments),
        "segments": segments,
        "language": alignment.language,
    }
    notes = omission_note(lost)
    if joined:
        notes.append(f"{counted(joined, 'word')} without times: joined to the word beside")
    return Rendered(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", len(placed), words, lost, notes)


def _words(cue: AlignedCue) -> tuple[list[dict[str, Any]], int]:
    """The timed words of a cue, each with the space before it, and the number of untimed words merged into them."""
    rows: list[dict[str, Any]] = []
    cursor, joined, gap, untimed = 0, 0, " ", ""
    for word in cue.words:
        found = cue.text.find(word.text, cursor) if word.text.strip() else -1
        gap += cue.text[cursor:found] if found >= 0 else " "
        cursor = found + len(word.text) if found >= 0 else cursor
        text = plain(word.text)
        if not text:  # a tag
            gap += word.text
            continue
        text, gap = _space(gap) + text, ""
        if word.span is None:
            joined += 1
            if rows:
                rows[-1]["word"] += text
            else:
                untimed += text
            continue
        first, last = span_ticks(*word.span, 1000)
        rows.append({"word": untimed + text, "start": first / 1000, "end": last / 1000})
        untimed = ""
        if word.confidence is not None:
            rows[-1]["probability"] = word.confidence
    return rows, joined


def _space(gap: str) -> str:
    """A space if there is white space between two words beside tags."""
    seen = TAG.sub(lambda tag: "\n" if (tag["name"] or "").lower() == "br" else "", gap)
    return " " if any(map(str.isspace, seen)) else ""


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per segment, without the space that Whisper puts before every text.

    Words come from the segments, else from the file's list of words, assigned to segments by time; if there are only
    words, they are grouped into cues by pauses. Times may be start and end, start and duration, offset and duration, or
    a pair, in any usual unit; see `times_of`.
    """
    data = plain_results(source.json)
    if isinstance(data, dict) and isinstance(data.get("transcription"), list):
        return _whisper_cpp(data["transcription"], notes)
    if isinstance(data, dict):
        rows = next((data[key] for key in _LISTS if isinstance(data.get(key), list) and key not in _WORD_LISTS), None)
        words = [w for key in _WORD_LISTS if isinstance(data.get(key), list) for w in _dicts(data[key])]
        if rows is None and not words:
            text = _text(data)
            if text and times_of(data) != (None, None):  # the only row of a JSON-lines file
                rows = [data]
            else:
                return [Draft(text)] if text else []
    else:
        rows, words = data, []
        if _dicts(rows) and all("word" in row and "text" not in row for row in _dicts(rows)):
            rows, words = None, _dicts(rows)
    if rows is None:
        return grouped(spoken_rows(_word_rows(words, notes), notes))
    if rows and not _dicts(rows):
        raise CaptionError(f"{source.name}: expected segments as objects with 'text', got {type(rows[0]).__name__}")
    drafts = [_segment(row) for row in _dicts(rows)]
    if words and not any(d.words for d in drafts):
        in_seconds(drafts, notes)
        left = assign_words(drafts, spoken_words([row.word for row in _word_rows(words, notes)], notes))
        if left:
            notes.add(
                "words of the file's word list are in no segment", detail=f"{len(left)} words, first {left[0].text!r}"
            )
    else:
        in_seconds(drafts, notes)
    note_dropped(_dicts(rows), drafts, notes)
    for place, (row, draft) in enumerate(zip(_dicts(rows), drafts, strict=True), 1):
        own = _dicts(row.get("words"))
        if len(own) == len(draft.words):  # not the words of the file-level list
            note_words(own, draft.words, "cue", place, notes)
    audio = [_str(row.get("audio_filepath")) for row in _dicts(rows)]
    if len(set(audio)) > 1:  # a manifest of NeMo for several recordings
        for draft, path in zip(drafts, audio, strict=True):
            draft.recording = PurePath(path).stem if path else None
    return drafts


def _segment(row: dict[str, Any]) -> Draft:
    start, end = times_of(row)
    words = [_word(w) for w in _dicts(row.get("words"))]
    if start is None and end is None:
        timed = [word.span for word in words if word.span is not None]
        start, end = (timed[0].start, timed[-1].end) if timed else (None, None)
    return Draft(_text(row), start, end, id=_str(row.get("id")), speaker=_speaker(row), words=words)


def _text(row: dict[str, Any]) -> str:
    value = next((row[key] for key in _TEXTS if isinstance(row.get(key), (str, int, float))), "")
    return str(value).strip()


def _speaker(row: dict[str, Any]) -> str | None:
    return _str(next((row[key] for key in ("speaker", "speaker_label", "speakerLabel") if key in row), None))


def _word(row: dict[str, Any]) -> CueWord:
    start, end = times_of(row)
    score = next((row[key] for key in _SCORES if key in row), None)
    text = row.get("punctuated_word", row.get("word"))
    return CueWord(_text(row) if text is None else str(text).strip(), start, end, json_seconds(score))


def _word_rows(words: list[dict[str, Any]], notes: Notes) -> list[WordRow]:
    """Words with times in seconds, whatever the unit of the file."""
    read = [_word(row) for row in words]
    timed = [Draft(word.text, word.start, word.end) for word in read]
    in_seconds(timed, notes)
    note_dropped(words, timed, notes)
    return [
        WordRow(CueWord(word.text, draft.start, draft.end, word.score), speaker=_speaker(row))
        for word, draft, row in zip(read, timed, words, strict=True)
    ]


def _whisper_cpp(rows: list[Any], notes: Notes) -> list[Draft]:
    out = []
    for place, row in enumerate(_dicts(rows), 1):
        start, end = _cpp_times(row)
        if start is not None and end is None:
            note_end({"to": (row.get("offsets") or row.get("timestamps") or {}).get("to")}, place, notes)
        words: list[CueWord] = []
        for token in _dicts(row.get("tokens")):
            text = str(token.get("text", ""))
            if text.startswith("[_") or not text.strip():  # [_BEG_], [_TT_123]: special tokens
                continue
            begin, stop = _cpp_times(token)
            score = json_seconds(token.get("p"))
            found = token.get("offsets") if isinstance(token.get("offsets"), dict) else token.get("timestamps")
            if isinstance(found, dict):
                given = {"start": found.get("from"), "end": found.get("to")}
                note_words([given], [CueWord(text.strip(), begin, stop)], "cue", place, notes)
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
    data = plain_results(source.json)
    if isinstance(data, dict):
        listed = any(isinstance(data.get(key), list) for key in _LISTS)
        row = bool(_text(data)) and times_of(data) != (None, None)
        return listed or ((row or isinstance(data.get("text"), str)) and not is_lhotse(data))
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        return bool(data[0].keys() & {*_TEXTS, "start"}) and not is_lhotse(data[0])
    return False


FORMAT = Format(
    "whisper",
    (".whisper.json",),
    "JSON of openai-whisper with word times",
    read,
    render,
    aliases=("whisperx",),
    resolution=1e-3,
    keeps=frozenset({"words", "word_ends", "scores", "speakers"}),
    evidence="json",
    matches=_matches,
)
