"""The report of a corpus, its page, and the live table, from records."""

from __future__ import annotations

import json
import time

import jsonschema
from rich.console import Console

from ctcalign.cli.corpus_table import table_of
from ctcalign.corpus.folder.report import WORST, Tally
from ctcalign.corpus.layout import place_of, recording_id
from ctcalign.corpus.state import State
from ctcalign.report.pages.corpus import page
from ctcalign.report.tables.corpus import failure_lines

NUMBER = {"type": "number", "minimum": 0}
# What programs may rely on.
SCHEMA = {
    "type": "object",
    "required": ["schema", "recordings", "done", "failed", "left", "hours", "cues", "reasons", "failures", "worst"],
    "properties": {
        "schema": {"const": "ctcalign/corpus-report/1"},
        **{name: NUMBER for name in ("recordings", "done", "failed", "hours", "captioned_hours", "words")},
        "cues": {"type": "object", "properties": {"aligned": NUMBER}, "required": ["aligned", "not_spoken", "failed"]},
        "failures": {"items": {"required": ["id", "reason", "detail", "attempts"]}},
        "worst": {"items": {"required": ["id", "confidence", "duration"]}},
        "histogram": {"items": NUMBER, "minItems": 20, "maxItems": 20},
    },
}


def done(id, confidence, cues=2):
    histogram = [0] * 20
    histogram[min(int(confidence * 20), 19)] = cues
    counts = {"aligned": cues, "not_spoken": 1, "failed": 0, "words": 7, "captioned": 4.0, "warnings": 0}
    row = {"id": id, "status": "done", "duration": 6.0, "confidence": confidence, "histogram": histogram}
    return row | counts | {"first_warnings": [], "seconds": {"aligning": 1.0, "reading": 0.5}}


def failed(id, reason):
    return {"id": id, "status": "failed", "reason": reason, "detail": "<b>why</b>", "attempts": 3}


def tally(records):
    found = Tally()
    for record in records:
        found.add(record)
    return found.report({"model": "builtin:en", "formats": ["json"]}, 0, 0)


def test_sums_and_the_worst_recordings():
    records = [done(f"r{number:03d}", number / 200) for number in range(150)] + [failed("x", "timed out")] * 2
    report = tally(records)
    jsonschema.validate(report, SCHEMA)
    assert (report["recordings"], report["done"], report["failed"]) == (152, 150, 2)
    assert report["hours"] == round(150 * 6 / 3600, 4)
    assert report["cues"] == {"aligned": 300, "not_spoken": 150, "failed": 0}
    assert report["reasons"] == {"timed out": 2}
    assert report["stages"] == {"aligning": 150.0, "reading": 75.0}
    assert sum(report["histogram"]) == 300
    assert [row["id"] for row in report["worst"]] == [f"r{number:03d}" for number in range(WORST)]
    assert json.loads(json.dumps(report)) == report


def test_the_page_shows_all_and_runs_nothing():
    report = tally([done("<script>alert(1)</script>", 0.9), failed("b", "no captions")])
    text = page(report)
    assert "&lt;script&gt;" in text
    assert "<script>" not in text
    assert "&lt;b&gt;why" in text
    assert "no captions" in text
    assert "<svg" in text
    empty = page(tally([]))
    assert "0 of 0 recordings aligned" in " ".join(empty.split())


def test_failures_are_named_and_counted():
    lines = failure_lines(tally([failed(f"{'x' * 2000}{number}", "no captions") for number in range(13)]))
    assert len(lines) == 11
    assert lines[-1] == "and 3 more recordings failed; report.json names all"
    assert all(len(line) < 200 for line in lines)


def test_damaged_records_are_named_and_counted():
    report = Tally().report({"model": "builtin:en"}, 0, 0, [f"r<{number}>" for number in range(12)])
    [line] = failure_lines(report)
    assert "12 (r<0>, r<1>," in line
    assert "and 2 more" in line
    text = " ".join(page(report).split())
    assert "12 records are damaged" in text
    assert "r&lt;11&gt;." in text
    assert "damaged" not in page(tally([]))


def test_the_live_table():
    state = State(total=100, done=30, failed=2, before=10, running=2, audio=7200.0, memory=[250_000_000, 260_000_000])
    state.began = time.monotonic() - 60
    state.stages.update({"aligning": 30.0, "running the model": 10.0})
    state.reasons["no captions"] = 2
    console = Console(width=100, record=True, file=open("/dev/null", "w", encoding="utf-8"))
    console.print(table_of(state))
    text = console.export_text()
    for part in (
        "30 done, 2 failed, 58 left, 10 before",
        "2.00 h per minute",
        "up to 260 MB",
        "aligning, 75% of the work",
    ):
        assert part in text
    assert abs(state.remaining - 60 / 32 * 58) < 2
    assert "2 x no captions" in text


def test_places_of_ids_are_safe_and_all_different():
    ids = [
        "a",
        "a/b",
        "../a",
        "/a",
        "a//b",
        "a/./b",
        ".a",
        "",
        "x" * 300,
        "x" * 301,
        "a b",
        "a\nb",
        "A:b",
        "a/" * 400,
        "ü",
    ]
    places = [place_of(id) for id in ids]
    assert len(set(places)) == len(ids)
    for place in places:
        parts = place.split("/")
        assert all(part and not part.startswith(".") and len(part.encode()) < 200 for part in parts), place
        assert len(place) < 500
    assert place_of("season 1/talk") == "season 1/talk"
    assert recording_id("a b") != recording_id("a_b")
    assert recording_id("a b").split() == [recording_id("a b")]
