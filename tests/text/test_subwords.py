"""Schemes of sub-words: which one symbols show, and what the symbols are as text."""

from __future__ import annotations

import pytest

from ctcalign.errors import UsageError
from ctcalign.text.subwords import BYTE_LEVEL, BYTES, METASPACE, WORD_ENDS, WORD_PIECE, converted, scheme_of


@pytest.mark.parametrize(
    ("symbols", "scheme"),
    [
        (["<pad>", "\u0120the", "a", "\u010a"], BYTE_LEVEL),
        (["[PAD]", "the", "##se", "a"], WORD_PIECE),
        (["<unk>", "\u2581the", "s"], METASPACE),
        (["<unk>", "the</w>", "s"], WORD_ENDS),
        (["<unk>", "th@@", "s"], WORD_ENDS),
        (["<pad>", "|", *"abc'"], None),
        (["_", " ", *"abċdefġgħie", "\u0120", "Ħ"], None),  # letters of Maltese
        (["<pad>", "|", "#", "@", "a", "##"], None),
        (["<pad>", "aː", "t͡ʃ", "\u0261"], None),  # phones
        (["<pad>", "\u0120the", "日本"], None),  # not the alphabet of byte-level tokenizers
    ],
)
def test_scheme(symbols: list[str], scheme: str | None) -> None:
    assert scheme_of(symbols) == scheme


@pytest.mark.parametrize(
    ("scheme", "symbol", "text"),
    [
        (BYTE_LEVEL, "\u0120the", "\u2581the"),
        (BYTE_LEVEL, "\u0120", "\u2581"),
        (BYTE_LEVEL, "the", "the"),
        (BYTE_LEVEL, "cafÃ©", "café"),
        (BYTE_LEVEL, "Ã", "<0xC3>"),
        (BYTE_LEVEL, "aÃ", "<0x61><0xC3>"),
        (BYTE_LEVEL, "\u0120\u0142", "<0x20><0xA0>"),
        (BYTE_LEVEL, "\u010a", "<0x0A>"),
        (BYTE_LEVEL, "<s>", "<s>"),
        (WORD_PIECE, "the", "\u2581the"),
        (WORD_PIECE, "##se", "se"),
        (WORD_PIECE, "[CLS]", "[CLS]"),
        (WORD_PIECE, "added", "added"),
        (METASPACE, "\u2581the", "\u2581the"),
        (BYTES, "Ã", "<0xC3>"),
        (BYTES, "a", "a"),
        (BYTES, " ", " "),
    ],
)
def test_symbols_as_those_of_a_vocabulary(scheme: str, symbol: str, text: str) -> None:
    assert converted([symbol], scheme, {"added"}) == (text,)


def test_ends_of_words_cannot_be_represented() -> None:
    with pytest.raises(UsageError, match="marks the ends of words"):
        converted(["a", "the</w>"], WORD_ENDS)
