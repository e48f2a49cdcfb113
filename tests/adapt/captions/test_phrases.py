"""Captions divided into phrases: at pauses, at missing words, with the text of the caption."""

from __future__ import annotations

from ctcalign.adapt.captions.phrases import AFTER_MISSING, CUE, labelled_phrases, phrases_of, spoken_span
from ctcalign.alignment.alignment import AlignedCue, AlignedWord
from ctcalign.alignment.cue import Cue
from ctcalign.calibration.truth import LabelledCue, LabelledWord


def word(text: str, start: float | None, end: float | None = None, **more: object) -> AlignedWord:
    if start is None:
        return AlignedWord(text, status="not_spoken", **more)
    return AlignedWord(text, start, end, **more)


def cue(index: int, text: str, *words: AlignedWord) -> AlignedCue:
    return AlignedCue(index, text, words=list(words))


def test_pauses_and_missing_words_divide_a_caption():
    one = cue(
        4,
        "So we went, gladly there.  And back",
        word("So", 0.0, 0.2),
        word("we", 0.2, 0.4),
        word("went,", 0.45, 0.8),
        word("gladly", None, reason="not found in the audio"),
        word("there.", 1.0, 1.4),
        word("And", 2.0, 2.2),
        word("back", 2.2, 2.5),
    )
    found = phrases_of([one])
    assert [phrase.text for phrase in found] == ["So we went,", "there.", "And back"]
    assert [phrase.attributes[CUE] for phrase in found] == [4, 4, 4]
    assert [phrase.attributes[AFTER_MISSING] for phrase in found] == [False, True, False]
    assert [phrase.index for phrase in found] == [0, 1, 2]


def test_a_missing_word_at_the_end_counts_for_the_next_caption():
    first = cue(0, "one two", word("one", 0.0, 0.5), word("two", None, reason="not found in the audio"))
    second = cue(1, "three", word("three", 1.0, 1.5))
    assert [phrase.attributes[AFTER_MISSING] for phrase in phrases_of([first, second])] == [False, True]


def test_mark_up_is_left_out_and_numbers_are_read():
    one = cue(
        0, "<i>In 1812</i>", word("<i>", None), word("In", 0, 0.2), word("1812", 0.2, 1, reading="eighteen twelve")
    )
    assert [phrase.text for phrase in phrases_of([one])] == ["In eighteen twelve"]


def test_scripts_without_spaces_stay_without():
    one = cue(0, "你好 吗", word("你", 0.0, 0.2), word("好", 0.2, 0.4), word("吗", 0.4, 0.6))
    assert [phrase.text for phrase in phrases_of([one])] == ["你好 吗"]


def test_a_caption_that_was_not_found_stays_whole():
    assert [phrase.text for phrase in phrases_of([cue(0, "not here", word("not", None), word("here", None))])] == [
        "not here"
    ]


def test_span_of_the_placed_words():
    assert spoken_span([word("a", None), word("b", 1.0, 1.5), word("c", 1.6, 2.0)]) == (1.0, 2.0)
    assert spoken_span([word("a", None)]) is None


def test_ground_truth_of_phrases():
    words = (
        LabelledWord("one", True, (0.0, 0.3)),
        LabelledWord("wrong", False),
        LabelledWord("two", True, (0.8, 1.0)),
        LabelledWord("three", True, (1.0, 1.4), hole=True),
        LabelledWord("four", True, (2.0, 2.4), hole=True),
    )
    caption = LabelledCue(Cue(0, "one wrong two three four"), 0.0, 2.4, False, words, (0.0, 3.0))
    aligned = cue(
        0,
        "one wrong two three four",
        word("one", 0.0, 0.3),
        word("wrong", None, reason="not found in the audio"),
        word("two", 0.8, 1.0),
        word("three", 1.0, 1.4),
        word("four", 2.0, 2.4),
    )
    found = labelled_phrases([caption], [aligned])
    assert [(one.cue.index, one.cue.text, one.start, one.end, one.exact) for one in found] == [
        (0, "one", 0.0, 0.3, True),
        (1, "two three", 0.8, 1.4, False),  # something between them is missing
        (2, "four", 2.0, 2.4, True),
    ]


def test_captions_without_known_times_or_places_stay_whole():
    unknown = LabelledCue(Cue(0, "a b"), 0.0, 2.0, True, (LabelledWord("a", True), LabelledWord("b", True)))
    aligned = cue(0, "a b", word("a", 0.0, 0.5), word("b", 1.5, 2.0))
    assert [one.cue.text for one in labelled_phrases([unknown], [aligned])] == ["a b"]
    false = LabelledCue(Cue(0, "a"), words=(LabelledWord("a", False),))
    [found] = labelled_phrases([false], [cue(0, "a", word("a", 0.1, 0.4))])
    assert not found.spoken
