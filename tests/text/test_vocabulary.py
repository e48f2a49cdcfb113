"""Words written with the symbols of a model."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.text.vocabulary import Vocabulary

LETTERS = tuple("-|abcdefghijklmnopqrstuvwxyz'")
LOWER = Vocabulary(LETTERS, separator=1)
UPPER = Vocabulary(("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"), separator=4, unknown=3)


def written(vocabulary: Vocabulary, word: str) -> tuple[str, tuple[str, ...]]:
    ids, unsupported = vocabulary.encode(word)
    return " ".join(vocabulary.symbols[i] for i in ids), unsupported


@pytest.mark.parametrize(
    ("vocabulary", "case"),
    [
        (LOWER, "lower"),
        (UPPER, "upper"),
        (Vocabulary(tuple("-abcABC")), "mixed"),
        (Vocabulary(tuple("-abcdefghijA")), "lower"),
        (Vocabulary(tuple("-日本語")), "lower"),
        (Vocabulary(("-",)), "lower"),
    ],
)
def test_case(vocabulary: Vocabulary, case: str) -> None:
    assert vocabulary.case == case


@pytest.mark.parametrize(
    ("vocabulary", "word", "expected", "unsupported"),
    [
        (LOWER, "don't", "d o n ' t", ()),
        (LOWER, "don\u2019t", "d o n ' t", ()),
        (UPPER, "don't", "D O N ' T", ()),
        (Vocabulary(tuple("-abcdont")), "don't", "d o n t", ()),
        (Vocabulary(tuple("-abcdont\u2019")), "don't", "d o n \u2019 t", ()),
        (LOWER, "café", "c a f e", ()),
        (LOWER, "straße", "s t r a s s e", ()),
        (UPPER, "straße", "S T R A S S E", ()),
        (LOWER, "æsir", "a e s i r", ()),
        (UPPER, "smørrebrød", "S M O R R E B R O D", ()),
        (LOWER, "łódź", "l o d z", ()),
        (Vocabulary(tuple("-cafeé")), "café", "c a f é", ()),
        (Vocabulary(tuple("-cafeé")), "cafe\u0301", "c a f é", ()),
        (Vocabulary(("-", "c", "a", "f", "e", "e\u0301")), "café", "c a f e\u0301", ()),
        (Vocabulary(("-", "c", "a", "f", "e\u0301", "é")), "cafe\u0301", "c a f é", ()),
        (Vocabulary(tuple("-cafe\u0301")), "café", "c a f e \u0301", ()),
        (Vocabulary(tuple("-CAFEÉ")), "cafe\u0301", "C A F É", ()),
        (Vocabulary(tuple("-êe\u0301\u0323")), "ế", "ê \u0301", ()),
        (Vocabulary(tuple("-êe\u0301\u0323")), "ệ", "ê \u0323", ()),
        (Vocabulary(tuple("-가나")), "\u1102\u1161\u1100\u1161", "나 가", ()),
        (Vocabulary(tuple("-\u1100\u1161")), "가", "\u1100 \u1161", ()),
        (Vocabulary(("-", "g", "g\u0303")), "gg\u0303", "g g\u0303", ()),
        (LOWER, "ab日cя日", "a b c", ("日", "я", "日")),
        (LOWER, "99", "", ("9", "9")),
        (LOWER, "-|", "", ("-", "|")),
        (UPPER, "<s>", "S", ("<", ">")),
        (Vocabulary(tuple("-абвгдежз")), "её", "е е", ()),
        (Vocabulary(tuple("-あいうえお")), "アイ", "あ い", ()),
        (Vocabulary(tuple("-مرحبا")), "مَرْحَبًا", "م ر ح ب ا", ()),
        (LOWER, "", "", ()),
    ],
)
def test_encode(vocabulary: Vocabulary, word: str, expected: str, unsupported: tuple[str, ...]) -> None:
    assert written(vocabulary, word) == (expected, unsupported)


PIECES = Vocabulary(
    (
        "<blk>",
        "<unk>",
        "\u2581",
        "\u2581the",
        "\u2581t",
        "h",
        "e",
        "s",
        "es",
        "the",
        "t",
        "a",
        "ta",
        "nta",
        "\u2581fan",
        "\u2581fa",
        "ntas",
    ),
    unknown=1,
    word_pieces=True,
)


@pytest.mark.parametrize(
    ("word", "expected", "unsupported"),
    [
        ("the", "\u2581the", ()),
        ("theses", "\u2581the s es", ()),
        ("these", "\u2581the s e", ()),
        ("fantas", "\u2581fa ntas", ()),  # the longest first piece, "fan", would need four
        ("atat", "\u2581 a ta t", ()),
        ("théxt", "\u2581the t", ("x",)),
        ("the\u0301xt", "\u2581the t", ("x",)),
    ],
)
def test_word_pieces(word: str, expected: str, unsupported: tuple[str, ...]) -> None:
    assert written(PIECES, word) == (expected, unsupported)


@pytest.mark.parametrize("word", ["cafés", "cafe\u0301s"])
@pytest.mark.parametrize("pieces", [("\u2581caf", "és"), ("\u2581caf", "e\u0301s"), ("\u2581cafe", "\u0301s")])
def test_word_pieces_in_any_normal_form(pieces: tuple[str, ...], word: str) -> None:
    vocabulary = Vocabulary(("-", "\u2581", *"cafes", *pieces), word_pieces=True)
    assert written(vocabulary, word) == (" ".join(pieces), ())


def test_of_equally_many_pieces_the_longer_come_first() -> None:
    assert written(Vocabulary(("-", "a", "c", "ab", "bc")), "abc") == ("ab c", ())


@given(
    word=st.text(alphabet="abc", min_size=1, max_size=7),
    pieces=st.sets(st.text(alphabet="abc", min_size=1, max_size=3), max_size=8),
)
def test_word_pieces_are_the_fewest(word: str, pieces: set[str]) -> None:
    vocabulary = Vocabulary(("-", *sorted(pieces | {"a", "b", "c"})))
    ids, unsupported = vocabulary.encode(word)
    assert "".join(vocabulary.symbols[i] for i in ids) == word
    assert unsupported == ()
    places = range(1, len(word))
    brute = min(
        len(cuts) + 1
        for count in range(len(word))
        for cuts in itertools.combinations(places, count)
        if all(word[a:b] in vocabulary.pieces for a, b in itertools.pairwise((0, *cuts, len(word))))
    )
    assert len(ids) == brute


@given(word=st.text(max_size=20))
def test_no_text_crashes_and_nothing_vanishes_from_a_known_alphabet(word: str) -> None:
    for vocabulary in (LOWER, UPPER, PIECES):
        ids, unsupported = vocabulary.encode(word)
        assert all(0 <= i < len(vocabulary) for i in ids)
        assert vocabulary.blank not in ids
        assert len(ids) + len(unsupported) >= sum("a" <= c <= "z" for c in word if vocabulary is not PIECES)


BYTES = Vocabulary(
    ("<b>", "<unk>", "<s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *"cafe", "\u2581caf"),
    unknown=1,
    word_pieces=True,
)


@pytest.mark.parametrize("word", ["café", "ca日", "face\u0301", "a!", "Ω"])
def test_bytes_write_what_the_pieces_lack(word: str) -> None:
    labels, lost = BYTES.encode(word)
    assert lost == ()
    assert BYTES.text(labels) == unicodedata.normalize("NFC", word.lower())
    assert (BYTES.case, BYTES.has_digits) == ("lower", False)


def test_bytes_are_not_used_for_letters_with_a_piece() -> None:
    assert written(BYTES, "cafe") == ("\u2581caf e", ())
    assert written(Vocabulary(("-", "a", "e", "<0x62>")), "abé") == ("a <0x62> e", ())  # without the bytes of é


@pytest.mark.parametrize(
    ("symbols", "text"),
    [
        (["\u2581caf", "<0xC3>", "<0xA9>", "\u2581", "a"], "café a"),
        (["\u2581caf", "<0xC3>", "\u2581", "a"], "caf\ufffd a"),
        (["<s>", "\u2581caf", "<unk>", "e", "\u2581", "a", "<b>"], "cafe a"),
        (["a", "<0x0A>", "c", "<0x00>", "e"], "a c e"),
    ],
)
def test_text_of_bytes_and_specials(symbols: list[str], text: str) -> None:
    assert BYTES.text(map(BYTES.symbols.index, symbols)) == text


def test_text_of_letters_and_separators() -> None:
    assert UPPER.text(map(UPPER.symbols.index, ["|", "A", "<s>", "<pad>", "|", "|", "<unk>", "B", "|"])) == "A B"
    assert Vocabulary(("-", "e\u0301", "*", "<unused5>", "[PAD]"), separator=None).text([1, 2, 3, 4, 1]) == "éé"
    assert Vocabulary(("-", "e", "\u0301")).text([1, 2]) == "é"


def test_the_tatweel_and_variation_selectors_are_dropped():
    vocabulary = Vocabulary(("<blank>", *"سلامhelo"))
    assert vocabulary.encode("سـلام") == vocabulary.encode("سلام")
    assert vocabulary.encode("he\ufe0fllo") == vocabulary.encode("hello")
