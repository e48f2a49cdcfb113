"""NIST CTM."""

from __future__ import annotations

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.formats import render
from ctcalign.formats.converting import convert
from ctcalign.formats.reading import from_captions
from tests.formats.conftest import rows


def test_ctm_words_are_grouped_by_pauses(reading):
    content = (
        ";; made by hand\na 1 0.10 0.20 one 0.9\na 1 0.30 0.20 two NA\na 1 1.00 0.50 three 0.5 lex Ann\n"
        "a 1 <ALT_BEGIN>\na 1 1.50 0.10 four\na 1 <ALT>\na 1 1.50 0.10 for\na 1 <ALT_END>\na 1 bad five\n"
    )
    captions = reading(content, "a.ctm")
    assert rows(captions) == [(0.1, 0.5, "one two"), (1.0, 1.5, "three"), (1.5, 1.6, "four five")]
    assert captions.cues[0].words == (CueWord("one", 0.1, 0.3, 0.9), CueWord("two", 0.3, 0.5))
    assert captions.cues[1].speaker == "Ann"
    assert captions.cues[2].words == (CueWord("four", 1.5, 1.6), CueWord("five"))  # no times: stays with its neighbour
    assert [c.channel for c in captions.cues] == [None] * 3
    assert any("only the first is aligned" in w for w in captions.warnings)
    assert any("fewer than five" in w and "line 10" in w for w in captions.warnings)


def test_ctm_channels_and_long_stretches(reading):
    content = "".join(f"a {c} {i * 1.0:.2f} 0.90 w{i}\n" for c in (1, 2) for i in range(30))
    captions = reading(content, "a.ctm")
    assert [(c.channel, len(c.words)) for c in captions.cues] == [(0, 20), (0, 10), (1, 20), (1, 10)]
    assert sum(len(c.words) for c in captions.cues) == 60


def test_ctm(talk):
    rendered = render(talk, "ctm")
    assert rendered.content == (
        "my_talk 1 0.700 0.200 Hello 0.9000\n"
        "my_talk 1 0.900 0.300 big 0.2500\n"
        "my_talk 1 1.500 0.300 world NA\n"
        "my_talk 1 1.800 0.200 & NA\n"
    )
    assert "1 word without times omitted" in rendered.notes


def test_cues_without_timed_words_are_left_out_with_a_note():
    rendered = render(Alignment("a", 5.0, "", [AlignedCue(0, "no words", 1.0, 2.0)]), "ctm")
    assert (rendered.content, rendered.omitted) == ("", [0])
    assert rendered.notes == ["1 cue has no timed words and is omitted: 0"]


def test_a_ctm_file_comes_back_as_it_was(tmp_path):
    content = (
        ";; made by hand\nrec A 0.100 0.200 one 0.9000 lex Ann\nrec A 0.300 0.200 uh NA fp Ann\n"
        ";; the other side\nrec B 1.000 0.500 three 0.5000\n"
    )
    source, through, target = tmp_path / "a.ctm", tmp_path / "a.json", tmp_path / "b.ctm"
    source.write_text(content)
    convert(source, [through])
    convert(through, [target])
    assert target.read_text() == content


def test_a_note_names_the_columns_that_another_format_cannot_hold(tmp_path):
    source, target = tmp_path / "a.ctm", tmp_path / "b.srt"
    source.write_text("rec A 0.100 0.200 one 0.9 lex Ann\nrec B 1.000 0.500 three 0.5 lex Bob\n")
    (report,) = convert(source, [target])
    (note,) = [note for note in report.notes if "not kept" in note]
    assert note.endswith("channel (2 cues), types (2 cues), speaker (2 cues)")


ALTERNATIVES = (
    "rec 1 0.100 0.200 the\nrec 1 * * <ALT_BEGIN>\nrec 1 0.300 0.500 lighthouse\nrec 1 * * <ALT>\n"
    "rec 1 0.300 0.200 light\nrec 1 0.500 0.300 house\nrec 1 * * <ALT>\nrec 1 * * <ALT_END>\n"
    "rec 1 0.800 0.100 is\nrec 1 * * <ALT_BEGIN>\nrec 1 0.900 0.100 going\nrec 1 1.000 0.100 to\n"
    "rec 1 * * <ALT>\nrec 1 0.900 0.200 gonna\nrec 1 * * <ALT_END>\nrec 1 1.200 0.100 shine\n"
)


def test_alternatives_come_back_as_they_were(tmp_path):
    source, through, target = tmp_path / "a.ctm", tmp_path / "a.json", tmp_path / "b.ctm"
    source.write_text(ALTERNATIVES)
    convert(source, [through])
    convert(through, [target])
    assert target.read_text() == ALTERNATIVES


def test_alternatives_move_with_the_words_of_the_first(reading):
    alignment = from_captions(reading(ALTERNATIVES, "a.ctm"))
    alignment.duration = alignment.cues[0].end = 20.0
    for word in alignment.cues[0].words:
        word.start, word.end = 10 + 2 * word.start, 10 + 2 * word.end
    lines = str(render(alignment, "ctm").content).split("\n")
    assert lines[2:6] == [
        "rec 1 10.600 1.000 lighthouse",
        "rec 1 * * <ALT>",
        "rec 1 10.600 0.400 light",
        "rec 1 11.000 0.600 house",
    ]


def test_alternatives_that_have_no_place_are_named(reading):
    alignment = from_captions(reading(ALTERNATIVES, "a.ctm"))
    alignment.cues[0].words[1].start = alignment.cues[0].words[1].end = None
    rendered = render(alignment, "ctm")
    assert str(rendered.content).count("<ALT_BEGIN>") == 1
    assert "1 alternative of words without times omitted" in rendered.notes
    captions = reading("a 1 0 1 one\na 1 * * <ALT_BEGIN>\na 1 * * <ALT>\na 1 1 1 two\na 1 * * <ALT_END>\n", "a.ctm")
    assert any("first wording is empty" in warning for warning in captions.warnings)


def test_other_formats_name_alternatives_as_lost(reading):
    [note] = render(from_captions(reading(ALTERNATIVES, "a.ctm")), "srt").notes
    assert "alternatives (1 cue)" in note
