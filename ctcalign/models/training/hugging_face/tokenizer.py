"""Transcripts to labels by the tokenizer of a transformers model with word pieces."""

from __future__ import annotations

from typing import Any

from ctcalign.models.training.tokenizers import Tokenizer
from ctcalign.text.vocabulary import Vocabulary, composed


class HuggingFaceTokenizer(Tokenizer):
    """The pieces that the tokenizer of a model chooses, without special tokens.

    Args:
        tokenizer: of transformers.  vocabulary: the symbols of the model.
    """

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._tokenizer = tokenizer
        silent = (vocabulary.blank, vocabulary.unknown)
        self._labels = {column for column in range(len(vocabulary)) if column not in silent}

    def encode(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        """Labels of the composed text (NFC); characters that only the unknown token covers, or none, have no label."""
        text = composed(" ".join(text.split()))
        if not text:
            return [], ()
        if self._tokenizer.is_fast:
            return self._by_offsets(text)
        labels: list[int] = []
        lost: list[str] = []
        for word in text.split():
            for token in self._tokenizer.tokenize(word):
                label = self._tokenizer.convert_tokens_to_ids(token)
                if label in self._labels:
                    labels.append(label)
                else:
                    lost.extend(token)
        return labels, tuple(lost)

    def _by_offsets(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        covered: set[int] = set()
        labels: list[int] = []
        for label, (start, end) in zip(found["input_ids"], found["offset_mapping"], strict=True):
            if label in self._labels:
                labels.append(label)
                covered.update(range(start, end))
        return labels, tuple(c for place, c in enumerate(text) if place not in covered and not c.isspace())
