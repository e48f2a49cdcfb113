"""Selection of the phrases of a pass for training, by confidence, with the filter of `ctcalign filter`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.captions.phrases import CUE, REVIEWED
from ctcalign.adapt.options import AdaptOptions
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.documents import Document, Tally, filtered, least_confidence, read_document

LEFT_OUT = "left out of the training"
ELSEWHERE = "not where the review has its caption"
LIKELY = 0.5  # confidence from which a phrase is more likely right than wrong


@dataclass
class Selection:
    """Result of a filter.

    Attributes:
        limit: the lowest confidence that is kept; None: no phrase was kept.
        kept: rows with talk, index, cue, start, end, text and confidence.
        dropped: the same with a reason.
        confidences: of all aligned phrases, including those that are left out, except those of reviewed captions.
    """

    limit: float | None
    kept: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)


def select(talks: Sequence[Talk], folder: Path, options: AdaptOptions) -> Selection:
    """Filter the phrases of some recordings.

    Args:
        folder: with the alignment NAME.json of each.
    """
    documents: dict[Talk, Document] = {}
    for talk in talks:
        document = read_document(folder / f"{talk.name}.json")
        if document is not None:
            documents[talk] = document
    limit = _limit([_trained_on(document, talk) for talk, document in documents.items()], options)
    found = Selection(limit)
    for talk, document in documents.items():
        tally = Tally()
        filtered(document, Criteria(min_confidence=1.0 if limit is None else limit), tally)
        reasons = {row["index"]: row["reason"] for row in tally.rejected}
        for row in document.data["cues"]:
            place = _row(talk, row)
            judged = row["attributes"].get(REVIEWED)
            if row.get("confidence") is not None and row["status"] == "aligned" and judged is None:
                found.confidences.append(row["confidence"])
            reason = LEFT_OUT if place[CUE] in talk.left_out else reasons.get(row["index"])
            if limit is None and reason != LEFT_OUT and row["status"] == "aligned":
                reason = f"no confidence of {options.precision:g}"
            if judged is not None and reason != LEFT_OUT and row["status"] == "aligned":
                reason = None if judged else ELSEWHERE
            if reason is None:
                found.kept.append(place)
            else:
                found.dropped.append({**place, "reason": reason})
    return found


def _row(talk: Talk, row: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("index", "start", "end", "text", "confidence")
    return {"talk": talk.name, CUE: row["attributes"][CUE], **{key: row.get(key) for key in keys}}


def _trained_on(document: Document, talk: Talk) -> Document:
    """The rows without captions that are left out of the training or have been reviewed."""
    left = set(talk.left_out)
    rows = document.data["cues"]
    cues = [row for row in rows if row["attributes"][CUE] not in left and REVIEWED not in row["attributes"]]
    return Document(document.path, document.kind, {**document.data, "cues": cues})


def _limit(documents: Sequence[Document], options: AdaptOptions) -> float | None:
    """The lowest confidence to keep; None: no phrase is good enough."""
    if options.weights:
        return LIKELY
    if options.top_share is None:
        least = least_confidence(documents, Criteria(), options.precision)
        return None if least is None else max(least, LIKELY)
    tally = Tally()
    for document in documents:
        filtered(document, Criteria(min_confidence=0.0), tally)
    falling = sorted(tally.confidences, reverse=True)
    if not falling:
        return None
    return falling[max(1, round(options.top_share * len(falling))) - 1]
