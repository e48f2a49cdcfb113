"""Advanced SubStation."""

from __future__ import annotations

import pytest

from ctcalign.alignment.cue import CueWord
from ctcalign.formats import read_alignment, render
from ctcalign.formats.converting import convert
from tests.formats.conftest import rows

ASS = """[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def test_ass(reading):
    content = ASS + (
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\\an8}Hello, you\\Nand\\hyou\n"
        "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,hidden\n"
        "Dialogue: 0,0:00:xx.00,0:00:02.50,Default,,0,0,0,,bad time\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default\n"
        "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\k20}Hel{\\k10}lo {\\k30\\1c&HFF&}you{\\k40} {\\kf50}too\n"
    )
    captions = reading(content, "a.ass")
    assert rows(captions) == [
        (1.0, 2.5, "{\\an8}Hello, you\nand\xa0you"),
        (None, None, "bad time"),
        (3.0, 4.0, "Default"),
        (5.0, 6.0, "Hello {\\1c&HFF&}you too"),
    ]
    assert captions.cues[0].speaker == "Ann"
    assert captions.cues[3].words == (CueWord("Hello", 5.0, 5.3), CueWord("you", 5.3, 5.6), CueWord("too", 6.0, 6.5))
    assert any("unreadable times" in w and "line 8" in w for w in captions.warnings)


def test_ssa_has_other_columns(reading):
    content = (
        "[Script Info]\nScriptType: v4.00\n\n[Events]\nFormat: Marked, Start, End, Style, Actor, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,Bob,Hi, you\n"
    )
    (cue,) = reading(content, "a.ssa").cues
    assert (cue.start, cue.end, cue.text, cue.speaker) == (1.0, 2.0, "Hi, you", "Bob")


def test_ass_output(talk):
    events = render(talk, "ass").content.split("Effect, Text\n")[1].splitlines()
    assert events == [
        "Dialogue: 0,0:00:00.50,0:00:03.00,Default,Ann <A>,0,0,0,,{\\i1}{\\k20}{\\k20}Hello{\\i0} {\\k30}big "
        "{\\b1}{\\k30}{\\k30}world{\\b0} {\\k20}&\\N<co> {\\k100}[MUSIC]",
        "Dialogue: 0,0:00:05.00,0:00:06.50,Default,,0,0,0,,old time",
        "Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,♪",
        "Comment: 0,0:00:00.00,0:00:00.00,Default,,0,0,0,,never\\N\\Nfound",
    ]


STYLED = """[Script Info]
; a comment
Title: Gull Point
ScriptType: v4.00+
PlayResX: 1920

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Main,Georgia,70
Style: Sign,Arial,40

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:05.00,Main,,0,0,0,,TODO check names
Dialogue: 5,0:00:06.00,0:00:12.00,Sign,,0010,0,0,,{\\pos(400,90)\\fad(200,200)}HARBOUR MUSEUM
Dialogue: 0,0:00:06.00,0:00:09.00,Main,Anna,0,0,0,,{\\i1}Good{\\i0} evening, {left out}and\\Nwelcome\\hall.
Dialogue: 3,0:00:06.00,0:00:09.00,Sign,,0,0,0,,{\\p1\\pos(10,10)}m 0 0 l 100 0 100 100{\\p0}
Picture: 0,0:00:01.00,0:00:02.00,Main,,0,0,0,,x.png
Dialogue: 0,0:00:12.00,0:00:14.00,Main,Bo,0,0,0,Banner;20,{\\k50}Thank {\\kf50}you, {\\k40}An{\\k20}na.{\\k40}
Comment: 0,0:00:20.00,0:00:25.00,Main,,0,0,0,,the end

[Fonts]
fontname: x.ttf
ABC

