"""Symbols of sub-word tokenizers in the form of `Vocabulary`: "\u2581" where a word begins, "<0xC3>" for a byte.

Schemes have the names that the library tokenizers gives their decoders: "ByteLevel" (GPT-2: each byte is a printable
character, "Ġ" is the space), "WordPiece" (BERT: "##" before pieces that continue a word), "Metaspace" (sentencepiece),
"BPEDecoder" ("</w>" at the end of a word); and "Bytes" (each byte is the character of this code).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from ctcalign.errors import UsageError
from ctcalign.text.vocabulary import SPECIAL, WORD_START

BYTE_LEVEL, WORD_PIECE, METASPACE, WORD_ENDS, BYTES = "ByteLevel", "WordPiece", "Metaspace", "BPEDecoder", "Bytes"
_SPACE = "Ġ"  # the space in the byte-level alphabet
_CONTINUES = "##"
_ENDS = re.compile(r".</w>$|.@@$", re.DOTALL)


def scheme_of(symbols: Sequence[str]) -> str | None:
    """The scheme that the symbols themselves show; None for characters, phones and pieces with "\u2581"."""
    text = [symbol for symbol in symbols if not SPECIAL.fullmatch(symbol)]
    if any(symbol.startswith(WORD_START) for symbol in text):
        return METASPACE
    if any(_ENDS.search(symbol) for symbol in text):
        return WORD_ENDS
    if any(symbol.startswith(_CONTINUES) and len(symbol) > len(_CONTINUES) for symbol in text):
        return WORD_PIECE
    # "Ġ" alone is a letter of Maltese.
    if any(symbol.startswith(_SPACE) and len(symbol) > 1 for symbol in text) and set("".join(text)) <= set(_bytes()):
        return BYTE_LEVEL
    return None


def converted(symbols: Sequence[str], scheme: str, literal: Collection[str] = ()) -> tuple[str, ...]:
    """Symbols of a scheme as those of a vocabulary.

    Args:
        literal: symbols that are text as they stand, such as added and special tokens.
    Raises:
        UsageError: the scheme marks ends of words, which a vocabulary cannot represent.
    """
    kept = {symbol for symbol in symbols if symbol in literal or SPECIAL.fullmatch(symbol)}
    if scheme == WORD_ENDS:
        [example] = [symbol for symbol in symbols if _ENDS.search(symbol)][:1] or ["</w>"]
        raise UsageError(
            f"its tokenizer marks the ends of words ({example!r}); expected characters, or pieces that mark the "
            "beginning of a word (sentencepiece, byte-level BPE, WordPiece)"
        )
    change = {BYTE_LEVEL: _of_bytes, WORD_PIECE: _of_word_piece, BYTES: _of_latin}.get(scheme)
    return tuple(symbol if change is None or symbol in kept else change(symbol) for symbol in symbols)


def _of_word_piece(symbol: str) -> str:
    return symbol[len(_CONTINUES) :] if symbol.startswith(_CONTINUES) else WORD_START + symbol


def _of_bytes(symbol: str) -> str:
    table = _bytes()
    if not all(character in table for character in symbol):
        return symbol
    return _written(bytes(table[character] for character in symbol))


def _of_latin(symbol: str) -> str:
    return symbol if ord(max(symbol, default="\0")) > 255 else _written(symbol.encode("latin-1"), space=" ")


def _written(data: bytes, space: str = WORD_START) -> str:
    """Bytes as text, with the mark of a word start for a space at the beginning; as byte pieces if they are no text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text.replace(" ", "x").isprintable() or not text:
        return "".join(f"<0x{byte:02X}>" for byte in data)
    return space + text[1:] if text.startswith(" ") else text


@lru_cache(maxsize=1)
def _bytes() -> dict[str, int]:
    """The byte of each character of the byte-level alphabet: printable Latin-1 is itself, others begin at U+0100."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + place): byte for place, byte in enumerate(others)}
