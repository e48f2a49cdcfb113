"""Captions divided into phrases: at pauses, at missing words, with the text of the caption."""

from __future__ import annotations

from ctcalign.adapt.captions.phrases import AFTER_MISSING, CUE, phrases_of, spoken_span
from ctcalign.alignment.alignment import AlignedCue, AlignedWord


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
