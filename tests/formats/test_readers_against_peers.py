"""Files written by independent libraries are read with the same times and texts."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctcalign.formats.captions import read_captions

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Letters of several scripts and signs that formats treat in some way; no two spaces and none at an end of a line.
WORD = st.text("abzéßяж漢😀,.!?'-()[]:;%0123456789", min_size=1, max_size=6)
LINE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
TEXT = st.lists(LINE, min_size=1, max_size=3).map("\n".join)


def cues(text, unit):
    """Lists of (start, end, text) in units of 1/`unit` s, one after another."""
    step = st.tuples(st.integers(0, 5 * unit), st.integers(1, 10 * unit), text)

    def laid_out(steps):
        out, at = [], 0
        for gap, length, line in steps:
            out.append((at + gap, at + gap + length, line))
            at += gap + length
        return out

    return st.lists(step, min_size=1, max_size=8).map(laid_out)


def rows(captions, unit):
    return [(round(c.start * unit), round(c.end * unit), c.text) for c in captions.cues]


@FEW
@given(cues(TEXT, 1000), st.sampled_from(["srt", "vtt"]))
def test_pysubs2_srt_and_vtt(made, format):
    import pysubs2

    file = pysubs2.SSAFile()
    file.events = [pysubs2.SSAEvent(start=a, end=b, text=text.replace("\n", "\\N")) for a, b, text in made]
    captions = read_captions(io.StringIO(file.to_string(format)), format=format)
    assert rows(captions, 1000) == made
    assert [c.start for c in captions.cues] == [a / 1000 for a, _, _ in made]
    assert captions.warnings == []


@FEW
@given(cues(TEXT, 100), st.sampled_from(["ass", "ssa"]))
def test_pysubs2_ass(made, format):
    import pysubs2

    file = pysubs2.SSAFile()
    file.events = [
        pysubs2.SSAEvent(start=a * 10, end=b * 10, text=t.replace("\n", "\\N"), name="Ann") for a, b, t in made
    ]
    captions = read_captions(io.StringIO(file.to_string(format)))
    assert (rows(captions, 100), captions.format) == (made, "ass")
    assert {c.speaker for c in captions.cues} == {"Ann"}


@FEW
@given(st.lists(st.tuples(st.integers(1, 300), WORD), min_size=1, max_size=6))
def test_pysubs2_karaoke_agrees_on_the_length_of_every_syllable(syllables):
    import pysubs2

    file = pysubs2.SSAFile()
    text = "".join(f"{{\\k{length}}}{word} " for length, word in syllables)
    file.events = [pysubs2.SSAEvent(start=1000, end=1000 + 10 * sum(n for n, _ in syllables), text=text)]
    (cue,) = read_captions(io.StringIO(file.to_string("ass"))).cues
    assert [(w.text, round((w.end - w.start) * 100)) for w in cue.words] == [(word, n) for n, word in syllables]
    assert cue.words[0].start == 1.0
    assert cue.text == " ".join(word for _, word in syllables) + " "


@FEW
@given(cues(TEXT.filter(lambda t: "-->" not in t), 1000))
def test_webvtt_py(made):
    import webvtt

    file = webvtt.WebVTT()
    for i, (a, b, text) in enumerate(made):
        file.captions.append(webvtt.Caption(clock(a), clock(b), text, identifier=f"cue {i}"))
    captions = read_captions(io.StringIO(file.content))
    assert (rows(captions, 1000), captions.format) == (made, "vtt")
    assert [c.id for c in captions.cues] == [f"cue {i}" for i in range(len(made))]


def clock(ms):
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


@FEW
@given(cues(LINE, 1000), st.sampled_from(["short_textgrid", "long_textgrid"]))
def test_praatio_textgrid(tmp_path, made, form):
    from praatio import textgrid
    from praatio.utilities.constants import Interval

    entries = [Interval(a / 1000, b / 1000, text) for a, b, text in made]
    grid = textgrid.Textgrid()
    grid.addTier(textgrid.IntervalTier("utterances", entries, 0, made[-1][1] / 1000 + 1))
    path = tmp_path / "a.TextGrid"
    grid.save(str(path), form, includeBlankSpaces=True)
    assert rows(read_captions(path), 1000) == made


@pytest.mark.slow  # the import of lhotse alone takes seconds
@settings(FEW, max_examples=10)
@given(cues(LINE, 1000))
def test_lhotse_supervisions_and_cuts(tmp_path, made):
    pytest.importorskip("lhotse")
    from lhotse import CutSet, MonoCut, SupervisionSegment, SupervisionSet
    from lhotse.supervision import AlignmentItem

    def segment(i, a, b, text, shift):
        words = [AlignmentItem(text, (a - shift) / 1000, (b - a) / 1000, 0.5)]
        return SupervisionSegment(
            f"s{i}", "rec", (a - shift) / 1000, (b - a) / 1000, text=text, speaker="Ann", alignment={"word": words}
        )

    plain = SupervisionSet.from_segments(segment(i, *row, 0) for i, row in enumerate(made))
    plain.to_file(tmp_path / "supervisions.jsonl.gz")
    cut = MonoCut("c", 5.0, made[-1][1] / 1000, 0, [segment(i, *row, 0) for i, row in enumerate(made)])
    CutSet.from_cuts([cut]).to_file(tmp_path / "cuts.jsonl")
    captions = read_captions(tmp_path / "supervisions.jsonl.gz")
    assert rows(captions, 1000) == made
    assert [(c.words[0].start, c.words[0].end) for c in captions.cues] == [(c.start, c.end) for c in captions.cues]
    assert [(c.id, c.speaker) for c in captions.cues] == [(f"s{i}", "Ann") for i in range(len(made))]
    assert rows(read_captions(tmp_path / "cuts.jsonl"), 1000) == [(a + 5000, b + 5000, t) for a, b, t in made]


DEV = Path(__file__).parents[3] / "shared" / "data" / "dev"


def test_dev_captions_have_their_cues_in_every_form():
    """All development recordings: the number of cues of the key, equal texts and times in .srt, .vtt and .txt."""
    keys = sorted(DEV.glob("*/captions/*.key.json"))
    if not keys:
        pytest.skip("the development recordings (../shared/data/dev) are not beside the repository")
    files = cues = 0
    for key in keys:
        truth = json.loads(key.read_text("utf-8"))["utterances"]
        stem = key.name.removesuffix(".key.json")
        found = {s: read_captions(p) for s in ("srt", "vtt", "txt") if (p := key.with_name(f"{stem}.{s}")).is_file()}
        for suffix, captions in found.items():
            assert len(captions.cues) == len(truth), (key, suffix)
            if (stem, suffix) != ("markup", "vtt"):  # speakers are voice tags there
                assert [c.text for c in captions.cues] == [u["text"] for u in truth], (key, suffix)
            allowed = ("overlaps an earlier cue", "file order kept")  # the captions with moved times
            assert all(any(kind in w for kind in allowed) for w in captions.warnings), captions.warnings
        if "srt" in found and "vtt" in found:
            assert [(c.start, c.end) for c in found["srt"].cues] == [(c.start, c.end) for c in found["vtt"].cues]
        files += len(found)
        cues += len(truth)
    assert files > 200
    assert cues > 4000
    for path in DEV.glob("*/captions/notimes_paragraph.txt"):
        assert len(read_captions(path).cues) == 1
