"""Praat TextGrid."""

from __future__ import annotations

import pytest

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats import render
from tests.formats.conftest import rows


def textgrid(*tiers, short=False):
    """Praat's own layout, written by hand."""
    out = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    key = (lambda k: "") if short else (lambda k: k)
    out += [key("xmin = ") + "0", key("xmax = ") + "9.5", key("tiers? ") + "<exists>", key("size = ") + str(len(tiers))]
    if not short:
        out.append("item []:")
    for i, (kind, name, intervals) in enumerate(tiers, 1):
        if not short:
            out.append(f"    item [{i}]:")
        out += [
            key("class = ") + f'"{kind}"',
            key("name = ") + f'"{name}"',
            key("xmin = ") + "0",
            key("xmax = ") + "9.5",
        ]
        out.append(key("intervals: size = ") + str(len(intervals)))
        for j, (*times, text) in enumerate(intervals, 1):
            if not short:
                out.append(f"        intervals [{j}]:")
            out += [key(f"{k} = ") + str(t) for k, t in zip(("xmin", "xmax"), times, strict=False)]
            out.append(key("text = ") + '"' + text.replace('"', '""') + '" ')
    return "\n".join(out) + "\n"


WORDS = (
    "IntervalTier",
    "words",
    [(0, 0.5, ""), (0.5, 1, "say"), (1, 1.5, '"hi"'), (1.5, 4, ""), (4, 5, "bye"), (5, 9.5, "")],
)


CUES = (
    "IntervalTier",
    "utterances",
    [(0, 0.5, ""), (0.5, 1.5, 'Say "hi"\n! 3 xmin = 7'), (1.5, 4, " "), (4, 5, "bye"), (5, 9.5, "")],
)


PHONES = ("IntervalTier", "phones", [(0, 1, "s"), (1, 9.5, "ey")])


POINTS = ("TextTier", "clicks", [(1.5, "x")])


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_textgrid_of_words_and_utterances(reading, short, codec):
    captions = reading(textgrid(WORDS, PHONES, CUES, POINTS, short=short).encode(codec), "a.TextGrid")
    assert rows(captions) == [(0.5, 1.5, 'Say "hi"\n! 3 xmin = 7'), (4.0, 5.0, "bye")]
    assert captions.cues[0].words == (CueWord("say", 0.5, 1.0), CueWord('"hi"', 1.0, 1.5))
    assert captions.warnings == []


def test_textgrid_of_words_alone_is_grouped(reading):
    captions = reading(textgrid(PHONES, WORDS), "a.TextGrid")
    assert rows(captions) == [(0.5, 1.5, 'say "hi"'), (4.0, 5.0, "bye")]


def test_words_outside_all_cues_are_not_lost(reading):
    words = ("IntervalTier", "words", [(0, 0.5, "early"), (3, 4, "in"), (6, 7, "late")])
    captions = reading(textgrid(words, ("IntervalTier", "cues", [(3, 4, "In")])), "a.TextGrid")
    assert [(c.text, [w.text for w in c.words]) for c in captions.cues] == [
        ("early", ["early"]),
        ("In", ["in"]),
        ("late", ["late"]),
    ]
    assert "are in no cue" in captions.warnings[0]


def test_textgrid_of_speakers(reading):
    ann = [
        ("IntervalTier", "Ann - words", [(0, 1, "one"), (1, 9.5, "")]),
        ("IntervalTier", "Ann - cues", [(0, 1, "One"), (1, 9.5, "")]),
    ]
    bob = [("IntervalTier", "Bob - words", [(0.5, 2, "two")]), ("IntervalTier", "Bob - cues", [(0.5, 2, "Two")])]
    captions = reading(textgrid(*ann, *bob), "a.TextGrid")
    assert [(c.speaker, c.text, [w.text for w in c.words]) for c in captions.cues] == [
        ("Ann", "One", ["one"]),
        ("Bob", "Two", ["two"]),
    ]
    plain = reading(
        textgrid(("IntervalTier", "Eva", [(3, 4, "b")]), ("IntervalTier", "Max", [(1, 2, "a")])), "a.TextGrid"
    )
    assert [(c.speaker, c.text) for c in plain.cues] == [("Max", "a"), ("Eva", "b")]


def test_textgrid_of_points_alone(reading):
    assert rows(reading(textgrid(POINTS), "a.TextGrid")) == [(1.5, 1.5, "x")]


@pytest.mark.parametrize("cut", [60, 150, 400])
def test_a_textgrid_that_breaks_off_is_refused(reading, cut):
    with pytest.raises(CaptionError, match="damaged TextGrid"):
        reading(textgrid(WORDS, CUES)[:cut], "a.TextGrid")


def test_overlapping_speakers_get_tiers_of_their_own():
    cues = [AlignedCue(0, "one", 0.0, 2.0, speaker="Ann"), AlignedCue(1, "two", 1.0, 3.0, speaker="unknown")]
    cues.append(AlignedCue(2, "three", 2.5, 4.0))
    rendered = render(Alignment("a", 5.0, "m", cues), "textgrid")
    for name in ("Ann - cues", "unknown - cues", "unknown speaker - cues"):
        assert rendered.content.count(f'name = "{name}"') == 1
    assert (rendered.cues, rendered.notes) == (3, [])


def test_quotes_and_keys_in_a_textgrid():
    cue = AlignedCue(0, 'say "hi"', 0.0, 1.0)
    assert 'text = "say ""hi""" \n' in render(Alignment("a", 5.0, "m", [cue]), "textgrid").content
    # Readers that look for the keys of the long form would stumble: the short form has none.
    cue.text = 'item [2]: "x"'
    content = render(Alignment("a", 5.0, "m", [cue]), "textgrid").content
    assert content.startswith('File type = "ooTextFile short"\n')
    assert '0\n1\n"item [2]: ""x"""\n1\n5\n""\n' in content


def test_overlapping_cues_of_one_speaker_are_clipped_with_a_note():
    cues = [AlignedCue(0, "one", 0.0, 2.0), AlignedCue(1, "two", 1.0, 3.0), AlignedCue(2, "in it", 1.0, 2.5)]
    rendered = render(Alignment("a", 5.0, "m", cues), "textgrid")
    assert rendered.notes == [
        "2 cues began before the end of the one before: clipped",
    ]
    assert rendered.cues == 3
