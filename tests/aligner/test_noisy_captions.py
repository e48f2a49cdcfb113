"""Captions that differ from the recording, in a language of tones, in which all times are known."""

from __future__ import annotations

import pytest

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align
from ctcalign.errors import CaptionError
from tests.aligner.tones import SPOKEN, ToneModel


def check(cue, time, within=0.12):
    assert cue.status == "aligned"
    assert cue.start == pytest.approx(time[0], abs=within)
    assert cue.end == pytest.approx(time[1], abs=within)


def test_an_unspoken_caption_is_marked_and_changes_no_other(talk):
    path, times = talk
    extra = "nothing of this was ever spoken"
    for place in range(len(SPOKEN) + 1):
        captions = [*SPOKEN[:place], extra, *SPOKEN[place:]]
        cues = align(path, captions, ToneModel()).cues
        unspoken = cues.pop(place)
        assert (unspoken.status, unspoken.reason, unspoken.start, unspoken.end) == (
            "not_spoken",
            "not found in the audio",
            None,
            None,
        )
        assert [(w.status, w.start) for w in unspoken.words] == [("not_spoken", None)] * 6
        for cue, time in zip(cues, times, strict=True):
            check(cue, time)


@pytest.mark.parametrize("other", [[0], [1], [3], [1, 2], [0, 3]])
def test_captions_in_other_words_are_placed_by_their_neighbours(talk, other):
    path, times = talk
    paraphrases = [
        "unbeknown to him the pup fled",
        "quick foxes jump uphill",
        "by zigzag footpaths we go",
        "music big, of joy",
    ]
    captions = [paraphrases[number] if number in other else SPOKEN[number] for number in range(len(SPOKEN))]
    result = align(path, captions, ToneModel())
    for number, (cue, time) in enumerate(zip(result.cues, times, strict=True)):
        check(cue, time, within=0.2)
        assert ("placed by its neighbours" in (cue.reason or "")) is (number in other)
        assert all((word.start is None) is (number in other) for word in cue.words)
    assert result.unwritten == []
    assert any(f"{len(other)} cue" in warning and "neighbours" in warning for warning in result.warnings)


def test_a_part_of_a_sentence_in_other_words_is_placed_between_the_others(talk):
    path, times = talk
    parts = ["a dog ran", "spluck zig", "the hill"]  # over
    result = align(path, [SPOKEN[0], *parts, *SPOKEN[2:]], ToneModel())
    before, part, after = result.cues[1:4]
    assert part.status == "aligned"
    assert times[1][0] < before.end <= part.start < part.end <= after.start < times[1][1]


def test_a_sound_that_the_text_marks_takes_its_own_stretch(talk):
    path, times = talk
    result = align(path, [SPOKEN[0], "[APPLAUSE]", "by zigzag footpaths we go", SPOKEN[3]], ToneModel())
    assert [cue.status for cue in result.cues] == ["aligned", "not_spoken", "aligned", "aligned"]
    check(result.cues[2], times[2], within=0.2)
    assert result.cues[1].end <= result.cues[2].start
    assert len(result.unwritten) == 1


@pytest.mark.parametrize(
    "written",
    [
        ["quick"],  # much too short for the speech there
        ["quick foxes jump uphill with a big bunch of guys in it and many of us knew it to be a big joke of his"],
        ["quick foxes", "jump up"],  # two captions, one stretch of speech
    ],
)
def test_captions_that_do_not_fit_into_the_place_are_not_spoken(talk, written):
    path, times = talk
    result = align(path, [SPOKEN[0], *written, *SPOKEN[2:]], ToneModel())
    assert [cue.status for cue in result.cues] == ["aligned", *["not_spoken"] * len(written), "aligned", "aligned"]
    assert len(result.unwritten) == 1
    check(result.cues[-2], times[2])


@pytest.mark.parametrize("missing", [[0], [1], [3], [1, 2], [0, 3]])
def test_speech_without_a_caption_is_listed_and_changes_no_caption(talk, missing):
    path, times = talk
    kept = [number for number in range(len(SPOKEN)) if number not in missing]
    result = align(path, [SPOKEN[number] for number in kept], ToneModel())
    for cue, number in zip(result.cues, kept, strict=True):
        check(cue, times[number])
        assert all(word.start is not None for word in cue.words)
    assert len(result.unwritten) == len(missing)
    for (start, end), number in zip(result.unwritten, missing, strict=True):
        assert start == pytest.approx(times[number][0], abs=0.2)
        assert end == pytest.approx(times[number][1], abs=0.2)


@pytest.mark.parametrize(
    ("written", "skipped"),
    [
        ("a dog ran under the hill", ["under"]),
        ("my dog ran over the hill", ["my"]),
        ("a dog ran over the fence", ["fence"]),
        ("a dog over the hill", []),  # words left out
        ("a dog ran quickly over the hill", ["quickly"]),  # a word too many
    ],
)
def test_wrong_words_are_skipped_and_the_cue_keeps_its_edges(talk, written, skipped):
    path, times = talk
    cues = align(path, [SPOKEN[0], written, SPOKEN[2]], ToneModel()).cues
    for number, cue in enumerate(cues):
        check(cue, times[number])
    assert [word.text for word in cues[1].words if word.start is None] == skipped


def test_of_two_equal_captions_one_is_spoken(talk):
    path, times = talk
    cues = align(path, [SPOKEN[0], SPOKEN[1], SPOKEN[1], SPOKEN[2]], ToneModel()).cues
    check(cues[1], times[1])
    assert cues[2].status == "not_spoken"
    check(cues[3], times[2])


def test_captions_of_another_recording_are_an_error(talk):
    with pytest.raises(CaptionError, match=r"none of the 4 words was found in .* check that the captions belong"):
        align(talk[0], ["zzz qqq", "xxx vvv"], ToneModel())


def test_without_skips_every_word_has_a_place(talk):
    cues = align(talk[0], [*SPOKEN, "zq"], ToneModel(), options=AlignOptions(skips=None)).cues
    assert all(word.start is not None for cue in cues for word in cue.words)
