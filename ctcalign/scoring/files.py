"""`read_timed`: any file with timed captions or words, as the items that `comparison.compare` compares."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.document import is_document
from ctcalign.errors import CaptionError
from ctcalign.files import parse_json
from ctcalign.files.text_size import MANIFESTS, read_bytes
from ctcalign.formats.datasets.lhotse import Supervision, is_lhotse, supervisions
from ctcalign.formats.reading import from_captions
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.scoring.items import TimedFile, TimedItem, items_of
from ctcalign.scoring.word_edges import word_edges
from ctcalign.spans import Span
from ctcalign.text.words import plain_words

TRUTH = "ctcalign-truth/"
VERSION = "1"
_ONLY_WORDS = ("ctm",)  # formats of words, grouped into cues by pauses


def read_timed(path: str | Path, recording: str | None = None, likely: str | None = None) -> list[TimedFile]:
    """The cues and words of a file, one `TimedFile` per recording.

    JSON alignments, lhotse manifests of supervisions or cuts (with `custom` as ctcalign writes it), truth files
    (`ctcalign-truth/1`), JSON lists of objects with text, start and end, and every caption format with times.

    Args:
        path: a file, or "-" for standard input.
        recording: id of the only recording to read from a file that contains several.
        likely: the one to read of several if `recording` is None, such as the name of the audio; None: all.
    Raises:
        CaptionError: the file is missing, empty, damaged, of an unknown format, without times, or without this
            recording.
    """
    from ctcalign.formats.captions import read_captions

    name = "standard input" if str(path) == "-" else str(path)
    document = _document(path)
    if isinstance(document, list):
        files = _lhotse(document, name) if is_lhotse(document[0]) else [TimedFile(name, _plain(document, name))]
    elif isinstance(document, dict) and is_lhotse(document):
        files = _lhotse([document], name)
    elif _is_truth(document):
        files = [TimedFile(name, _truth(document, name, None if str(path) == "-" else Path(path)))]
    elif isinstance(document, dict):
        try:
            files = [TimedFile(name, items_of(Alignment.from_dict(document)))]
        except CaptionError as error:
            raise CaptionError(f"{name}: {error}") from error
    else:
        source: Any = io.BytesIO(document) if isinstance(document, bytes) else path
        captions = read_captions(source, recording=recording, likely=likely)
        cues = items_of(from_captions(captions))
        for item in (item for cue in cues for item in (cue, *cue.words)):
            if item.spoken is None:  # in a caption file, no time means not spoken
                item.spoken = False
        files = [TimedFile(name, cues, captions.recording, captions.format not in _ONLY_WORDS)]
    if recording is None and likely is not None and len(files) > 1:
        recording = likely
    files = _chosen(files, recording, name)
    if not any(cue.start is not None for file in files for cue in file.cues):
        raise CaptionError(f"{name}: nothing in it has a time; expected an alignment or captions with times")
    return files


def _chosen(files: list[TimedFile], recording: str | None, name: str) -> list[TimedFile]:
    held = [file.recording for file in files if file.recording is not None]
    if recording is None or not held:
        return files
    if recording not in held:
        shown = ", ".join(name[:60] for name in held[:5]) + (", ..." if len(held) > 5 else "")
        raise CaptionError(f"{name}: contains no recording {recording!r}; it has {shown}")
    return [file for file in files if file.recording == recording]


def _document(path: str | Path) -> Any:
    """Parsed JSON that is read here; else the bytes of standard input, or None, for the readers of captions."""
    from ctcalign.formats.shared.encoding import decode

    if str(path) == "-":
        data = read_bytes(sys.stdin.buffer, str(path), MANIFESTS)
    else:
        try:
            data = read_bytes(path, str(path), MANIFESTS)
        except OSError:
            return None  # the reader of captions reports the error (or reads the folder)
    other = data if str(path) == "-" else None
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return other
    text = decode(data, str(path), MANIFESTS).text
    try:
        found = parse_json(text, str(path), MANIFESTS)
    except CaptionError:
        return other
    if isinstance(found, list):
        known = found and all(isinstance(row, dict) and (is_lhotse(row) or _is_plain(row)) for row in found)
        return found if known else other
    return found if is_lhotse(found) or _is_truth(found) or is_document(found) else other


def _is_truth(document: Any) -> bool:
    return isinstance(document, dict) and str(document.get("format", "")).startswith(TRUTH)


def _is_plain(row: dict[str, Any]) -> bool:
    return "start" in row and ("text" in row or "word" in row)


def _plain(rows: list[dict[str, Any]], name: str) -> list[TimedItem]:
    """Objects with text (or word), start, end and perhaps index, score, confidence, status, words.

    An object with neither times nor a status counts as not spoken.
    """
    return [_plain_item(row, name, f"[{i}]") for i, row in enumerate(rows)]


def _plain_item(row: Any, name: str, place: str) -> TimedItem:
    if not isinstance(row, Mapping):
        raise CaptionError(f"{name}: {place}: expected an object with text, start and end, got {type(row).__name__}")
    start, end = json_seconds(row.get("start")), json_seconds(row.get("end"))
    words = row.get("words")
    index = row.get("index")
    return TimedItem(
        str(row.get("text", row.get("word", ""))),
        start,
        end,
        index=index if isinstance(index, int) and not isinstance(index, bool) else None,
        spoken=_spoken(row.get("status"), Span.of(start, end) is not None),
        score=json_seconds(row.get("score")),
        confidence=_probability(row.get("confidence"), f"{name}: {place}"),
        words=[_plain_item(w, name, f"{place}.words[{i}]") for i, w in enumerate(words)]
        if isinstance(words, list)
        else [],
    )


def _spoken(status: Any, placed: bool) -> bool | None:
    known: dict[Any, bool | None] = {"aligned": placed or None, "not_spoken": False, "failed": None}
    return known.get(status, placed) if isinstance(status, str) else placed


def _probability(value: Any, place: str) -> float | None:
    found = json_seconds(value)
    if found is not None and not 0.0 <= found <= 1.0:
        raise CaptionError(f"{place}: confidence is {value}, expected a probability in [0, 1]")
    return found


def _lhotse(rows: list[Any], name: str) -> list[TimedFile]:
    files: dict[str | None, TimedFile] = {}
    for row in rows:
        for found in supervisions(row) if isinstance(row, dict) else ():
            file = files.setdefault(found.recording, TimedFile(name, [], found.recording))
            file.cues.append(_supervision(found, name))
    if not files:
        raise CaptionError(f"{name}: no supervisions in it; expected at least one")
    return list(files.values())


def _supervision(found: Supervision, name: str) -> TimedItem:
    place = f"{name}: supervision {found.row.get('id')}"
    # The caption's own status decides: its supervision has times even if the caption has none.
    fields = {"text": found.custom.get("raw_text") or found.row.get("text") or "", "start": found.start}
    fields |= {"end": found.end} | {key: found.custom.get(key) for key in ("index", "score", "confidence", "status")}
    cue = _plain_item(fields, place, "custom")
    text = found.row.get("text")
    cue.readings = (text,) if isinstance(text, str) else ()
    for own in found.words:
        if own.span is not None and plain_words(own.text):
            word = TimedItem(own.text, own.start, own.end)
            if own.score is not None and 0.0 <= own.score <= 1.0:  # else it is a score in nats
                word.confidence = own.score
            else:
                word.score = own.score
            cue.words.append(word)
    return cue


def _truth(document: Mapping[str, Any], name: str, path: Path | None) -> list[TimedItem]:
    """The utterances of a truth file, with their `words` if its level is "word"."""
    if document["format"] != TRUTH + VERSION:
        raise CaptionError(f"{name}: format is {document['format']!r}, expected {TRUTH + VERSION!r}")
    rows = document.get("utterances")
    if not isinstance(rows, list) or not rows:
        raise CaptionError(f"{name}: utterances: expected a list with at least one of them")
    words = document.get("level") == "word"
    items = [_true_item(row, i, f"{name}: utterances[{i}]", words) for i, row in enumerate(rows)]
    for item, edges in zip(items, word_edges(rows, path), strict=True):
        item.word_edges = edges
    return items


def _true_item(row: Any, place: int, where: str, with_words: bool) -> TimedItem:
    if not isinstance(row, Mapping) or not isinstance(row.get("text"), str):
        raise CaptionError(f"{where}: expected an object with a text")
    start, end = json_seconds(row.get("start")), json_seconds(row.get("end"))
    if start is not None and end is not None and end < start:
        raise CaptionError(f"{where}: ends at {end} s, before its start at {start} s")
    occurrences = row.get("occurrences") or []
    readings = (row.get(key) for key in ("text_norm", "spoken_text_norm"))
    words = row.get("words") if with_words else None
    index, exact = row.get("index"), row.get("exact")
    try:
        spans = [(json_seconds(a), json_seconds(b)) for a, b in occurrences]
    except (TypeError, ValueError) as error:
        raise CaptionError(f"{where}: occurrences: expected pairs of start and end") from error
    places = tuple((a, b) for a, b in spans if a is not None and b is not None)
    if len(places) < len(spans):
        raise CaptionError(f"{where}: occurrences: expected pairs of start and end")
    return TimedItem(
        row["text"],
        start,
        end,
        readings=tuple(text for text in readings if isinstance(text, str)),
        index=index if isinstance(index, int) else place,
        spoken=bool(row.get("spoken", True)) and Span.of(start, end) is not None,
        exact=exact if isinstance(exact, bool) else None,
        clip=Span.of(json_seconds(row.get("clip_start")), json_seconds(row.get("clip_end"))),
        occurrences=places,
        words=[_true_item(w, i, f"{where}.words[{i}]", False) for i, w in enumerate(words)]
        if isinstance(words, list)
        else [],
    )
