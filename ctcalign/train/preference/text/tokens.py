"""Prompts and responses as the tokens of a language model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ctcalign.errors import ModelError, UsageError


def transformers() -> Any:
    """The library.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import transformers as library
    except ImportError:
        raise UsageError("transformers is not installed; pip install 'ctcalign[train,hf]'") from None
    return library


class TextTokenizer:
    """A Hugging Face tokenizer.

    Args:
        name: folder or hub name.
        longest: tokens of prompt, response and its end together.
    Attributes:
        end: token that ends a response.
    Raises:
        ModelError: there is none, or it has no token for the end.
    """

    def __init__(self, name: str, longest: int) -> None:
        try:
            self._tokenizer: Any = transformers().AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError) as error:
            line = next(iter(str(error).splitlines()), "")
            raise ModelError(f"model: {name} has no tokenizer that can be loaded ({line[:200]})") from error
        if self._tokenizer.eos_token_id is None:
            raise ModelError(f"model: the tokenizer of {name} has no end token; set eos_token in tokenizer_config.json")
        self.end: int = int(self._tokenizer.eos_token_id)
        begin = self._tokenizer.bos_token_id
        self._begin = self.end if begin is None else int(begin)
        self.longest = longest

    def prompt(self, text: str) -> list[int]:
        """Tokens of a prompt, at least one: the first token of a response is predicted from it."""
        found = [int(i) for i in self._tokenizer(text)["input_ids"]] if text else []
        while found and found[-1] == self.end:
            found.pop()
        return found or [self._begin]

    def response(self, text: str) -> tuple[int, ...]:
        """Tokens of a response without the one that ends it."""
        return tuple(int(i) for i in self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def fits(self, prompt: Sequence[int], response: Sequence[int]) -> bool:
        """Whether both and the end are not too long."""
        return len(prompt) + len(response) + 1 <= self.longest

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Rows of tokens as ids (N, P), filled at the end, and the mask of those that are there, int64 both."""
        width = max(map(len, rows))
        ids = torch.full((len(rows), width), self.end, dtype=torch.int64)
        mask = torch.zeros((len(rows), width), dtype=torch.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row, dtype=torch.int64)
            mask[place, : len(row)] = 1
        return ids, mask

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, without special ones."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        self._tokenizer.save_pretrained(folder)
