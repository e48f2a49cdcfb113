"""NIST CTM."""

from __future__ import annotations

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.formats import render
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
    assert any("only the first is read" in w for w in captions.warnings)
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
