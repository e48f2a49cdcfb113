"""Phrases of a search: what can be searched, and files of phrases."""

from __future__ import annotations

import pytest

from ctcalign.errors import CaptionError, UsageError
from ctcalign.search.phrases import PAUSE_BETWEEN_WORDS, PAUSE_IN_WORD, lines_of, prepare_phrases
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY


def prepared(phrases, warnings=None):
    return prepare_phrases(phrases, Tokeniser(VOCABULARY, "en", "never"), "en", 0.02, "tones", warnings)


@pytest.mark.parametrize(
    ("phrases", "error", "message"),
    [
        ([], UsageError, "phrases: got none"),
        (["a", "  "], UsageError, r"phrase 2: got '  ', expected one or more words"),
        (["a", " a"], UsageError, "phrase 'a': given twice"),
        ("cat", UsageError, "got one text, 'cat'; give a list"),
        (["[" * 100_000], CaptionError, r"^phrase '\[{57}\.\.\.': contains no spoken word"),
        (["[MUSIC]"], CaptionError, r"phrase '\[MUSIC\]': contains no spoken word"),
        (["二三"], CaptionError, "phrase '二三': tones has no symbols for it; choose a model of its language"),
    ],
)
def test_phrases_that_cannot_be_searched(phrases, error, message):
    with pytest.raises(error, match=message):
        prepared(phrases)


def test_spaces_of_a_phrase_do_not_matter_and_its_order_stays():
    assert [phrase.text for phrase in prepared([" ab   cd ", "a"])] == ["ab cd", "a"]


def test_a_longer_pause_may_follow_a_word_than_a_letter_inside_it():
    [phrase] = prepared(["ab cd"])
    inside, between = round(PAUSE_IN_WORD / 0.02), round(PAUSE_BETWEEN_WORDS / 0.02)
    assert sorted(phrase.patience.tolist()) == [inside] * 2 + [between] * 3  # a and c; b, the separator and d


def test_lines_of_a_file():
    assert lines_of(["one\n", "\n", "# no\n", " two  three \n", "one\n"]) == ["one", "two three"]


def test_phrases_of_a_list_that_cannot_be_searched_are_named_and_the_others_stay():
    warnings: list[str] = []
    found = prepare_phrases(
        ["[MUSIC]", "ab", "二三"], Tokeniser(VOCABULARY, "en", "never"), "en", 0.02, "tones", warnings
    )
    assert [phrase.text for phrase in found] == ["ab"]
    [warning] = warnings
    assert warning.startswith("2 of 3 phrases are left out: phrase '[MUSIC]': contains no spoken word")
    assert "phrase '二三': tones has no symbols" in warning
    with pytest.raises(CaptionError, match="contains no spoken word"):
        prepared(["[MUSIC]", "♪"], [])
