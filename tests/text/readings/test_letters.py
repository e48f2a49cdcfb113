"""Abbreviations, acronyms and letters with digits: readings in order, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.letters import abbreviation, acronym, initials, is_acronym, mixed, sign, spelled
from ctcalign.text.readings.locale import locale_of
from tests.text.readings.rule import phrases


@pytest.mark.parametrize(
    ("before", "text", "after", "language", "expected"),
    [
        ("", "Mr.", "Smith", "en", ["mister", "mr"]),
        ("", "Mr", "Smith", "en", ["mister", "mr"]),
        ("", "No.", "5", "en", ["number", "no"]),
        ("", "no", "5", "en", ["number", "no"]),
        ("", "No.", "He", "en", []),
        ("", "No.", "", "en", []),
        ("", "Abs.", "3", "de", ["absatz"]),
        ("", "Abs", "3", "de", []),
        ("", "S.", "3", "de", ["seite", "s"]),
        ("", "z.B.", "", "de", ["zum beispiel", "z b"]),
        ("", "word", "", "en", []),
    ],
)
def test_abbreviations(before, text, after, language, expected):
    assert phrases(abbreviation, text, language, before=before, after=after) == expected


@pytest.mark.parametrize(
    ("before", "after", "word_first"),
    [("the", "", True), ("the", "He", True), ("the", "he", False), ("", "", False), ("", "He", False)],
)
def test_a_word_at_the_end_of_a_sentence_is_first_that_word(before, after, word_first):
    dotted = locale_of("en").dotted
    word = next(key for key, forms in dotted.items() if key in forms)
    expected = list(dict.fromkeys([word, *dotted[word]] if word_first else dotted[word]))
    assert phrases(abbreviation, f"{word}.", before=before, after=after) == expected


def test_signs():
    assert phrases(sign, "&") == ["and", "ampersand"]
    assert phrases(sign, "a") == []


@pytest.mark.parametrize(
    ("letters", "language", "expected"),
    [
        ("FBI", "en", ["f b i"]),
        ("AA", "en", ["a a"]),
        ("AAA", "en", ["a a a", "triple a"]),
        ("IEEE", "en", ["i e e e", "i triple e"]),
        ("AABB", "en", ["a a b b", "double a double b"]),
        ("AAAAB", "en", ["a a a a b", "a a a a b"]),
        ("AAA", "de", ["a a a"]),
        ("ISI", "tr", ["ı s ı"]),
    ],
)
def test_spelling(letters, language, expected):
    assert spelled(letters, locale_of(language)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("U.S.A.", ["u s a", "usa"]),
        ("U.S", ["u s", "us"]),
        ("J.R.R.'s", ["j r r's", "j double r's", "jrr's"]),
        ("p.m.", ["p m", "pm"]),
        ("A.", []),
        ("A", []),
        ("ab.c", []),
        ("U.S.AB", []),
        ("a.b.c.d.e.f.g.h.i.j", ["a b c d e f g h i j", "abcdefghij"]),
        ("a.b.c.d.e.f.g.h.i.j.k", []),
    ],
)
def test_initials(text, expected):
    assert phrases(initials, text) == expected


@pytest.mark.parametrize(
    ("text", "capitals", "expected"),
    [
        ("NASA", False, ["nasa", "n a s a"]),
        ("NASA", True, ["nasa", "n a s a"]),
        ("BBC", False, ["b b c", "double b c", "bbc"]),
        ("BBC", True, ["b b c", "double b c", "bbc"]),
        ("EU", False, ["e u", "eu"]),
        ("EU", True, ["eu", "e u"]),
        ("ABE", False, ["a b e", "abe"]),
        ("ABE", True, []),
        ("XYLQ", True, []),
        ("XWLQ", True, ["x w l q", "xwlq"]),
        ("OPEC", False, ["opec", "o p e c"]),
        ("OPEC", True, []),
        ("FBI's", False, ["f b i's", "fbi's"]),
        ("DVDs", False, ["d v d's", "d v d s", "dvds"]),
        ("ABCDEF", False, ["abcdef", "a b c d e f"]),
        ("ABCDEFG", False, []),
        ("A", False, []),
        ("As", False, []),
        ("Is", False, []),
        ("Abc", False, []),
        ("日本", False, []),
    ],
)
def test_acronyms(text, capitals, expected):
    assert phrases(acronym, text, capitals=capitals) == expected


def test_words_that_are_read_letter_by_letter():
    assert is_acronym("FBI", "en")
    assert is_acronym("BBC", "xx")
    assert is_acronym("bbc", "xx")
    assert not is_acronym("OPEC", "en")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("A4", "en", ["a four"]),
        ("MP3", "en", ["m p three", "mp three"]),
        ("H2O", "en", ["h two o"]),
        ("4K", "en", ["four k"]),
        ("GPT3.5", "en", ["g p t three point five", "gpt three point five"]),
        (
            "1080p",
            "en",
            [
                "ten eighty p",
                "one thousand eighty p",
                "one thousand and eighty p",
                "a thousand and eighty p",
                "one zero eight zero p",
                "one oh eight oh p",
            ],
        ),
        ("COVID19", "en", ["covid nineteen", "covid one nine", "c o v i d nineteen", "c o v i d one nine"]),
        ("covid19", "en", ["covid nineteen", "covid one nine"]),
        ("Abcdef7", "en", ["abcdef seven"]),
        ("ABCDEF7", "en", ["abcdef seven"]),
        ("abc7", "en", ["abc seven", "a b c seven"]),
        ("abcd7", "en", ["abcd seven"]),
        ("NATO7", "en", ["nato seven", "n a t o seven"]),
        ("1,2,3", "en", ["one two three"]),
        ("a/7", "en", ["a slash seven", "a seven"]),
        ("a/7", "de", ["a schrägstrich sieben", "a sieben"]),
        ("a_7", "en", ["a underscore seven", "a seven"]),
        ("a!7", "en", ["a seven"]),
        ("abc", "en", []),
        ("77", "en", []),
        ("A4", "xx", ["a 4"]),
        ("b1" * 12, "en", [" ".join(["b one"] * 12)]),
        ("b1" * 12 + "c", "en", []),
    ],
)
def test_letters_with_digits(text, language, expected):
    assert phrases(mixed, text, language) == expected
