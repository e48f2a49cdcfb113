"""Formats of columns, read back without the code of the package."""

from __future__ import annotations

import csv
import io
import re

from hypothesis import given

from ctcalign.formats import render
from tests.formats.generated_alignments import alignments
from tests.formats.independent_reading import close, few, spoken, visible


@few
@given(alignments())
def test_ctm_by_columns(alignment):
    rendered = render(alignment, "ctm")
    rows = [line.split(" ") for line in rendered.content.split("\n")[:-1]]
    words = sorted(
        spoken(alignment), key=lambda cw: (str(1 if cw[0].channel is None else cw[0].channel), round(cw[1].start, 9))
    )
    assert len(rows) == len(words) == rendered.words
    key = [(row[1], float(row[2]), float(row[3])) for row in rows]
    assert key == sorted(key, key=lambda k: k[:2])
    found = sorted((float(r[2]), float(r[2]) + float(r[3])) for r in rows)
    expected = sorted((round(w.start, 3), round(w.end, 3)) for _, w in words)
    assert all(abs(a - c) < 0.0011 and abs(b - d) < 0.0011 for (a, b), (c, d) in zip(found, expected, strict=True))
    scored = any(w.confidence is not None for _, w in words)
    assert all(len(row) == (6 if scored else 5) for row in rows)
    assert all(re.fullmatch(r"\d+\.\d{3}", column) for row in rows for column in row[2:4])
    assert all(len(line.split()) == len(line.split(" ")) for line in rendered.content.split("\n")[:-1])


@few
@given(alignments())
def test_stm_by_columns(alignment):
    rendered = render(alignment, "stm")
    placed = sorted((c for c in alignment.cues if c.start is not None), key=lambda c: (c.channel or 0, c.start))
    rows = [line.split(" ", 5) for line in rendered.content.split("\n")[:-1]]
    assert close([(float(r[3]), float(r[4])) for r in rows], [(c.start, c.end) for c in placed], 0.001)
    assert [r[2] for r in rows] == ["_".join((c.speaker or "UNKNOWN").split()) for c in placed]
    for row, cue in zip(rows, placed, strict=True):
        text = (row[5:] or [""])[0]
        assert not text.startswith("<") or text.startswith("<o> <")
        assert visible(text.removeprefix("<o> ")) == visible(cue.text)


@few
@given(alignments())
def test_audacity_by_columns(alignment):
    rendered = render(alignment, "audacity")
    rows = [line.split("\t") for line in rendered.content.split("\n")[:-1]]
    placed = sorted((c for c in alignment.cues if c.start is not None), key=lambda c: c.start)
    assert close([(float(r[0]), float(r[1])) for r in rows], [(c.start, c.end) for c in placed], 1e-6)
    assert [visible(r[2]) for r in rows] == [visible(c.text) for c in placed]
    words = [line.split("\t") for line in render(alignment, "audacity-words").content.split("\n")[:-1]]
    assert len(words) == len(spoken(alignment))
    assert all(len(row) == 3 for row in rows + words)


@few
@given(alignments())
def test_tsv_by_csv(alignment):
    def read(name):
        return list(
            csv.DictReader(
                io.StringIO(render(alignment, name).content, newline="\n"), delimiter="\t", quoting=csv.QUOTE_NONE
            )
        )

    rows = read("tsv")
    assert [int(r["index"]) for r in rows] == [c.index for c in alignment.cues]
    for row, cue in zip(rows, alignment.cues, strict=True):
        check_row(row, cue)
    words = read("tsv-words")
    flat = [(cue, i, word) for cue in alignment.cues for i, word in enumerate(cue.words)]
    assert [(int(r["index"]), int(r["word"])) for r in words] == [(cue.index, i) for cue, i, _ in flat]
    for row, (_, _, word) in zip(words, flat, strict=True):
        check_row(row, word)


def check_row(row, item):
    for key in ("start", "end"):
        value = getattr(item, key)
        assert (row[key] == "") == (value is None)
        assert value is None or abs(float(row[key]) - value) <= 0.0005 + 1e-7
    assert row["status"] == item.status
    assert (row["confidence"] == "") == (item.confidence is None)
    text = re.sub(r"\\([\\tnr])", lambda m: {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}[m[1]], row["text"])
    if all(character.isprintable() or character in "\n\t" for character in item.text):
        assert text == item.text
    assert visible(text) == visible(item.text)


@few
@given(alignments())
def test_lrc_by_columns(alignment):
    rendered = render(alignment, "lrc")
    placed = sorted((c for c in alignment.cues if c.start is not None), key=lambda c: c.start)
    found = re.findall(r"^\[(\d+):(\d\d\.\d\d)\](.*)$", rendered.content, re.MULTILINE)
    starts = [60 * int(m) + float(s) for m, s, _ in found]
    for cue in placed:
        assert any(abs(cue.start - s) <= 0.005 + 1e-7 for s in starts)
    for _, _, text in found:
        stamps = [60 * int(m) + float(s) for m, s in re.findall(r"<(\d+):(\d\d\.\d\d)>", text)]
        assert stamps == sorted(stamps)
