"""New symbols as a tokenizer of transformers."""

from __future__ import annotations

import json
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.files import temporary_folder
from ctcalign.models.pretrained import transformers
from ctcalign.models.training.tokenizers import SymbolTokenizer, Tokenizer
from ctcalign.text.vocabulary import Vocabulary

BLANK, SPACE = "<pad>", "|"


def transformers_tokenizer(tokenizer: Tokenizer, where: str) -> Any:
    """A tokenizer of transformers with the same labels.

    Raises:
        UsageError: it is not one of letters.
    """
    if not isinstance(tokenizer, SymbolTokenizer) or tokenizer.vocabulary.word_pieces:
        raise UsageError(
            f"model.tokenizer: {where} takes new letters (CharacterTokenizer, or model.vocabulary: from-data), "
            f"not {type(tokenizer).__name__}"
        )
    return _of_letters(tokenizer.vocabulary)


def _of_letters(vocabulary: Vocabulary) -> Any:
    """That of wav2vec 2.0, with "<pad>" for the blank and "|" for the space."""
    symbols = list(vocabulary.symbols)
    symbols[vocabulary.blank] = BLANK
    if vocabulary.separator is not None:
        symbols[vocabulary.separator] = SPACE
    library = transformers("")
    with temporary_folder() as folder:
        file = folder / "vocab.json"
        columns = {symbol: column for column, symbol in enumerate(symbols)}
        file.write_text(json.dumps(columns, ensure_ascii=False), encoding="utf-8")
        return library.Wav2Vec2CTCTokenizer(
            str(file), pad_token=BLANK, word_delimiter_token=SPACE, bos_token=None, eos_token=None
        )
