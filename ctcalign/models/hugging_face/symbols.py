"""The symbols of a transformers model, by the ids of its tokenizer."""

from __future__ import annotations

import json
from typing import Any

from ctcalign.errors import ModelError, UsageError
from ctcalign.text.subwords import BYTE_LEVEL, BYTES, WORD_ENDS, WORD_PIECE, converted, scheme_of
from ctcalign.text.vocabulary import SPECIAL, WORD_START, Vocabulary


def vocabulary_of(name: str, tokenizer: Any, config: Any) -> Vocabulary:
    """Symbols by id; the blank is the padding token, as in transformers."""
    size = int(config.vocab_size)
    listed = tokenizer.get_vocab()
    if not all(isinstance(column, int) for column in listed.values()):
        raise ModelError(f"hf:{name}: its vocab.json has ids that are not whole numbers; expected one for each symbol")
    symbols = [f"<unused{column}>" for column in range(size)]
    for token, column in listed.items():
        if 0 <= column < size:
            symbols[column] = token
    blank = config.pad_token_id if config.pad_token_id is not None else tokenizer.pad_token_id
    if blank is None or not 0 <= blank < size:
        raise ModelError(f"hf:{name}: its configuration has no pad_token_id, which CTC models use as the blank; add it")
    delimiter = getattr(tokenizer, "word_delimiter_token", None)
    special = {str(token) for token in tokenizer.all_special_tokens} - {delimiter}
    scheme = _scheme(tokenizer) or scheme_of(symbols)
    try:
        spelled = list(converted(symbols, scheme or "", {*special, *tokenizer.get_added_vocab()}))
    except UsageError as error:
        raise ModelError(f"hf:{name}: {error}") from None
    # A special token that does not look like "<s>" or "[PAD]" must not be treated as text.
    spelled = [
        f"<{old}>" if old in special and column != blank and not SPECIAL.fullmatch(old) else new
        for column, (old, new) in enumerate(zip(symbols, spelled, strict=True))
    ]
    delimiter = " " if scheme == BYTES else delimiter
    separator = spelled.index(delimiter) if delimiter in spelled and scheme not in (BYTE_LEVEL, WORD_PIECE) else None
    unknown = tokenizer.unk_token_id
    vocabulary = Vocabulary(
        tuple(spelled),
        blank=int(blank),
        separator=separator,
        unknown=int(unknown) if unknown is not None and 0 <= unknown < size and unknown != blank else None,
        word_pieces=separator is None and any(symbol.startswith(WORD_START) for symbol in spelled),
    )
    if not vocabulary.pieces:
        raise ModelError(f"hf:{name}: its tokenizer has no symbol for the {size} outputs; check vocab.json")
    return vocabulary


def warnings_of(name: str, tokenizer: Any, vocabulary: Vocabulary) -> list[str]:
    """A warning if tokenizer and configuration disagree about the blank."""
    pad, blank = tokenizer.pad_token_id, vocabulary.blank
    if pad is None or pad == blank or not 0 <= pad < len(vocabulary):
        return []
    return [
        f"hf:{name}: the blank is symbol {blank} ({vocabulary.symbols[blank]!r}) by pad_token_id in config.json but "
        f"{pad} ({vocabulary.symbols[pad]!r}) by the tokenizer; {blank} is used: if the text is wrong, make them equal"
    ]


def _scheme(tokenizer: Any) -> str | None:
    """Sub-word scheme according to the tokenizer's decoder, see `ctcalign.text.subwords`; None if it has none."""
    if type(tokenizer).__name__ in ("ByT5Tokenizer", "PerceiverTokenizer"):
        return BYTES
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = None if backend is None else json.loads(backend.to_str()).get("decoder")
    kinds = [one.get("type") for one in (decoder or {}).get("decoders", [decoder]) if one]
    return next((kind for kind in kinds if kind in (BYTE_LEVEL, WORD_PIECE, WORD_ENDS)), None)
