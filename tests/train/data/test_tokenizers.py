"""Tokenizers of characters and of sentencepiece."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from ctcalign.errors import UsageError
from ctcalign.models.training.tokenizers import CharacterTokenizer, SentencePieceTokenizer
from ctcalign.train.evaluation.validation import normalised_reference


def test_tokenizers(tmp_path):
    letters = CharacterTokenizer(" abcde")
    assert letters.encode("Bad  café") == ([3, 2, 5, 1, 4, 2, 6], ("f",))
    assert letters.decode([3, 2, 5, 1, 4]) == "bad c"
    for wrong in ("", "aba"):
        with pytest.raises(UsageError, match="each character once and at least one"):
            CharacterTokenizer(wrong)
    import sentencepiece

    (tmp_path / "text").write_text("the cat sat on the mat\nthe dog ran to the cat\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"), model_prefix=str(tmp_path / "m"), vocab_size=19, minloglevel=2
    )
    pieces = SentencePieceTokenizer(str(tmp_path / "m.model"), case="lower")
    labels, lost = pieces.encode("The cat  ran")
    assert pieces.decode(labels) == "the cat ran"
    assert not lost
    assert 0 not in labels
    assert pieces.vocabulary.symbols[0] == "<blank>"
    assert "z" in pieces.encode("zoo")[1]
    with pytest.raises(UsageError, match="there is no sentencepiece model"):
        SentencePieceTokenizer(str(tmp_path / "none"))
    with pytest.raises(UsageError, match="expected one of keep, lower, upper"):
        SentencePieceTokenizer(str(tmp_path / "m.model"), case="title")


ALPHABETS = {
    "fr": (" abcdefghijklmnopqrstuvwxyzéèàç", "déjà reçu"),
    "small": (" abcé", "bcé"),
    "vi": (" aàáâăậbcdđeêềếệghiknoơờtuưv", "đường về nhà ế ệ"),
    "ko": (" 가나다라각", "가나 다라각"),
    "yo": (" abdeèéẹẹ\u0301ẹ\u0300", "adẹ\u0301 bẹ\u0300 dé"),
}


@pytest.mark.parametrize("language", ALPHABETS)
@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("listed", ["NFC", "NFD"])
def test_alphabets_and_texts_in_any_normal_form(language, listed, written):
    alphabet, text = ALPHABETS[language]
    tokenizer = CharacterTokenizer(unicodedata.normalize(listed, alphabet))
    assert tokenizer.vocabulary == CharacterTokenizer(alphabet).vocabulary
    labels, lost = tokenizer.encode(unicodedata.normalize(written, text))
    assert not lost
    assert tokenizer.decode(labels) == unicodedata.normalize("NFC", text)
    assert len(labels) == len(CharacterTokenizer(alphabet).encode(text)[0])


@pytest.mark.parametrize(
    ("alphabet", "text", "count"),
    [
        (" aăâeêioôơuưy\u0300\u0301\u0323", "ế ệ", 5),  # tone marks apart, as in the Windows code page 1258
        (" abe\u0301\u0300", "é e", 4),
        (" \u1100\u1102\u1161\u1162", "나 개", 5),
        (" क\u093cनऩ", "ऩक\u093c", 3),
    ],
)
def test_marks_that_are_characters_of_their_own(alphabet, text, count):
    tokenizer = CharacterTokenizer(alphabet)
    assert tokenizer.vocabulary.symbols[1:] == tuple(alphabet)
    for form in ("NFC", "NFD"):
        labels, lost = tokenizer.encode(unicodedata.normalize(form, text))
        assert (len(labels), lost) == (count, ())
        assert tokenizer.decode(labels) == unicodedata.normalize("NFC", text)


def pieces_of(folder: Path, text: str, **options: Any) -> SentencePieceTokenizer:
    """A sentencepiece model trained on one line of text."""
    import sentencepiece

    (folder / "text").write_text(f"{text}\n" * 20, encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"),
        model_prefix=str(folder / "m"),
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return SentencePieceTokenizer(str(folder / "m.model"))


@pytest.mark.parametrize("trained", ["NFC", "NFD"])
def test_sentencepiece_texts_in_any_normal_form(tmp_path, trained):
    text = "un café était fermé là"
    tokenizer = pieces_of(
        tmp_path,
        unicodedata.normalize(trained, text),
        vocab_size=22,
        normalization_rule_name="identity",
        character_coverage=1.0,
    )
    encoded = [tokenizer.encode(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")]
    assert encoded[0] == encoded[1]
    assert encoded[0][1] == ()
    assert tokenizer.decode(encoded[0][0]) == text


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_sentencepiece_byte_fallback(tmp_path, kind):
    tokenizer = pieces_of(tmp_path, "the cat sat on the mat", vocab_size=280, byte_fallback=True, model_type=kind)
    for text in ("the café sat", "日本 cat", "cafe\u0301 \U0001f408"):
        labels, lost = tokenizer.encode(text)
        assert lost == ()
        written = unicodedata.normalize("NFC", text)
        assert tokenizer.decode(labels) == written
        assert normalised_reference(text, tokenizer.vocabulary) == written
