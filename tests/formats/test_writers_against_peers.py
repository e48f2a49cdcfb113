"""Every format read again by a library (or a parser here) that shares no code with the writer: the same times."""

from __future__ import annotations

import html
import itertools
import json
import math
import re
import tempfile
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pympi
import pysubs2
import webvtt
from hypothesis import given
from praatio import textgrid as praatio_textgrid
from ttconv import model as ttconv_model
from ttconv.imsc import reader as imsc_reader
from ttconv.isd import ISD
from ttconv.style_properties import DisplayAlignType, FontStyleType, StyleProperties

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats import FORMATS, OUTPUT_FORMATS, render
from ctcalign.formats.own_json import SCHEMA_FILE
from tests.formats.generated_alignments import alignments
from tests.formats.independent_reading import UNDER_100_HOURS, close, few, shown, spoken, visible


@few
@given(alignments(longest=UNDER_100_HOURS, old_times=False))
def test_srt_by_pysubs2(alignment):
    rendered = render(alignment, "srt")
    events = pysubs2.SSAFile.from_string(rendered.content, format_="srt").events
    rows = shown(alignment)
    assert close([(e.start / 1000, e.end / 1000) for e in events], [(a, b) for _, a, b in rows], 0.001)
    assert len(events) == rendered.cues == len(alignment.cues) - len(rendered.omitted)


@few
@given(alignments(old_times=False))
def test_srt_beyond_100_hours(alignment):
    content = render(alignment, "srt").content
    stamp = r"(\d{2,}):([0-5]\d):([0-5]\d),(\d{3})"
    found = re.findall(rf"^(\d+)\n{stamp} --> {stamp}$", content, re.MULTILINE)
    times = [
        tuple(int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000 for h, m, s, ms in (f[1:5], f[5:9])) for f in found
    ]
    assert close(times, [(a, b) for _, a, b in shown(alignment)], 0.001)
    assert [int(f[0]) for f in found] == list(range(1, len(found) + 1))


@few
@given(alignments(longest=UNDER_100_HOURS))
def test_word_srt_by_pysubs2(alignment):
    rendered = render(alignment, "srt-words")
    events = pysubs2.SSAFile.from_string(rendered.content, format_="srt").events
    words = sorted((w for _, w in spoken(alignment)), key=lambda w: w.start)
    assert close([(e.start / 1000, e.end / 1000) for e in events], [(w.start, w.end) for w in words], 0.001)


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


@few
@given(alignments(old_times=False))
def test_vtt_by_webvtt(alignment):
    rendered = render(alignment, "vtt")
    captions = webvtt.from_string(rendered.content)
    rows = shown(alignment)
    assert close([(seconds(c.start), seconds(c.end)) for c in captions], [(a, b) for _, a, b in rows], 0.001)
    for caption, (cue, _, _) in zip(captions, rows, strict=True):
        stamps = [seconds(s) for s in re.findall(r"<(\d{2,}:\d\d:\d\d\.\d{3})>", caption.raw_text)]
        # The standard: word times grow and lie strictly inside the cue.
        assert all(
            a < b for a, b in zip([seconds(caption.start), *stamps], [*stamps, seconds(caption.end)], strict=True)
        )
        known = [t for w in cue.words if w.start is not None for t in (w.start, w.end)]
        assert all(min(abs(s - t) for t in known) <= 0.000501 for s in stamps)
        bare = html.unescape(re.sub(r"<[^>]*>", "", caption.raw_text))
        assert visible(bare) == visible(cue.text)
        if cue.speaker and cue.speaker.strip():
            voice = re.match(r"<v ([^>]*)>", caption.raw_text)
            assert html.unescape(voice[1]) == cue.speaker


@few
@given(alignments(longest=UNDER_100_HOURS, ordered=True, old_times=False))
def test_every_word_time_of_a_vtt_that_has_room(alignment):
    captions = webvtt.from_string(render(alignment, "vtt").content)
    for caption, (cue, start, end) in zip(captions, shown(alignment), strict=True):
        if "<i>" in cue.text or "{" in cue.text:
            continue  # tags among the words are the business of the golden tests
        stamps = [seconds(s) for s in re.findall(r"<(\d{2,}:\d\d:\d\d\.\d{3})>", caption.raw_text)]
        for word in cue.words:
            if word.start is not None and visible(word.text) and start + 0.002 < word.start < end - 0.002:
                assert any(abs(s - word.start) <= 0.001 for s in stamps)


