"""Words of other scripts in Latin letters, each word keeping its own."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from ctcalign.errors import ModelError
from ctcalign.text import romanise
from ctcalign.text.romanise import needs_romanising
from ctcalign.text.scripts import script_of, scripts_of
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.text.words import words_of

LATIN = Vocabulary(tuple("-|abcdefghijklmnopqrstuvwxyz'"), separator=1)
GREEK = Vocabulary(tuple("-|αβγδεζηθικλμνξοπρστυφχψω"), separator=1)
BOTH = Vocabulary(tuple("-|abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщъыьэюя"), separator=1)
needs_uroman = pytest.mark.skipif(importlib.util.find_spec("uroman") is None, reason="uroman (extra `text`) is missing")


def written(text: str, language: str, vocabulary: Vocabulary = LATIN, how: str = "auto") -> list[str]:
    tokeniser = Tokeniser(vocabulary, language, how)  # type: ignore[arg-type]
    firsts = (tokeniser.tokenise(word).alternatives[:1] for word in words_of(text, language))
    return ["".join(vocabulary.symbols[i] for ids in first for i in ids) for first in firsts]


@needs_uroman
@pytest.mark.timeout(300)  # the tables take ten seconds and more to load
@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ar", "مرحبا بالعالم", ["mrhba", "bal'alm"]),
        ("el", "Ελλάδα, ναι", ["ellada", "nai"]),
        ("ru", "Привет, мир! 5", ["privet", "mir", "pyat"]),
        ("hi", "नमस्ते दुनिया", ["namaste", "duniyaa"]),
        ("ja", "こんにちは、がっこう", ["ko", "n", "ni", "chi", "ha", "ga", "kko", "u"]),
        ("zh", "你好。", ["ni", "hao"]),
        ("ko", "한국어 문장", ["hangugeo", "munjang"]),
        ("ru", "да, yes", ["da", "yes"]),
    ],
)
def test_romanised_word_by_word(language: str, text: str, expected: list[str]) -> None:
    assert written(text, language) == expected


@needs_uroman
def test_the_report_counts_romanised_words() -> None:
    tokeniser = Tokeniser(LATIN, "el")
    for word in words_of("ναι yes όχι", "el"):
        tokeniser.tokenise(word)
    assert tokeniser.report.romanised == 2
    assert tokeniser.report.warnings == []


def test_a_vocabulary_of_the_script_needs_no_romanisation(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted() -> None:
        raise AssertionError("romanised")

    monkeypatch.setattr(romanise, "_uroman", unwanted)
    assert written("Ναι, ναί", "el", GREEK) == ["ναι", "ναι"]
    assert written("мир café", "ru", BOTH) == ["мир", "cafe"]
    assert written("мир", "ru", LATIN, "never") == [""]
    with pytest.raises(AssertionError, match="romanised"):
        written("мир", "ru", LATIN)


@pytest.mark.parametrize(
    ("text", "vocabulary", "how", "expected"),
    [
        ("мир", LATIN, "auto", True),
        ("мир", LATIN, "never", False),
        ("мир", BOTH, "auto", False),
        ("мир", BOTH, "always", True),
        ("café", LATIN, "always", False),
        ("ναι", GREEK, "always", False),
        ("мир", GREEK, "auto", False),
        ("123", LATIN, "auto", False),
    ],
)
def test_when_words_are_romanised(text: str, vocabulary: Vocabulary, how: str, expected: bool) -> None:
    assert needs_romanising(text, vocabulary, how) is expected  # type: ignore[arg-type]


def test_without_uroman_the_words_are_bridged_and_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uroman", None)
    romanise._uroman.cache_clear()
    try:
        tokeniser = Tokeniser(LATIN, "ru")
        (word,) = words_of("мир", "ru")
        assert tokeniser.tokenise(word).alternatives == ()
        assert tokeniser.report.bridged == ["мир"]
        assert "pip install 'ctcalign[text]'" in tokeniser.report.warnings[-1]
        with pytest.raises(ModelError, match=r"uroman is not installed; pip install"):
            Tokeniser(LATIN, "ru", "always").tokenise(word)
    finally:
        romanise._uroman.cache_clear()


@pytest.mark.parametrize(
    ("character", "script"),
    [("a", "Latin"), ("é", "Latin"), ("я", "Cyrillic"), ("ش", "Arabic"), ("ツ", "Katakana"), ("々", "Han"),
     ("한", "Hangul"), ("๑", None), ("1", None), ("!", None), ("𠀀", "Han"), ("𐍈", None)],
)  # fmt: skip
def test_script_of(character: str, script: str | None) -> None:
    assert script_of(character) == script


def test_scripts_of() -> None:
    assert scripts_of("Ωmega 5 мир!") == {"Greek", "Latin", "Cyrillic"}
