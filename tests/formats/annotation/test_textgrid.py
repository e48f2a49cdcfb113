"""Praat TextGrid."""

from __future__ import annotations

import pytest

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats import render
from ctcalign.formats.reading import from_captions
from ctcalign.formats.shared.drafts import Source
from ctcalign.formats.shared.reading.praat import tiers_of
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


def _again(reading, *tiers):
    """The names of the tiers of a TextGrid that is read and written again, and the texts of each."""
    captions = reading(textgrid(*tiers), "a.TextGrid")
    content = str(render(from_captions(captions), "textgrid").content)
    again = tiers_of(Source("b.TextGrid", content))
    return {tier.name: [text for _, _, text in tier.filled] for tier in again}


def _tier(name, *texts, start=1.0):
    return ("IntervalTier", name, [(start + i, start + i + 1, text) for i, text in enumerate(texts)])


@pytest.mark.parametrize(
    "tiers",
    [
        [_tier("utterances", "Hi you", "there")],
        [_tier("Transkription", "Hi you", "there")],
        [_tier("Ann", "Hi"), _tier("Bob", "you", start=3.0)],
        [_tier("Ann", "Hi"), _tier("Bob", "you")],  # at the same time
        [_tier("Ann - cues", "Hi"), _tier("Bob - cues", "you", start=3.0)],
        [_tier("cues", "Hi")],
    ],
)
def test_names_of_tiers_stay(reading, tiers):
    found = _again(reading, *tiers)
    given = {name: [text for *_, text in rows] for _, name, rows in tiers}
    assert {name: texts for name, texts in found.items() if texts} == given


def test_names_of_tiers_of_words_stay(reading):
    words = ("IntervalTier", "ORT", [(1.0, 1.5, "Hi"), (1.5, 2.0, "you"), (2.0, 3.0, "there")])
    assert _again(reading, _tier("sentences", "Hi you", "there"), words) == {
        "ORT": ["Hi", "you", "there"],
        "sentences": ["Hi you", "there"],
    }
    assert _again(reading, words) == {"ORT": ["Hi", "you", "there"], "cues": ["Hi you there"]}


def test_one_tier_of_words_for_two_of_cues_gives_no_two_tiers_of_a_name(reading):
    words = ("IntervalTier", "words", [(1.0, 2.0, "Hi"), (3.0, 4.0, "you")])
    found = _again(reading, _tier("Ann - text", "Hi"), _tier("Bob - text", "you", start=3.0), words)
    assert len(found) == 4
    assert (found["Ann - text"], found["Bob - text"]) == (["Hi"], ["you"])


def test_another_format_names_no_tiers_as_lost(reading):
    captions = reading(textgrid(_tier("utterances", "Hi you")), "a.TextGrid")
    assert render(from_captions(captions), "srt").notes == []
