"""Alignments and lhotse manifests less the cues that a filter rejects; of what is kept nothing is changed."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import CaptionError, UsageError
from ctcalign.filtering.criteria import CONFIDENCE, Candidate, Criteria, rejection
from ctcalign.formats.lhotse import Supervision, is_lhotse, supervisions
from ctcalign.formats.shared.clock import json_seconds

_FAMILY = "ctcalign/alignment/"


@dataclass
class Document:
    """A file that can be filtered: an alignment of ours, or the rows of a lhotse manifest (`listed`: a JSON list)."""

    path: Path
    kind: Literal["alignment", "lhotse"]
    data: Any
    listed: bool = False


@dataclass
class Tally:
    """What was given, what is kept, and why the rest is not. Seconds are sums over cues that have a time.

    `rejected` holds an object for each cue that is left out: file, index or id, start, end, text, confidence, reason.
    """

    cues: int = 0
    seconds: float = 0.0
    kept_cues: int = 0
    kept_seconds: float = 0.0
    confidences: list[float] = field(default_factory=list)  # of what is kept
    reasons: Counter[str] = field(default_factory=Counter)
    rejected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """Mean confidence of what is kept: the share of it that is right if confidences keep their word."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else None

    def judge(self, cue: Candidate, criteria: Criteria, where: dict[str, Any]) -> bool:
        """Whether the cue is kept; counts it."""
        confidence = cue.number(CONFIDENCE)
        if confidence is not None and not 0 <= confidence <= 1:
            name = ", ".join(f"{key} {value}" for key, value in where.items() if key != "file")
            raise CaptionError(f"{where['file']}: {name}: confidence is {confidence:g}, expected a probability")
        seconds = cue.duration or 0.0
        self.cues += 1
        self.seconds += seconds
        reason = rejection(cue, criteria)
        if reason is None:
            self.kept_cues += 1
            self.kept_seconds += seconds
            self.confidences += [] if confidence is None else [confidence]
            return True
        self.reasons[reason] += 1
        place = {"start": cue.start, "end": cue.end, "text": cue.text, "confidence": confidence}
        self.rejected.append({**where, **place, "reason": reason})
        return False


def read_document(path: Path) -> Document | None:
    """The alignment or manifest in a file; None when it is something else.

    Raises:
        CaptionError: it cannot be read, or is broken.
    """
    from ctcalign.formats.shared.encoding import decode

    try:
        text = decode(path.read_bytes(), str(path)).text
    except OSError as error:
        raise CaptionError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise CaptionError(f"{path}: JSON nested too deeply to be an alignment") from error
    except ValueError as error:
        data = _json_lines(text, path, error)
        rows, listed = data, False
    else:
        rows, listed = (data, True) if isinstance(data, list) else ([data], False)
    if isinstance(data, dict) and str(data.get("schema", "")).startswith(_FAMILY):
        try:
            Alignment.from_dict(data)
        except CaptionError as error:
            raise CaptionError(f"{path}: {error}") from error
        return Document(path, "alignment", data)
    strange = next((i for i, row in enumerate(rows) if not is_lhotse(row)), None)
    if not rows or strange == 0:
        return None
    if strange is not None:
        raise CaptionError(f"{path}: row {strange + 1} is no cut and no supervision of lhotse, unlike those above it")
    return Document(path, "lhotse", rows, listed)


def _json_lines(text: str, path: Path, first: ValueError) -> list[Any]:
    rows: list[Any] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                shown = f"line {number}: {error}" if rows else str(first)
                raise CaptionError(f"{path}: not valid JSON ({shown}); is the file complete?") from error
    return rows


def filtered(document: Document, criteria: Criteria, tally: Tally) -> Document:
    """A new document with the cues that are kept; every cue is counted in `tally`.

    An alignment says in its warnings how many cues were left out. A cut stays as long as it keeps a supervision.
    """
    if document.kind == "alignment":
        return Document(document.path, "alignment", _alignment(document, criteria, tally))
    rows = [_row(row, document.path, criteria, tally) for row in document.data]
    return Document(document.path, "lhotse", [row for row in rows if row is not None], document.listed)


