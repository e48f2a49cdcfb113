"""Tokenizers: transcripts to labels and back, by characters or the pieces of a sentencepiece model."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path

from ctcalign.checks import check_choice
from ctcalign.errors import UsageError
from ctcalign.text.scripts import clusters
from ctcalign.text.vocabulary import WORD_START, Vocabulary, composed

BLANK = "<blank>"


class Tokenizer(ABC):
    """Encodes transcripts as labels of a model.

    Attributes:
        vocabulary: the symbols; the blank is column 0.
    """

    vocabulary: Vocabulary

    @abstractmethod
    def encode(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        """Labels of a transcript without blanks, and the characters that have no label."""

    def decode(self, labels: Iterable[int]) -> str:
        """The text of labels, words separated by one space."""
        return text_of(self.vocabulary, labels)


class SymbolTokenizer(Tokenizer):
    """Words in the symbols of a vocabulary, with its separator between them.

    Args:
        vocabulary: of single letters; a word in pieces gets the fewest of them, which may be others than in training.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._words: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {}

    def encode(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        """Words are composed (NFC) and in the case of the symbols; letters without a label lose accents (é as e)."""
        labels: list[int] = []
        lost: tuple[str, ...] = ()
        for word in text.split():
            if word not in self._words:
                self._words[word] = self.vocabulary.encode(word)
            ids, left = self._words[word]
            lost += left
            if ids and labels and self.vocabulary.separator is not None:
                labels.append(self.vocabulary.separator)
            labels.extend(ids)
        return labels, lost


class CharacterTokenizer(SymbolTokenizer):
    """One label for each character.

    Args:
        characters: each once; the space between words is one of them. Decomposed letters are composed (NFC); a mark
            that stands apart from a letter is a character of its own.
    Raises:
        UsageError: a character occurs twice, or there is none.
    """

    def __init__(self, characters: str = " abcdefghijklmnopqrstuvwxyz'") -> None:
        listed = _listed(characters)
        if not listed:
            raise UsageError(f"characters: expected each character once and at least one, got {characters!r}")
        separator = listed.index(" ") + 1 if " " in listed else None
        super().__init__(Vocabulary((BLANK, *listed), separator=separator))


class SentencePieceTokenizer(Tokenizer):
    """The pieces of a sentencepiece model; labels are shifted by one for the blank.

    Args:
        model: model file of sentencepiece's trainer.
        case: "lower" or "upper" converts texts first; "keep" leaves them unchanged.
    Attributes:
        case: the option.
    Raises:
        UsageError: there is no such file, sentencepiece is not installed, or the case is unknown.
    """

    def __init__(self, model: str, case: str = "keep") -> None:
        check_choice("case", case, ("keep", "lower", "upper"))
        if not Path(model).is_file():
            raise UsageError(f"model: there is no sentencepiece model {model}; train one with spm_train")
        try:
            import sentencepiece
        except ImportError:
            raise UsageError("sentencepiece is not installed; pip install 'ctcalign[train]'") from None
        self.case = case
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=model)
        symbols = [self._pieces.id_to_piece(i) for i in range(self._pieces.get_piece_size())]
        self._unknown = int(self._pieces.unk_id())
        self.vocabulary = Vocabulary((BLANK, *symbols), unknown=self._unknown + 1, word_pieces=True)

    @property
    def serialised(self) -> bytes:
        """The content of the model file."""
        return bytes(self._pieces.serialized_model_proto())

    def encode(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        """Pieces of the composed text (NFC); characters that only the unknown piece covers have no label."""
        text = " ".join(text.split())
        text = text.lower() if self.case == "lower" else text.upper() if self.case == "upper" else text
        labels, lost = self._encoded(composed(text))
        if lost and not text.isascii():
            # A model of decomposed text has no composed letters unless its own rules of normalisation replace them.
            parted = self._encoded(unicodedata.normalize("NFD", text))
            labels, lost = parted if len(parted[1]) < len(lost) else (labels, lost)
        return labels, lost

    def _encoded(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        pieces = self._pieces.encode(text, out_type=str)
        ids = [int(i) for i in self._pieces.encode(text)]
        lost = tuple(
            c for piece, i in zip(pieces, ids, strict=True) if i == self._unknown for c in piece.strip(WORD_START)
        )
        return [i + 1 for i in ids if i != self._unknown], lost


def text_of(vocabulary: Vocabulary, labels: Iterable[int]) -> str:
    """The text of labels, see `Vocabulary.text`."""
    return vocabulary.text(labels)


def _listed(characters: str) -> Sequence[str]:
    """The characters of an alphabet; empty if one occurs twice.

    Composed letters, unless that leaves a mark alone: then either the code points as they are given (an alphabet that
    lists marks as characters), or, where a letter would occur twice, letters with their marks (Yoruba e, ẹ, ẹ́).
    """
    whole = composed(characters)
    given: tuple[Sequence[str], ...] = (whole,)
    if any(map(_attaches, whole)):
        given = (characters, whole, [whole[start:end] for start, end in clusters(whole)])
    return next((listed for listed in given if len(set(listed)) == len(listed)), ())


def _attaches(character: str) -> bool:
    """Whether a character is part of the one before it: a mark, or a vowel or final of a Korean syllable."""
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
