"""Timed syllables to words, timed words to cues, and words to the cues that contain them."""

from __future__ import annotations

import pytest

from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.drafts import Draft
from ctcalign.formats.shared.timed_words import TimedText, WordRow, assign_words, cue_of, grouped, words_of


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("Hel", 1.0, 2.0), ("lo ", 2.0, 3.0), ("you", 4.0, 5.0)], [("Hello", 1.0, 3.0), ("you", 4.0, 5.0)]),
        ([("a bc d", 1.0, 2.0)], [("a", 1.0, None), ("bc", None, None), ("d", None, 2.0)]),
        ([(" a ", 1.0, 2.0), (" ", 2.0, 3.0), ("b", 3.0, 4.0)], [("a", 1.0, 2.0), ("b", 3.0, 4.0)]),
        ([("a b", 1.0, 2.0), ("c", 2.0, 3.0)], [("a", 1.0, None), ("bc", None, 3.0)]),
        ([("a", None, 2.0), ("", 2.0, 3.0), ("b", 3.0, None)], [("ab", None, None)]),
        ([("a", 1.0, 2.0), ("b c", 2.0, 3.0)], [("ab", 1.0, None), ("c", None, 3.0)]),
        ([(" ", 1.0, 2.0)], []),
        ([], []),
    ],
)
def test_words_of_pieces(pieces, expected):
    assert words_of([TimedText(*piece) for piece in pieces]) == [CueWord(*word) for word in expected]


def rows(*times: tuple[float | None, float | None], **of: object) -> list[WordRow]:
    return [WordRow(CueWord(f"w{number}", *span), line=number, **of) for number, span in enumerate(times)]


def texts(made: list[WordRow]) -> list[str]:
    return [draft.text for draft in grouped(made)]


def test_words_without_a_pause_are_one_cue():
    (draft,) = grouped(rows((1.0, 1.5), (1.6, 2.0), speaker="Ann", channel=1, recording="r"))
    assert (draft.text, draft.start, draft.end, draft.line) == ("w0 w1", 1.0, 2.0, 0)
    assert (draft.speaker, draft.channel, draft.recording) == ("Ann", 1, "r")
    assert draft.words == [CueWord("w0", 1.0, 1.5), CueWord("w1", 1.6, 2.0)]
    assert grouped([]) == []


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([(1.0, 1.5), (2.0, 2.5)], ["w0", "w1"]),  # a pause of exactly half a second
        ([(1.0, 1.5), (1.99, 2.5)], ["w0 w1"]),
        ([(1.0, 1.5), (0.9, 1.2)], ["w0", "w1"]),  # back in time
        ([(1.0, 1.5), (0.9995, 1.2)], ["w0 w1"]),
        ([(1.0, 1.5), (1.0, 1.2)], ["w0 w1"]),
        ([(1.0, 11.0), (11.0, 21.0)], ["w0 w1"]),  # 20 s
        ([(1.0, 11.0), (11.0, 21.1)], ["w0", "w1"]),
        ([(1.0, 11.0), (11.0, 20.0), (20.0, 30.0)], ["w0 w1", "w2"]),
        ([(1.0, 11.0), (11.0, 21.1), (21.1, 30.0)], ["w0", "w1 w2"]),  # counted from the first word of its cue
        ([(1.0, 1.5), (None, None), (1.6, 2.0)], ["w0 w1 w2"]),
        ([(1.0, 1.5), (None, None), (9.0, 9.5)], ["w0 w1", "w2"]),
        ([(None, None), (9.0, 9.5), (None, None)], ["w0 w1 w2"]),
        ([(1.0, 1.5), (9.0, None)], ["w0", "w1"]),
    ],
)
def test_where_a_cue_ends(times, expected):
    assert texts(rows(*times)) == expected


@pytest.mark.parametrize("change", [{"speaker": "B"}, {"channel": 1}, {"recording": "s"}])
def test_another_speaker_channel_or_recording_begins_a_cue(change):
    first = {"speaker": "A", "channel": 0, "recording": "r"}
    made = [WordRow(CueWord("a", 1.0, 1.1), **first), WordRow(CueWord("b", 1.1, 1.2), **{**first, **change})]
    assert texts(made) == ["a", "b"]


def test_a_cue_goes_from_the_first_start_to_the_last_end():
    draft = cue_of(rows((2.0, 3.0), (1.0, 2.5), (None, None)))
    assert (draft.text, draft.start, draft.end) == ("w0 w1 w2", 1.0, 3.0)
    draft = cue_of(rows((2.0, None)))
    assert (draft.start, draft.end) == (None, None)
    draft = cue_of(rows((2.0, None), (None, 3.0)))
    assert (draft.start, draft.end) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("word", "cue"),
    [
        ((1.2, 1.4), 0),
        ((4.0, 6.0), 1),
        ((2.0, 2.2), 0),  # its middle lies 0.1 s behind the first cue
        ((2.4, 2.5), 0),  # 0.45 s
        ((2.5, 2.7), None),  # 0.6 s
        ((2.45, 2.55), None),  # 0.5 s
        ((3.5, 3.7), 1),  # 0.4 s before the second
        ((3.4, 3.6), None),
        ((9.0, 9.1), None),
        ((0.5, 0.7), 0),
        ((4.9, 5.1), 1),
    ],
)
def test_words_are_assigned_by_their_middle(word, cue):
    drafts = [Draft("a", 1.0, 2.0), Draft("b", 4.0, 5.0), Draft("no times")]
    made = CueWord("w", *word)
    left = assign_words(drafts, [made])
    assert [len(draft.words) for draft in drafts] == [int(cue == number) for number in range(3)]
    assert left == ([made] if cue is None else [])


def test_the_cue_that_contains_the_word_wins_whatever_the_order():
    drafts = [Draft("late", 5.0, 6.0), Draft("long", 0.0, 10.0), Draft("early", 1.0, 2.0)]
    assign_words(drafts, [CueWord("w", 7.9, 8.1)])
    assert [len(draft.words) for draft in drafts] == [0, 1, 0]
    untimed = CueWord("u")
    assert assign_words(drafts, [untimed]) == [untimed]
    assert assign_words([], [CueWord("w", 1.0, 2.0)]) == [CueWord("w", 1.0, 2.0)]
    # Between two cues, the nearer one.
    drafts = [Draft("a", 1.0, 2.0), Draft("b", 2.5, 3.0)]
    assign_words(drafts, [CueWord("w", 2.1, 2.3), CueWord("v", 2.3, 2.5)])
    assert [[word.text for word in draft.words] for draft in drafts] == [["w"], ["v"]]
