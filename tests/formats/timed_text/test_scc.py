"""SCC: rows of 32 columns, one caption at a time, two characters a frame."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import CaptionError, MissingPackageError
from ctcalign.formats import FORMATS, read_alignment, render, write, writing
from ctcalign.formats.timed_text import scc

HEAD = "Scenarist_SCC V1.0"
FRAME = 1001 / 30000
WORDS = ["Hello", "world,", "don't", "1984", "naïve?", "é", "(so)", "♪"]
SLOWLY = st.lists(
    st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), st.floats(3.0, 9.0), st.floats(0.5, 2.5)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(spoken=SLOWLY)
def test_captions_survive_to_a_frame(spoken):
    cues, at = [], 0.0
    for index, (words, pause, length) in enumerate(spoken):
        at += pause
        cues.append(AlignedCue(index, " ".join(words), at, at + length))
    rendered = render(Alignment("a.wav", at + 9.0, "m", cues), "scc")
    found = read_alignment(io.StringIO(rendered.content)).cues
    assert [cue.text.replace("\n", " ") for cue in found] == [cue.text.replace("ï", "i") for cue in cues]
    for cue, before in zip(found, cues, strict=True):
        assert abs(cue.start - before.start) <= FORMATS["scc"].resolution / 2 + 1e-6
        # An end that falls while the next caption is sent comes up to two frames early.
        assert -2.5 * FRAME - 1e-6 <= cue.end - before.end <= FRAME / 2 + 1e-6
        assert all(len(row) <= 32 for row in cue.text.split("\n"))
    assert rendered.omitted == []


def shown(*cues: AlignedCue) -> tuple[list[tuple[str, float, float]], list[str], list[int]]:
    rendered = render(Alignment("a.wav", 2000.0, "m", list(cues)), "scc")
    found = read_alignment(io.StringIO(rendered.content)).cues
    return [(cue.text, cue.start, cue.end) for cue in found], rendered.notes, rendered.omitted


def test_what_cannot_be_sent_in_time_is_shown_later_and_counted():
    first = AlignedCue(0, "a caption of nearly sixty characters, which need two seconds", 0.0, 4.0)
    second = AlignedCue(1, "directly behind it, and just as long as the one before it is", 0.5, 5.0)
    rows, notes, omitted = shown(first, second)
    assert [text.replace("\n", " ") for text, _, _ in rows] == [first.text, second.text]
    assert 1 < rows[0][1] < rows[1][1]
    assert 0 <= rows[1][1] - rows[0][2] <= 2.5 * FRAME
    assert "2 cues shown later, since CEA-608 carries two characters a frame: 0, 1" in notes
    assert "1 cue that overlapped the next one and ends before it: 0" in notes
    assert omitted == []


def test_characters_that_it_lacks_are_replaced_and_counted():
    rows, notes, omitted = shown(
        AlignedCue(0, "“Größe” — naïve… <i>déjà</i>", 5.0, 8.0), AlignedCue(1, "日本語", 10.0, 12.0)
    )
    assert [text for text, _, _ in rows] == ['"Groe" - naive... déjà']
    assert "2 cues with characters that CEA-608 lacks: 0, 1" in notes
    assert any(note.startswith("1 cue has nothing that CEA-608 can show") for note in notes)
    assert omitted == [1]


def test_tags_that_are_lost_are_named():
    alignment = read_alignment(io.StringIO("1\n00:00:05,000 --> 00:00:06,000\n<i>a</i>\n"))
    assert render(alignment, "scc").notes == ["not kept of the srt file, which scc cannot hold: <i> (1 cue)"]


def test_long_captions_are_divided_and_no_text_is_lost():
    words = [AlignedWord(f"word{k}", 5.0 + k, 5.8 + k) for k in range(40)]
    text = " ".join(word.text for word in words)
    rows, _, _ = shown(AlignedCue(0, text, 5.0, 45.0, words=words), AlignedCue(1, "x" * 150, 60.0, 70.0))
    assert " ".join(text.replace("\n", " ") for text, start, _ in rows if start < 55) == text
    assert "".join(text.replace("\n", "") for text, start, _ in rows if start > 55) == "x" * 150
    assert all(text.count("\n") < 4 for text, _, _ in rows)
    for text, start, _ in rows[:-2]:  # parts begin at their first word
        assert abs(start - (5.0 + int(text.split()[0].removeprefix("word")))) <= FRAME


def test_three_hundred_captions_in_batches(caplog):
    cues = [AlignedCue(k, f"caption number {k}", 5.0 + 3 * k, 7.5 + 3 * k) for k in range(300)]
    with caplog.at_level(logging.WARNING):
        rows, notes, _ = shown(*cues)
    assert [text for text, _, _ in rows] == [cue.text for cue in cues]
    assert max(abs(start - cue.start) for (_, start, _), cue in zip(rows, cues, strict=True)) <= FRAME / 2 + 1e-6
    assert notes == []
    assert caplog.records == []  # there the library says what it leaves out


def test_roll_up_captions_of_a_broadcast(reading):
    spelled = ("c8e5 ecec ef80", "f9ef f580", "61ec ec80", "c8e5 f2e5", "f4ef 6f80")
    rows = [f"00:00:{2 * k:02}:00\t9425 9425 94ad 94ad 9470 9470 {row}" for k, row in enumerate(spelled, 1)]
    content = "\n\n".join([HEAD, *rows, "00:00:14:00\t942c 942c"]) + "\n"
    captions = reading(content, "a.scc")
    assert [cue.text for cue in captions.cues] == ["Hello", "you", "all", "Here", "too"]
    assert captions.cues[0].start == pytest.approx(2.0, abs=0.4)


@pytest.mark.parametrize("content", [f"{HEAD}\n\nsoon\t9420\n", f"{HEAD}\n\n00:00:01:00\tzzzz\n", "x"])
def test_damaged_files_give_one_line(reading, content):
    with pytest.raises(CaptionError, match=r"a\.scc: "):
        reading(content, "a.scc", format="scc")


def test_the_extra_is_named_before_any_work(monkeypatch, tmp_path):
    def missing(*packages: str) -> None:
        if packages:
            raise MissingPackageError(f"{packages[0]} is not installed; pip install 'ctcalign[scc]'")

    for module in (scc, writing):
        monkeypatch.setattr(module, "require", missing)
    with pytest.raises(MissingPackageError, match=r"ctcalign\[scc\]"):
        writing.plan_outputs([tmp_path / "a.scc"])
    with pytest.raises(MissingPackageError, match=r"ctcalign\[scc\]"):
        write(Alignment("a", 1.0, "m", []), tmp_path / "a.scc")
    assert writing.plan_outputs([tmp_path / "a.srt"])[0][1].name == "srt"
