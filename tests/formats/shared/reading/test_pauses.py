"""Labels of silence in files of timed labels are pauses; words that only look like them stay."""

from __future__ import annotations

import pytest

from ctcalign.formats.shared.reading.pauses import pause_labels
from tests.formats.conftest import rows

WORDS = ["good", "evening", "and", "welcome"]


def textgrid(labels: list[str], tier: str = "word", step: float = 0.1) -> str:
    end = len(labels) * step
    out = ['File type = "ooTextFile short"', '"TextGrid"', f"\n0\n{end}\n<exists>\n1"]
    out.append(f'"IntervalTier"\n"{tier}"\n0\n{end}\n{len(labels)}')
    out += [f'{k * step:.2f}\n{(k + 1) * step:.2f}\n"{label}"' for k, label in enumerate(labels)]
    return "\n".join(out) + "\n"


@pytest.mark.parametrize(
    "label",
    "sil SIL sp spn pau ssil silence # ## <sil> <SIL> <eps> <p:> <usb> {SL} {sl} {NS} [SIL] (sil) <sp> <s> !SIL !ENTER"
    " <silence> <pause> h# silB _ nsn".split(),
)
def test_a_label_of_silence_is_a_pause_like_an_empty_one(reading, label):
    # Six labels of silence make a pause between the two cues, single ones none.
    labels = [label, "good", label, "evening", *[label] * 6, "and", "welcome", label]
    captions = reading(textgrid(labels), "a.TextGrid")
    assert [cue.text for cue in captions.cues] == ["good evening", "and welcome"]
    assert rows(captions) == rows(reading(textgrid(["" if x == label else x for x in labels]), "b.TextGrid"))
    assert len([warning for warning in captions.warnings if "read as pauses" in warning]) == 1


def test_in_every_format_of_labels(reading):
    labels = ["<sil>", "good", "evening", "sp", "and", "welcome", "sp"]
    ctm = "".join(f"talk 1 {k / 10:.1f} 0.1 {label}\n" for k, label in enumerate(labels))
    assert [cue.text for cue in reading(ctm, "a.ctm").cues] == ["good evening and welcome"]
    table = "".join(f"{k / 10:.1f}\t{(k + 1) / 10:.1f}\t{label}\n" for k, label in enumerate(labels))
    assert [cue.text for cue in reading(table, "a.txt").cues] == WORDS
    assert [cue.text for cue in reading("start\tend\ttext\n" + table, "a.tsv").cues] == WORDS
    words = ", ".join(
        f'{{"word": "{label}", "start": {k / 10}, "end": {(k + 1) / 10}}}' for k, label in enumerate(labels)
    )
    assert [cue.text for cue in reading(f'{{"words": [{words}]}}', "a.json").cues] == ["good evening and welcome"]


def test_utterances_with_silence_between_them(reading):
    captions = reading(textgrid(["silence", "good evening", "silence", "and welcome", "silence"], "text"), "a.TextGrid")
    assert [cue.text for cue in captions.cues] == ["good evening", "and welcome"]


@pytest.mark.parametrize(
    "labels",
    [
        ["Silence", "is", "golden", "and", "a", "pause", "is", "silver"],
        ["masayı", "sil", "ve", "gel", "buraya", "hemen"],
        ["#1", "hit", "of", "the", "C#", "song"],
        ["<unk>", "<noise>", "<laugh>"],
    ],
)
def test_words_that_look_alike_stay(labels):
    assert pause_labels(labels) == frozenset()


def test_a_caption_of_srt_stays(reading):
    text = "".join(
        f"{k + 1}\n00:00:0{k},000 --> 00:00:0{k},900\n{label}\n\n" for k, label in enumerate(["sp", "a", "sp"])
    )
    assert [cue.text for cue in reading(text).cues] == ["sp", "a", "sp"]
