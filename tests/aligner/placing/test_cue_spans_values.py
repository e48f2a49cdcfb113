"""Edges of cues over speech, with every limit tried on either side; distances computed by hand."""

from __future__ import annotations

import pytest

from ctcalign.aligner.placing.cue_spans import CueCore, cue_edges, cue_spans
from tests.aligner.placing.placements import placement, transcript


def after(core: CueCore, *speech: tuple[float, float]) -> float:
    return cue_edges([core], speech)[0][1]


def before(core: CueCore, *speech: tuple[float, float]) -> float:
    return cue_edges([core], speech)[0][0]


@pytest.mark.parametrize(
    ("letters", "start", "moved"),
    [
        (0, 2.34, True),  # at most 0.35 s away if no word is missing
        (0, 2.36, False),
        (4, 2.89, True),  # at most 0.9 s if words are
        (4, 2.91, False),
        (4, 2.0, True),
        (4, 1.9, False),  # speech that begins inside the cue is none behind it
    ],
)
def test_the_pause_before_speech_that_belongs_to_the_cue(letters, start, moved):
    assert after(CueCore(1.0, 2.0, 0, letters), (start, start + 0.5)) == (start + 0.5 if moved else 2.0)
    mirrored = (10.0 - start - 0.5, 10.0 - start)
    assert before(CueCore(8.0, 9.0, letters, 0), mirrored) == pytest.approx(mirrored[0] if moved else 8.0)


@pytest.mark.parametrize(
    ("letters", "end", "moved"),
    [
        (0, 3.29, True),  # 1.3 s
        (0, 3.31, False),
        (10, 4.57, True),  # and 1.5 times 0.085 s for each letter: 1.275 s
        (10, 4.58, False),
    ],
)
def test_the_most_speech_that_belongs_to_the_cue(letters, end, moved):
    assert after(CueCore(1.0, 2.0, 0, letters), (2.1, end)) == (end if moved else 2.0)
    assert before(CueCore(8.0, 9.0, letters, 0), (10.0 - end, 7.9)) == pytest.approx(10.0 - end if moved else 8.0)


def test_several_stretches_are_followed_until_a_pause():
    core = CueCore(1.0, 2.0, 0, 10)
    assert after(core, (2.1, 2.5), (3.0, 3.5), (4.0, 4.5)) == 4.5
    assert after(core, (2.1, 2.5), (3.41, 3.6)) == 2.5  # the pause counts from the speech before it
    assert after(core, (0.0, 0.5), (2.1, 2.5)) == 2.5
    assert before(CueCore(8.0, 9.0, 10, 0), (5.5, 6.0), (6.5, 7.0), (7.5, 7.9), (9.5, 9.8)) == 5.5


def test_speech_beyond_the_next_cue_is_not_reached():
    cores = [CueCore(1.0, 2.0, 0, 10), CueCore(3.0, 4.0, 10, 0)]
    assert cue_edges(cores, [(2.2, 2.8)]) == [(1.0, 2.8), (3.0, 4.0)]  # taken once, by the first
    assert cue_edges(cores, [(2.2, 3.1)]) == [(1.0, 2.0), (3.0, 4.0)]
    assert cue_edges(cores, [(2.2, 3.0)]) == [(1.0, 3.0), (3.0, 4.0)]
    assert cue_edges(cores, [(1.9, 2.8)]) == [(1.0, 2.0), (3.0, 4.0)]
    assert cue_edges(cores, [(4.2, 4.4)]) == [(1.0, 2.0), (3.0, 4.4)]
    assert cue_edges(cores, [(0.8, 0.9)]) == [(0.8, 2.0), (3.0, 4.0)]


def test_edges_with_missing_words_come_first():
    speech = [(2.1, 2.4), (2.6, 2.9)]
    assert cue_edges([CueCore(1.0, 2.0, 0, 0), CueCore(3.0, 4.0, 10, 0)], speech) == [(1.0, 2.0), (2.1, 4.0)]
    assert cue_edges([CueCore(1.0, 2.0, 0, 0), CueCore(3.0, 4.0, 0, 0)], speech) == [(1.0, 2.9), (3.0, 4.0)]
    closed = CueCore(1.0, 2.0, 0, 0, open_after=False)
    assert cue_edges([closed, CueCore(3.0, 4.0, 0, 0)], speech) == [(1.0, 2.0), (2.1, 4.0)]
    assert cue_edges([closed, CueCore(3.0, 4.0, 0, 0, open_before=False)], speech) == [(1.0, 2.0), (3.0, 4.0)]


def test_letters_of_the_skipped_words_on_either_side():
    """A missing word of four letters reaches 1.3 + 4 * 0.1275 = 1.81 s."""
    text = transcript("abcd efgh", "ijk lmno")
    speech = [(2.1, 3.82)]
    place = placement([None, (1.9, 2.0), (9.0, 9.5), (9.6, 9.9)], [(0.2, 1.8)])
    assert cue_spans(text, place)[0] == (pytest.approx(0.2), 2.0)
    place = placement([(1.0, 2.0), None, (9.0, 9.5), (9.6, 9.9)], [(2.1, 3.8)])
    assert cue_spans(text, place)[0] == (1.0, 3.8)
    place = placement([(1.0, 2.0), None, (9.0, 9.5), (9.6, 9.9)], speech)
    assert cue_spans(text, place)[0] == (1.0, 2.0)


def test_only_waiting_cues_between_two_neighbours_close_their_edges():
    text = transcript("aaa bbb", "ccc", "ddd eee", "fff ggg")
    words = [(1.0, 1.4), (1.5, 2.0), None, (4.0, 4.4), (4.5, 5.0), (7.0, 7.4), (7.5, 8.0)]
    place = placement(words, [(2.2, 2.6), (3.5, 3.8), (5.2, 5.5), (6.5, 6.9), (8.2, 8.4), (0.5, 0.9)][:5])
    assert cue_spans(text, place, None) == [(1.0, 2.0), None, (4.0, 5.5), (6.5, 8.4)]
    assert cue_spans(text, place, {1}) == [(1.0, 2.0), None, (4.0, 5.5), (6.5, 8.4)]
    assert cue_spans(text, place, {2}) == [(1.0, 2.6), None, (3.5, 5.5), (6.5, 8.4)]
    text = transcript("ccc", "aaa bbb", "ddd")
    place = placement([None, (1.0, 1.4), (1.5, 2.0), None], [(0.7, 0.9), (2.1, 2.3)])
    assert cue_spans(text, place, None) == [None, (1.0, 2.0), None]
    assert cue_spans(text, place, {0}) == [None, (1.0, 2.3), None]
    assert cue_spans(text, place, {2}) == [None, (0.7, 2.0), None]
