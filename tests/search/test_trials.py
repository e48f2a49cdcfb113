"""Trial searches: which phrases are drawn, and which candidates are right."""

from __future__ import annotations

import random

from ctcalign.search.recordings import Recording, SpokenWord, read_truth
from ctcalign.search.trials import CLASSES, draw_phrases, matched, run_trials, trial_phrases, with_word_replaced
from ctcalign.spans import Span
from tests.aligner.tones import ToneModel
from tests.search.corpora import TEXTS, write_corpus


def spoken(text):
    return [SpokenWord(word, place, place + 0.5, 0) for place, word in enumerate(text.split())]


def test_absent_phrases_do_not_occur_and_present_ones_do():
    one, two = Recording("one", None, spoken("a b c d e f g")), Recording("two", None, spoken("e f g h i j k"))
    drawn = trial_phrases(one, [two], 4, random.Random(0))
    for kind, lengths in CLASSES.items():
        assert len(drawn[kind].present) == 4
        assert drawn[kind].absent
        assert all(len(text.split()) in lengths for text in (*drawn[kind].present, *drawn[kind].absent))
        assert all(one.occurrences(text) for text in drawn[kind].present)
        assert not any(one.occurrences(text) for text in drawn[kind].absent)


def test_drawn_phrases_are_distinct_and_as_many_as_there_are():
    words = spoken("a b a b a")
    assert sorted(draw_phrases(words, (1, 2), 9, random.Random(0))) == ["a", "a b", "b", "b a"]


def test_one_word_is_replaced():
    found = {with_word_replaced("a b c", "x", random.Random(seed)) for seed in range(50)}
    assert found == {"x b c", "a x c", "a b x"}


def test_a_candidate_is_right_when_both_ends_are_near_and_each_occurrence_counts_once():
    occurrences = [Span(1.0, 1.5), Span(5.0, 5.5)]
    spans = [(1.1, 1.4), (1.0, 1.5), (4.2, 5.2), (5.4, 5.6)]
    assert matched(spans, occurrences) == [(1.0, 1.5), None, None, (5.0, 5.5)]


def test_trials_find_the_phrases_of_tones(tmp_path):
    write_corpus(tmp_path)
    recordings = [read_truth(tmp_path / name / "truth.json", ToneModel()) for name in TEXTS]
    trials = run_trials(recordings, ToneModel(), 4, 1)
    assert [trial.recording.name for trial in trials] == [*TEXTS]
    for trial in trials:
        for kind, phrases in trial.phrases.items():
            right = {own.phrase for own in trial.candidates if own.kind == kind and own.truth is not None}
            assert right == set(phrases.present)
    again = run_trials(recordings, ToneModel(), 4, 1)
    assert [trial.phrases for trial in again] == [trial.phrases for trial in trials]