@few
@given(alignments(longest=UNDER_100_HOURS, old_times=False))
def test_ass_by_pysubs2(alignment):
    rendered = render(alignment, "ass")
    events = pysubs2.SSAFile.from_string(rendered.content).events
    dialogue = [e for e in events if not e.is_comment]
    rows = shown(alignment)
    assert close([(e.start / 1000, e.end / 1000) for e in dialogue], [(a, b) for _, a, b in rows], 0.01)
    assert len(events) == len(alignment.cues)
    for event, (cue, _start, _) in zip(dialogue, rows, strict=True):
        parts = re.findall(r"\\k(\d+)", event.text)
        if not parts:
            continue
        assert 10 * sum(int(part) for part in parts) == event.end - event.start
        ends, at = set(), round(event.start / 10)
        for part in parts:
            ends.add(at)
            at += int(part)
            ends.add(at)
        for word in cue.words:
            if word.start is not None and visible(word.text) and word.text not in ("<i>", "</i>", "{\\an8}"):
                placed = [abs(word.start - e / 100) for e in ends]
                assert not placed or min(placed) <= 0.01 or word.text not in cue.text
    for event, (cue, _, _) in zip(dialogue, rows, strict=True):
        text = visible(re.sub(r"\{[^{}]*\}", "", event.text.replace("\\N", "")))
        expected = visible(cue.text).replace("{", "｛").replace("}", "｝").replace("\\N", "")
        assert text.replace("\\N", "") == expected


@few
@given(alignments(longest=UNDER_100_HOURS, ordered=True))
def test_textgrid_by_praatio(alignment):
    rendered = render(alignment, "textgrid")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.TextGrid"
        path.write_text(rendered.content, encoding="utf-8")
        grid = praatio_textgrid.openTextgrid(str(path), includeEmptyIntervals=True, reportingMode="error")
    assert abs(grid.maxTimestamp - alignment.duration) < 1e-6
    for tier in grid.tiers:  # no gaps, no overlaps, from 0 to the end
        edges = [(float(e.start), float(e.end)) for e in tier.entries]
        assert edges[0][0] == 0
        assert edges[-1][1] == grid.maxTimestamp
        assert all(a < b for a, b in edges)
        assert all(x[1] == y[0] for x, y in itertools.pairwise(edges))
    by_name = {tier.name: {(round(e.start, 6), round(e.end, 6)): e.label for e in tier.entries} for tier in grid.tiers}
    for cue in alignment.cues:
        if cue.start is not None and cue.end - cue.start > 1e-5 and visible(cue.text):
            label = by_name["cues"][(micro(cue.start), micro(cue.end))]
            assert visible(label) == visible(cue.text)
    for _, word in spoken(alignment):
        if word.end - word.start > 1e-5 and word.text in ("Hello", "world,", '"quoted"', "שלום", "item [1]"):
            cue_shown = any(visible(c.text) and word in c.words for c in alignment.cues)
            assert not cue_shown or by_name["words"][(micro(word.start), micro(word.end))] == word.text


def micro(value: float) -> float:
    return round(int(value * 1e6 + 0.5) / 1e6, 6)


@few
@given(alignments(longest=1000))
def test_textgrid_with_overlapping_cues_is_still_a_grid(alignment):
    rendered = render(alignment, "textgrid")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.TextGrid"
        path.write_text(rendered.content, encoding="utf-8")
        grid = praatio_textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    cues = sum(len(tier.entries) for tier in grid.tiers if tier.name.endswith("cues"))
    assert cues == rendered.cues == len(alignment.cues) - len(rendered.omitted)


@few
@given(alignments())
def test_json_holds_everything_and_obeys_its_schema(alignment):
    document = json.loads(render(alignment, "json").content)
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).validate(document)
    assert Alignment.from_dict(document) == alignment


