"""Words in, alternatives of token sequences out; what cannot be said is counted."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.errors import UsageError
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.text.words import Word, words_of

LETTERS = Vocabulary(tuple("-|abcdefghijklmnopqrstuvwxyz'"), separator=1)


def written(vocabulary: Vocabulary, text: str, language: str | None = "en", romanise: str = "never") -> list[list[str]]:
    tokeniser = Tokeniser(vocabulary, language, romanise)  # type: ignore[arg-type]
    return [
        ["".join(vocabulary.symbols[i] for i in ids) for ids in tokeniser.tokenise(word).alternatives]
        for word in words_of(text, language)
    ]


def test_separator_between_the_words_of_a_reading() -> None:
    assert written(LETTERS, "Well-known, -- men") == [["well|known"], [], ["men"]]


def test_without_separator_the_words_are_joined() -> None:
    assert written(Vocabulary(tuple("-abcdefghijklmnopqrstuvwxyz")), "well-known") == [["wellknown"]]


def test_word_pieces_mark_each_word() -> None:
    pieces = Vocabulary(("-", "\u2581we", "ll", "\u2581", "k", "n", "o", "w"), word_pieces=True)
    assert written(pieces, "well-known") == [["\u2581well\u2581known"]]


def test_a_cased_vocabulary_may_keep_the_users_case() -> None:
    both = Vocabulary(tuple("-|abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), separator=1)
    assert written(both, "Anna, sees") == [["anna", "Anna"], ["sees"]]
    accents = Vocabulary(tuple("-|caféCAFÉ"), separator=1)
    assert written(accents, "Cafe\u0301") == written(accents, "Café") == [["café", "Café"]]


def test_a_vocabulary_with_digits_writes_them() -> None:
    digits = Vocabulary(tuple("-|abcdefghijklmnopqrstuvwxyz'0123456789"), separator=1)
    assert "1984" in written(digits, "in 1984.")[1]
    assert written(digits, "1984", "xx") == [["1984"]]


def test_alternatives_are_distinct() -> None:
    word = Word("x", 0, 1, True, (("café",), ("cafe",), ("caf", "e")))
    assert len(Tokeniser(LETTERS).tokenise(word).alternatives) == 2


def test_a_reading_that_can_be_said_wins_over_one_that_cannot() -> None:
    word = Word("x", 0, 1, True, (("日",), ("ab日",), ("abc日",), ("ab",)))
    tokenised = Tokeniser(LETTERS, romanise="never").tokenise(word)
    assert tokenised.alternatives == ((2, 3),)
    assert tokenised.unsupported == ()


def test_unsupported_characters_are_counted_for_every_occurrence() -> None:
    tokeniser = Tokeniser(LETTERS, "en", romanise="never")
    for word in words_of("Дa 日 日 ok"):
        tokeniser.tokenise(word)
    assert tokeniser.report.unsupported == {"д": 1, "日": 2}
    assert tokeniser.report.bridged == ["日", "日"]
    assert tokeniser.report.words == 4
    assert len(tokeniser.report.warnings) == 2
    assert '"日" 2×' in tokeniser.report.warnings[0]
    tokeniser.start_report()
    assert tokeniser.report.warnings == []


def test_digits_of_a_language_without_rules_are_unsupported_not_an_error() -> None:
    tokeniser = Tokeniser(LETTERS, "xx", romanise="never")
    (word,) = words_of("2024", "xx")
    assert tokeniser.tokenise(word).alternatives == ()
    assert tokeniser.report.unsupported == {"2": 2, "0": 1, "4": 1}


def test_wrong_option() -> None:
    with pytest.raises(UsageError, match=r"romanise: got 'yes'.*\"auto\""):
        Tokeniser(LETTERS, romanise="yes")  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=30))
def test_no_text_crashes(text: str) -> None:
    tokeniser = Tokeniser(LETTERS, "en", romanise="never")
    for word in words_of(text):
        tokenised = tokeniser.tokenise(word)
        assert len(set(tokenised.alternatives)) == len(tokenised.alternatives)
        if word.spoken:
            assert tokenised.alternatives or tokenised.unsupported or word.text in tokeniser.report.bridged


def test_twenty_thousand_words_take_about_a_second() -> None:
    text = "The quick brown fox, aged 12, jumped over Mr. Smith's 1,250 lazy dogs on 3 May 1984 at 7:30 pm."
    cues = [text.replace("12", str(n % 90)).replace("1984", str(1900 + n % 120)) for n in range(1000)]
    tokeniser = Tokeniser(LETTERS)
    start = time.process_time()
    count = sum(len([tokeniser.tokenise(word) for word in words_of(cue)]) for cue in cues)
    seconds = time.process_time() - start
    assert count == 20_000
    assert seconds < 3, seconds  # half a second on an idle core; an uncached path takes tens
