"""Advanced SubStation."""

from __future__ import annotations

from ctcalign.alignment.cue import CueWord
from ctcalign.formats import render
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