def least_confidence(documents: Iterable[Document], criteria: Criteria, precision: float) -> float | None:
    """The confidence from which on a filter keeps most at this precision: the mean confidence of what it keeps.

    Args:
        criteria: what else is asked of a cue; a confidence among them is not looked at.
        precision: in (0, 1].
    Returns:
        The confidence of the least sure cue that is kept; None where not even the surest is as sure.
    Raises:
        UsageError: precision is out of range.
    """
    if not 0 < precision <= 1:
        raise UsageError(f"precision is {precision}, expected a share above 0 and up to 1")
    tally = Tally()
    for document in documents:
        filtered(document, replace(criteria, min_confidence=0.0), tally)
    surest = sorted(tally.confidences, reverse=True)
    total, least = 0.0, None
    for count, confidence in enumerate(surest, 1):
        total += confidence
        # Equals stay together; and the mean of what is sorted only falls.
        if total < precision * count - 1e-12:
            break
        if count == len(surest) or surest[count] < confidence:
            least = confidence
    return least


def _alignment(document: Document, criteria: Criteria, tally: Tally) -> dict[str, Any]:
    rows = document.data["cues"]
    name = {"file": str(document.path)}
    kept = [row for row in rows if tally.judge(_cue(row), criteria, {**name, "index": row["index"]})]
    out = {**document.data, "cues": kept}
    if len(kept) < len(rows):
        note = f"filter: {len(rows) - len(kept)} of {len(rows)} cues were left out"
        out["warnings"] = [*(document.data.get("warnings") or []), note]
    return out


def _cue(row: dict[str, Any]) -> Candidate:
    return Candidate(
        row["text"],
        json_seconds(row.get("start")),
        json_seconds(row.get("end")),
        row["status"],
        row.get("reason"),
        row,
        [_cue(word) for word in row.get("words") or []],
    )


def _row(row: dict[str, Any], path: Path, criteria: Criteria, tally: Tally) -> dict[str, Any] | None:
    """A row of a manifest with the supervisions that are kept, None without any."""
    kept = [own for own in supervisions(row) if tally.judge(_supervision(own), criteria, _where(own, path))]
    if not kept:
        return None
    if not ("tracks" in row or "supervisions" in row):
        return row
    identities = {id(own.row) for own in kept}
    out = copy.copy(row)
    if "tracks" in row:
        out["tracks"] = [_track(track, identities) for track in row["tracks"]]
    else:
        out["supervisions"] = [own for own in row["supervisions"] if id(own) in identities]
    return out


def _track(track: Any, kept: set[int]) -> Any:
    cut = track.get("cut") if isinstance(track, dict) else None
    if not isinstance(cut, dict) or not isinstance(cut.get("supervisions"), list):
        return track
    return {**track, "cut": {**cut, "supervisions": [own for own in cut["supervisions"] if id(own) in kept]}}


def _where(own: Supervision, path: Path) -> dict[str, Any]:
    return {"file": str(path), "recording": own.recording, "id": own.row.get("id")}


def _supervision(own: Supervision) -> Candidate:
    alignment = own.row.get("alignment")
    words = alignment.get("word") if isinstance(alignment, dict) else None
    status = own.custom.get("status", "aligned")
    return Candidate(
        str(own.row.get("text") or ""),
        own.start,
        own.end,
        status if status in ("not_spoken", "failed") else "aligned",
        fields=own.custom,
        words=list(_words(words)) if isinstance(words, list) else [],
    )


def _words(items: list[Any]) -> Iterator[Candidate]:
    for item in items:
        if isinstance(item, dict):
            item = [item.get(key) for key in ("symbol", "start", "duration", "score")]
        if isinstance(item, list) and item:
            score = json_seconds(item[3]) if len(item) > 3 else None
            # lhotse has one number a word: a probability as we write it, and else a score in nats.
            name = CONFIDENCE if score is not None and 0 <= score <= 1 else "score"
            yield Candidate(str(item[0]), None, None, fields={name: score})
