"""The index of the pages of a corpus: hours, confidences, failures, and a table of all recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ctcalign.corpus.folder.report import Tally
from ctcalign.files import atomic_write
from ctcalign.report.pages.parts import histogram
from ctcalign.review.assets import index_assets, policy
from ctcalign.review.corpus.recordings import Row, Source, page_address
from ctcalign.review.escaping import plain_line
from ctcalign.review.templates import template

WORST = 20  # recordings of the list
# Columns of the table and how they are sorted.
COLUMNS = (
    ("Recording", "text"),
    ("Confidence", "number"),
    ("Duration", "number"),
    ("Captions", "number"),
    ("Aligned", "number"),
    ("Not spoken", "number"),
    ("Failed", "number"),
    ("Reviewed", "number"),
    ("Warnings", "number"),
    ("Note", "text"),
)
_NOTE = 300  # characters


@dataclass
class IndexTally:
    """Sums over the recordings of a corpus."""

    tally: Tally = field(default_factory=Tally)
    reviewed: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(
        default_factory=dict
    )  # address of the page by id, of recordings that may be the worst

    def add(self, source: Source, state: Row) -> None:
        """Count a recording. `state`: see `make_page`; empty if `align-corpus` could not align it."""
        if state.get("problem"):
            self.problems[state["problem"]] += 1
        summary = state.get("summary")
        if summary is not None:
            self.tally.add({"status": "done", "id": source.id, "seconds": {}, **summary})
            self.reviewed += summary["reviewed"]
            if summary["confidence"] is not None:
                self.names[source.id] = page_address(source)
                self._keep_the_worst()
        elif source.is_failed and source.record is not None:
            self.tally.add({"reason": "", "detail": "", "attempts": 0, **source.record})

    def _keep_the_worst(self) -> None:
        if len(self.names) > 1000:
            worst = {row["id"] for row in self.report(None)["worst"]}
            self.names = {id: address for id, address in self.names.items() if id in worst}

    def report(self, model: str | None) -> dict[str, Any]:
        """The report of the corpus; see `ctcalign.corpus.folder.report`."""
        return self.tally.report({"model": model}, 0, 0)


def write_index(
    output: Path, title: str, model: str | None, counted: IndexTally, recordings: Iterable[tuple[Source, Row]]
) -> None:
    """Write index.html; the rows of its table are written one after the other.

    Args:
        model: that the corpus was aligned with.
        counted: sums over the recordings.
        recordings: each with the state of its page.
    Raises:
        OutputError: it cannot be written.
    """
    found, report = index_assets(), counted.report(model)
    worst = [
        {"name": plain_line(row["id"]), "page": counted.names[row["id"]], "confidence": row["confidence"]}
        for row in report["worst"][:WORST]
        if row["confidence"] is not None
    ]
    bars = Markup(histogram(report["histogram"], "confidence of aligned captions")) if report["histogram"] else None
    values = {
        "title": plain_line(title),
        "policy": policy(found),
        "style": Markup(found.style),
        "script": Markup(found.scripts[0]),
        "report": report,
        "reviewed": counted.reviewed,
        "histogram": bars,
        "worst": worst,
        "reasons": [
            (plain_line(reason), count)
            for reason, count in (*report["reasons"].items(), *counted.problems.most_common())
        ],
        "problems": sum(counted.problems.values()),
        "columns": COLUMNS,
        "rows": _rows(recordings),
    }
    with atomic_write(output / "index.html") as stream:
        for chunk in template("index/index.html").generate(values):
            stream.write(chunk)


def _rows(recordings: Iterable[tuple[Source, Row]]) -> Iterator[dict[str, Any]]:
    for source, state in recordings:
        summary, record = state.get("summary"), source.record or {}
        note = ": ".join(str(state[key]) for key in ("problem", "detail") if state.get(key))
        if source.is_failed:
            note = ": ".join(str(record[key]) for key in ("reason", "detail") if record.get(key))
        note = plain_line(note)
        yield {
            "name": plain_line(source.id),
            "page": page_address(source) if state.get("page") else None,
            "state": "done" if summary is not None else "failed",
            "problem": bool(state.get("problem")),
            "open": summary is not None and summary["reviewed"] < summary["cues"],
            "cells": _cells(summary),
            "note": note if len(note) <= _NOTE else note[: _NOTE - 1] + "…",
        }


def _cells(summary: Row | None) -> list[tuple[str, str]]:
    """Text and value for sorting of each column of numbers."""
    if summary is None:
        return [("", "")] * (len(COLUMNS) - 2)
    confidence, seconds = summary["confidence"], summary["duration"]
    cells = [("", "") if confidence is None else (f"{confidence:.3f}", f"{confidence:.6f}")]
    cells.append((f"{seconds // 3600:.0f}:{seconds // 60 % 60:02.0f}:{seconds % 60 // 1:02.0f}", f"{seconds:.3f}"))
    names = ("cues", "aligned", "not_spoken", "failed", "reviewed", "warnings")
    return [*cells, *((str(summary[name]), str(summary[name])) for name in names)]
