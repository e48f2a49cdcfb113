"""Written and read again by the package: nothing is lost that the format holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.formats import FORMATS, OUTPUT_FORMATS, read_alignment, write
from ctcalign.formats.shared.reading.pauses import pause_labels
from tests.formats.generated_alignments import alignments
from tests.formats.test_writers_against_peers import UNDER_100_HOURS, shown, spoken, visible

few = settings(max_examples=15, deadline=None)
WORDS = ["Hello", "world,", "don't", "1984", "שלום", "Straße", "naïve?", "(so)", '"she', 'said"', "e\u0301", "👋"]


@few
@given(alignment=alignments())
def test_json_is_lossless(tmp_path_factory, alignment):
    path = tmp_path_factory.mktemp("json") / "a.json"
    report = write(alignment, path)
    assert read_alignment(path) == alignment
    assert (report.omitted, report.notes) == ([], [])


@st.composite
def talks(draw: st.DrawFn) -> Alignment:
    """What alignments are like: words of letters, a hundredth of a second apart at least, every cue placed."""
    cues = []
    at = draw(st.integers(0, 300))  # in 1/100 s: what every format can hold
    for index in range(draw(st.integers(1, 4))):
        words = []
        start = at
        for text in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)):
            at += draw(st.sampled_from([0, 0, 7]))
            length = draw(st.integers(1, 40))
            words.append(
                AlignedWord(text, at / 100, (at + length) / 100, confidence=draw(st.sampled_from([0.25, 0.5, 1.0])))
            )
            at += length
        at += draw(st.integers(0, 5))
        cues.append(AlignedCue(index, " ".join(w.text for w in words), start / 100, at / 100, words=words))
        at += draw(st.integers(60, 500))  # a pause that readers of bare words take for the end of a cue
    return Alignment("talk.wav", at / 100, "m", cues)


TARGETS = {
    "srt": "a.srt",
    "vtt": "a.vtt",
    "ass": "a.ass",
    "lrc": "a.lrc",
    "ctm": "a.ctm",
    "stm": "a.stm",
    "textgrid": "a.TextGrid",
    "audacity": "a.txt",
    "tsv": "a.tsv",
    "tsv-words": "a.tsv",
    "kaldi": "data/",
    "lhotse": "a.jsonl.gz",
    "srt-words": "a.srt",
    "audacity-words": "a.txt",
    "ttml": "a.ttml",
    "sbv": "a.sbv",
    "eaf": "a.eaf",
    "whisper": "a.whisper.json",
}


def test_every_format_has_its_round_trip():
    assert set(TARGETS) | {"json", "scc"} == set(OUTPUT_FORMATS)


def test_formats_with_words_declare_them():
    names = ("vtt", "ass", "lrc", "ctm", "textgrid", "lhotse", "eaf", "whisper")
    assert all(FORMATS[name].keeps >= {"words"} for name in names)


@pytest.mark.parametrize("name", [n for n in TARGETS if not n.endswith("-words") or n == "tsv-words"])
@few
@given(alignment=talks())
def test_an_alignment_survives_the_round_trip(tmp_path_factory, name, alignment):
    target = f"{tmp_path_factory.mktemp(name)}/{TARGETS[name]}"
    write(alignment, target, name)
    found = read_alignment(target)
    step = FORMATS[name].resolution / 2 + 1e-6
    if name == "ctm":  # words alone: the cue is as long as its words
        spans = [(c.words[0].start, c.words[-1].end) for c in alignment.cues]
    elif name == "tsv-words":
        spans = [(c.words[0].start, c.words[-1].end) for c in alignment.cues]
    else:
        spans = [(c.start, c.end) for c in alignment.cues]
    assert [c.text for c in found.cues] == [c.text for c in alignment.cues]
    for cue, (start, end) in zip(found.cues, spans, strict=True):
        assert abs(cue.start - start) <= step
        assert abs(cue.end - end) <= step
    if "words" not in FORMATS[name].keeps:
        return
    for cue, before in zip(found.cues, alignment.cues, strict=True):
        if name == "vtt" and len(before.words) == 1 and not cue.words:
            continue  # a word as long as its cue needs no time of its own
        assert [w.text for w in cue.words] == [w.text for w in before.words]
        for word, expected in zip(cue.words, before.words, strict=True):
            assert abs(word.start - expected.start) <= step
            if "word_ends" in FORMATS[name].keeps:
                assert abs(word.end - expected.end) <= step
            if name in ("ctm", "lhotse", "whisper"):
                assert word.confidence == expected.confidence


@pytest.mark.parametrize("name", ["srt-words", "audacity-words"])
@few
@given(alignment=talks())
def test_words_come_back_as_cues(tmp_path_factory, name, alignment):
    target = f"{tmp_path_factory.mktemp(name)}/{TARGETS[name]}"
    write(alignment, target, name)
    found = read_alignment(target)
    words = [w for c in alignment.cues for w in c.words]
    assert [c.text for c in found.cues] == [w.text for w in words]
    assert all(
        abs(c.start - w.start) <= 6e-4 and abs(c.end - w.end) <= 6e-4 for c, w in zip(found.cues, words, strict=True)
    )


@pytest.mark.parametrize("name", ["srt", "vtt", "ass", "ttml", "sbv", "stm", "audacity", "tsv"])
@few
@given(alignment=alignments(longest=UNDER_100_HOURS, ordered=True, old_times=False))
def test_one_cue_in_one_cue_out_whatever_the_text(tmp_path_factory, name, alignment):
    placed = [cue for cue in alignment.cues if cue.start is not None]
    if not placed or not any(visible(cue.text) for cue in alignment.cues):
        return  # readers take a file without any text for a broken one
    if name in ("audacity", "tsv") and pause_labels([visible(cue.text) for cue in placed]):
        return  # a label such as "#" is a pause
    target = f"{tmp_path_factory.mktemp(name)}/{TARGETS[name]}"
    write(alignment, target, name)
    found = [cue for cue in read_alignment(target, name).cues if cue.start is not None]
    rows = shown(alignment) if name in ("srt", "vtt", "ass", "ttml", "sbv") else [(c, c.start, c.end) for c in placed]
    if name == "stm":  # sorted by channel
        rows.sort(key=lambda row: (row[0].channel or 0, row[1]))
    step = FORMATS[name].resolution * 1.5 + 1e-6
    assert len(found) == len(rows)
    for cue, (before, start, end) in zip(found, rows, strict=True):
        assert abs(cue.start - start) <= step
        assert abs(cue.end - end) <= step
        if name in ("srt", "vtt", "ttml", "sbv", "stm", "tsv"):
            assert visible(re.sub(r"^<v [^>]*>", "", cue.text)) == visible(before.text)


@pytest.mark.parametrize("name", ["ctm", "textgrid", "eaf", "whisper"])
@few
@given(alignment=alignments(longest=UNDER_100_HOURS, ordered=True))
def test_no_timed_word_is_lost_whatever_the_text(tmp_path_factory, name, alignment):
    words = [w for _, w in spoken(alignment)]
    if not words:
        return
    pauses = pause_labels([w.text for w in words])  # "#" is a label of silence in these formats
    target = f"{tmp_path_factory.mktemp(name)}/{TARGETS[name]}"
    report = write(alignment, target, name)
    if report.words_written == 0:  # no room for words without length: an empty file, which readers refuse
        assert any("omitted" in note for note in report.notes)
        return
    found = [w for cue in read_alignment(target, name).cues for w in cue.words if w.start is not None]
    assert len(found) >= report.words_written - sum(w.text.strip() in pauses for w in words)
    assert len(found) <= report.words_written


def test_the_markup_of_captions_survives_vtt_and_back(tmp_path):
    source = tmp_path / "a.vtt"
    source.write_text(
        "WEBVTT\n\nintro\n00:00:01.000 --> 00:00:02.000\n<v Ann>Fish &amp; <i>chips</i>\n\n"
        "00:00:02.000 --> 00:00:03.000\n[applause]\n\n"
    )
    alignment = read_alignment(source)
    assert (alignment.cues[0].text, alignment.cues[0].speaker) == ("<v Ann>Fish & <i>chips</i>", "Ann")
    assert [cue.status for cue in alignment.cues] == ["aligned", "not_spoken"]
    write(alignment, tmp_path / "b.vtt")
    assert (tmp_path / "b.vtt").read_text() == source.read_text()