@few
@given(alignments())
def test_kaldi_is_valid(alignment):
    rendered = render(alignment, "kaldi")
    files = {name: text.split("\n")[:-1] for name, text in rendered.content.items()}
    for name in ("segments", "text", "utt2spk", "spk2utt", "wav.scp"):
        keys = [line.split(" ")[0] for line in files[name]]
        assert [k.encode() for k in keys] == sorted({k.encode() for k in keys}), name
    utterances = [line.split(" ")[0] for line in files["segments"]]
    assert [line.split(" ")[0] for line in files["text"]] == utterances
    utt2spk = dict(line.split(" ") for line in files["utt2spk"])
    assert list(utt2spk) == utterances
    assert [s.encode() for s in utt2spk.values()] == sorted(s.encode() for s in utt2spk.values())
    spk2utt = {line.split(" ")[0]: line.split(" ")[1:] for line in files["spk2utt"]}
    assert {u: s for s, us in spk2utt.items() for u in us} == utt2spk
    recording = files["wav.scp"][0].split(" ")[0]
    cues = {cue.index: cue for cue in alignment.cues}
    for line, text in zip(files["segments"], files["text"], strict=True):
        name, reco, start, end = line.split(" ")
        cue = cues[int(name.rsplit("-", 1)[1])]
        assert reco == recording
        assert name.startswith(utt2spk[name] + "-")
        assert close([(float(start), float(end))], [(cue.start, cue.end)], 0.001)
        assert float(start) < float(end)
        assert cue.status == "aligned"
        assert len(text.split(" ")) >= 2
        assert text == " ".join(text.split())
    assert sorted(cues[i].index for i in rendered.omitted) == sorted(
        set(cues) - {int(name.rsplit("-", 1)[1]) for name in utterances}
    )


def test_every_format_reports_what_it_left_out():
    alignment = Alignment("a.wav", 9.0, "m", [AlignedCue(3, "lost", None, None, "failed", "too short")])
    for name in OUTPUT_FORMATS:
        if name == "lhotse":
            continue  # has its own file of tests: the import is slow
        rendered = render(alignment, name)
        assert rendered.omitted == ([] if name in ("json", "tsv", "tsv-words") else [3]), name
        assert name in ("json", "tsv", "tsv-words") or any("3" in note for note in rendered.notes), name
        if "unplaced" in FORMATS[name].keeps and name != "tsv-words":
            assert "lost" in rendered.content


@few
@given(alignments(longest=UNDER_100_HOURS, old_times=False))
def test_ttml_by_ttconv(alignment):
    rendered = render(alignment, "ttml")
    document = imsc_reader.to_model(ElementTree.ElementTree(ElementTree.fromstring(rendered.content)))
    assert document.get_lang() == "en"
    rows = shown(alignment)
    paragraphs = [one for div in document.get_body() or () for one in div]
    times = [(float(one.get_begin() or 0), float(one.get_end())) for one in paragraphs]
    assert close(times, [(a, b) for _, a, b in rows], 0.001)
    for paragraph, (cue, _, _) in zip(paragraphs, rows, strict=True):
        text = "".join(one.get_text() for one in paragraph.dfs_iterator() if isinstance(one, ttconv_model.Text))
        assert visible(text) == visible(cue.text).replace("\uffff", "").replace("\ufffe", "")
    assert document.get_body() is None or document.get_body().get_region() is not None


def test_the_ttml_is_shown_by_ttconv_at_the_lower_end(talk):
    document = imsc_reader.to_model(ElementTree.ElementTree(ElementTree.fromstring(render(talk, "ttml").content)))
    page = ISD.from_model(document, Fraction(1))
    (region,) = page.iter_regions()
    assert region.get_style(StyleProperties.DisplayAlign) == DisplayAlignType.after
    spans = [one for one in region.dfs_iterator() if isinstance(one, ttconv_model.Span) and one.has_children()]
    slanted = [one.get_style(StyleProperties.FontStyle) == FontStyleType.italic for one in spans]
    assert any(slanted)
    assert not all(slanted)


@few
@given(alignments(longest=UNDER_100_HOURS))
def test_eaf_by_pympi(alignment):
    rendered = render(alignment, "eaf")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.eaf"
        path.write_text(rendered.content, encoding="utf-8")
        grid = pympi.Eaf(str(path))
    rows = [(cue, a, b) for cue, a, b in shown(alignment) if visible(cue.text)]
    cues, words = [], []
    for name in grid.get_tier_names():
        parameters = grid.get_parameters_for_tier(name)
        own = grid.get_annotation_data_for_tier(name)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(sorted(own)))  # no overlap
        if "PARENT_REF" in parameters:
            above = grid.get_annotation_data_for_tier(parameters["PARENT_REF"])
            assert all(any(a[0] <= word[0] and word[1] <= a[1] for a in above) for word in own)
            words += own
        else:
            cues += [(*row[:3], parameters.get("PARTICIPANT", "")) for row in own]
    expected = [(" ".join((cue.speaker or "").split()), a, b) for cue, a, b in rows]
    assert sorted(speaker for *_, speaker in cues) == sorted(speaker for speaker, _, _ in expected)
    ticks = [(math.floor(a * 1000 + 0.5), math.floor(b * 1000 + 0.5)) for _, a, b in expected]
    assert sorted(row[:2] for row in cues) == sorted((a, max(b, a + 1)) for a, b in ticks)
    assert len(words) == rendered.words
