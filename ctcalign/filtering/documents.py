"""Alignments and lhotse manifests without the cues that a filter rejects; kept cues are not changed."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.alignment.document import is_document
from ctcalign.errors import CaptionError, UsageError
from ctcalign.files import parse_json
from ctcalign.files.text_size import MANIFESTS, read_bytes
from ctcalign.filtering.criteria import CONFIDENCE, Candidate, Criteria, rejection
from ctcalign.formats.datasets.lhotse import Supervision, is_lhotse, selected
from ctcalign.formats.shared.clock import json_seconds


@dataclass
class Document:
    """A file that can be filtered: a JSON alignment, or the rows of a lhotse manifest (`listed`: in one JSON list)."""

    path: Path
    kind: Literal["alignment", "lhotse"]
    data: Any
    listed: bool = False


@dataclass
class Tally:
    """Cues and seconds read and kept, and the reasons of the rejected ones. Seconds are sums over cues with times.

    `rejected` has an object for each rejected cue: file, index or id, start, end, text, confidence, reason. With `most`
    it has at most so many for each reason, and `each` is called with every one.
    """

    cues: int = 0
    seconds: float = 0.0
    kept_cues: int = 0
    kept_seconds: float = 0.0
    confidences: array[float] = field(default_factory=lambda: array("d"))  # of the kept cues
    reasons: Counter[str] = field(default_factory=Counter)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    most: int | None = None
    each: Callable[[dict[str, Any]], None] | None = None

    @property
    def precision(self) -> float | None:
        """Mean confidence of the kept cues: the fraction of them that is right if confidences are calibrated."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else None

    def keeps(self, cue: Candidate, criteria: Criteria, where: dict[str, Any]) -> bool:
        """Count a cue, and return whether it is kept. `where`: its file and index or id."""
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
            if confidence is not None:
                self.confidences.append(confidence)
            return True
        self.reasons[reason] += 1
        place = {"start": cue.start, "end": cue.end, "text": cue.text, "confidence": confidence}
        row = {**where, **place, "reason": reason}
        if self.most is None or self.reasons[reason] <= self.most:
            self.rejected.append(row)
        if self.each is not None:
            self.each(row)
        return False


def read_document(path: Path) -> Document | None:
    """The alignment or manifest in a file; None if it is neither.

    Raises:
        CaptionError: it cannot be read, or is damaged.
    """
    from ctcalign.formats.shared.encoding import decode

    try:
        text = decode(read_bytes(path, str(path), MANIFESTS), str(path), MANIFESTS).text
    except OSError as error:
        raise CaptionError(f"{path}: cannot be read: {error.strerror or error}") from error
    data = parse_json(text, str(path), MANIFESTS)
    rows = data if isinstance(data, list) else [data]
    if is_document(data):
        try:
            Alignment.from_dict(data)
        except CaptionError as error:
            raise CaptionError(f"{path}: {error}") from error
        return Document(path, "alignment", data)
    other = next((i for i, row in enumerate(rows) if not is_lhotse(row)), None)
    if not rows or other == 0:
        return None
    if other is not None:
        raise CaptionError(
            f"{path}: row {other + 1} is neither a cut nor a supervision of lhotse, unlike the rows above"
        )
    return Document(path, "lhotse", rows, listed=text.lstrip().startswith("["))


def filtered(document: Document, criteria: Criteria, tally: Tally) -> Document:
    """A new document with the kept cues; every cue is counted in `tally`.

    The warnings of an alignment contain the number of rejected cues. A cut is kept as long as it has a supervision.
    """
    if document.kind == "alignment":
        return Document(document.path, "alignment", _alignment(document, criteria, tally))
    file = str(document.path)

    def keep(own: Supervision) -> bool:
        where = {"file": file, "recording": own.recording, "id": own.row.get("id")}
        return tally.keeps(_supervision(own), criteria, where)

    rows = [selected(row, keep) for row in document.data]
    return Document(document.path, "lhotse", [row for row in rows if row is not None], document.listed)


def least_confidence(documents: Iterable[Document], criteria: Criteria, precision: float) -> float | None:
    """The lowest limit of confidence at which the estimated precision, the mean confidence of the kept cues, suffices.

    Args:
        criteria: the other limits; a limit of confidence among them is ignored.
        precision: in (0, 1].
    Returns:
        The lowest confidence of a kept cue; None if even the highest confidence is below `precision`.
    Raises:
        UsageError: precision is out of range.
    """
    if not 0 < precision <= 1:
        raise UsageError(f"precision is {precision}, expected a fraction above 0 and up to 1")
    tally = Tally(most=0)
    for document in documents:
        filtered(document, replace(criteria, min_confidence=0.0), tally)
    falling = sorted(tally.confidences, reverse=True)
    total, least = 0.0, None
    for count, confidence in enumerate(falling, 1):
        total += confidence
        if total < precision * count - 1e-12:  # the mean only decreases from here
            break
        if count == len(falling) or falling[count] < confidence:  # equal confidences are kept together
            least = confidence
    return least


def _alignment(document: Document, criteria: Criteria, tally: Tally) -> dict[str, Any]:
    rows = document.data["cues"]
    name = {"file": str(document.path)}
    kept = [row for row in rows if tally.keeps(_cue(row), criteria, {**name, "index": row["index"]})]
    out = {**document.data, "cues": kept}
    if len(kept) < len(rows):
        note = f"filter: {len(rows) - len(kept)} of {len(rows)} cues were rejected"
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


def _supervision(own: Supervision) -> Candidate:
    status = own.custom.get("status", "aligned")
    return Candidate(
        str(own.row.get("text") or ""),
        own.start,
        own.end,
        status if status in ("not_spoken", "failed") else "aligned",
        fields=own.custom,
        words=[_word(word) for word in own.words],
    )


def _word(word: CueWord) -> Candidate:
    # lhotse has one number per word: ctcalign writes the confidence there, others a score in nats.
    name = CONFIDENCE if word.score is not None and 0 <= word.score <= 1 else "score"
    return Candidate(word.text, None, None, fields={name: word.score})