[Aegisub Extradata]
Data: 1,x
"""


def test_braces_hold_no_words_and_drawings_no_text(reading):
    assert [c.text for c in reading(STYLED, "a.ass").cues] == [
        "{\\pos(400,90)\\fad(200,200)}HARBOUR MUSEUM",
        "{\\i1}Good{\\i0} evening, and\nwelcome\xa0all.",
        "{\\pos(10,10)}",
        "Thank you, Anna.",
    ]


def test_an_ass_file_comes_back_as_it_was(tmp_path):
    source, through, target = tmp_path / "a.ass", tmp_path / "a.json", tmp_path / "b.ass"
    source.write_text(STYLED)
    convert(source, [through])
    (report,) = convert(through, [target])
    assert target.read_text() == STYLED
    assert not any("not kept" in note for note in report.notes)


def test_retiming_changes_times_alone(tmp_path):
    """As `align` leaves it: spoken cues 2 s earlier, the sign not found, the karaoke twice as fast."""
    source = tmp_path / "a.ass"
    source.write_text(STYLED)
    alignment = read_alignment(source)
    sign, first, drawing, song = alignment.cues
    first.start, first.end = 4.0, 7.0
    song.start, song.end = 10.0, 11.0
    old = [word.start for word in song.words]
    assert old == [12.0, 12.5, 13.0]
    for word, start in zip(song.words, [10.0, 10.25, 10.5], strict=True):
        word.start, word.end = start, start + 0.2
    for cue in (sign, drawing):
        cue.status, cue.start, cue.end = "not_spoken", None, None
    alignment.duration = 60.0
    expected = STYLED.replace("0:00:06.00,0:00:12.00,Sign", "0:00:04.00,0:00:10.00,Sign")
    expected = expected.replace("0:00:06.00,0:00:09.00", "0:00:04.00,0:00:07.00")
    expected = expected.replace("0:00:12.00,0:00:14.00", "0:00:10.00,0:00:11.00")
    expected = expected.replace(
        "{\\k50}Thank {\\kf50}you, {\\k40}An{\\k20}na.{\\k40}", "{\\k25}Thank {\\kf25}you, {\\k20}An{\\k10}na.{\\k20}"
    )
    found = render(alignment, "ass").content
    # The sign was between two cues that moved by 2 s and 2.5 s (by their middles).
    lines = [(a, b) for a, b in zip(found.split("\n"), expected.split("\n"), strict=True) if a != b]
    assert len(lines) <= 1
    assert all("HARBOUR" in a and a.split(",")[3:] == b.split(",")[3:] for a, b in lines)


def test_a_text_that_was_changed_since_is_written_as_it_is_now(tmp_path):
    source = tmp_path / "a.ass"
    source.write_text(STYLED)
    alignment = read_alignment(source)
    alignment.cues[1].text = "Good night"
    assert ",Main,Anna,0,0,0,,Good night\n" in render(alignment, "ass").content


def test_ssa_keeps_its_own_columns(tmp_path):
    content = (
        "[Script Info]\nScriptType: v4.00\n\n[V4 Styles]\nFormat: Name, Fontname\nStyle: S,Arial\n\n[Events]\n"
        "Format: Marked, Start, End, Style, Actor, Text\nDialogue: Marked=1,0:00:01.00,0:00:02.00,*S,Bob,Hi, {x}you\n"
    )
    source, target = tmp_path / "a.ssa", tmp_path / "b.ssa"
    source.write_text(content)
    convert(source, [target])
    assert target.read_text() == content


def test_one_note_names_what_another_format_cannot_hold(tmp_path):
    source, target = tmp_path / "a.ass", tmp_path / "b.srt"
    source.write_text(STYLED)
    (report,) = convert(source, [target])
    (note,) = [note for note in report.notes if "not kept" in note]
    for what in ("header", "comment (2)", "style (4 cues)", "layer (2 cues)", "effect (1 cue)", "commands in braces"):
        assert what in note
    assert "m 0 0" not in target.read_text()
    assert "left out" not in target.read_text()


@pytest.mark.parametrize("text", ["{braces} stay", "a \\{b\\} c", "{\\b1}x{\\b0}", "{open", "a } b"])
def test_text_of_other_formats_is_not_taken_for_comments(reading, text):
    """Braces in SubRip are text, unless a backslash follows."""
    assert reading(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n", "a.srt").cues[0].text == text
