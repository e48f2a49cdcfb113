"""New symbols as a tokenizer of transformers."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.files import temporary_folder
from ctcalign.models.pretrained import transformers
from ctcalign.models.training.tokenizers import SentencePieceTokenizer, SymbolTokenizer, Tokenizer
from ctcalign.text.vocabulary import Vocabulary

BLANK, SPACE = "<pad>", "|"


def transformers_tokenizer(tokenizer: Tokenizer, where: str) -> Any:
    """A tokenizer of transformers for the same symbols: the same labels for letters, other labels for pieces.

    Raises:
        UsageError: it is neither one of letters nor of sentencepiece.
    """
    if isinstance(tokenizer, SentencePieceTokenizer):
        return _of_pieces(tokenizer)
    if not isinstance(tokenizer, SymbolTokenizer) or tokenizer.vocabulary.word_pieces:
        raise UsageError(
            f"model.tokenizer: {where} takes letters (CharacterTokenizer, or model.vocabulary: from-data) or "
            f"a model of sentencepiece (SentencePieceTokenizer), got {type(tokenizer).__name__}"
        )
    return _of_letters(tokenizer.vocabulary)


def _of_pieces(tokenizer: SentencePieceTokenizer) -> Any:
    """The pieces of a sentencepiece model by their ids, and "<pad>" for the blank behind them."""
    from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers
    from tokenizers import Tokenizer as Fast

    library = transformers("")
    description: Any = import_module("sentencepiece.sentencepiece_model_pb2").ModelProto()
    description.ParseFromString(tokenizer.serialised)
    trained, rules = description.trainer_spec, description.normalizer_spec
    scores = [(piece.piece, piece.score) for piece in description.pieces]
    if trained.model_type == trained.UNIGRAM:
        model: Any = models.Unigram(scores, trained.unk_id, trained.byte_fallback)
    elif trained.model_type == trained.BPE:
        columns = {piece: column for column, (piece, _) in enumerate(scores)}
        merges = import_module("transformers.convert_slow_tokenizer").generate_merges(columns, dict(scores))
        model = models.BPE(
            columns, merges, unk_token=trained.unk_piece, fuse_unk=True, byte_fallback=trained.byte_fallback
        )
    else:
        raise UsageError("model.tokenizer: expected a unigram or BPE model of sentencepiece; train one with spm_train")
    found = Fast(model)
    steps: list[Any] = [normalizers.Lowercase()] if tokenizer.case == "lower" else []
    if rules.precompiled_charsmap:
        steps.append(normalizers.Precompiled(rules.precompiled_charsmap))
    found.normalizer = normalizers.Sequence([*steps, normalizers.Replace(Regex(" {2,}"), " ")])
    scheme = "always" if rules.add_dummy_prefix else "never"
    found.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    found.decoder = decoders.Metaspace(prepend_scheme=scheme)
    special = {"unk_token": trained.unk_piece, "pad_token": BLANK}
    return library.PreTrainedTokenizerFast(tokenizer_object=found, clean_up_tokenization_spaces=False, **special)


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
