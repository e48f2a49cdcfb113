"""Tokenizers of characters and of sentencepiece."""

from __future__ import annotations

import pytest

from ctcalign.errors import UsageError
from ctcalign.train.data.tokenizers import CharacterTokenizer, SentencePieceTokenizer


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
