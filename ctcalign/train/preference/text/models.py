"""Causal language models and tokenizers of Hugging Face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.errors import ModelError, UsageError
from ctcalign.train.processes import padded


def transformers() -> Any:
    """The library transformers.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import transformers as library
    except ImportError:
        raise UsageError("transformers is not installed; pip install 'ctcalign[train,hf]'") from None
    return library


def load_causal_model(name: str, fresh: bool = False) -> nn.Module:
    """A causal language model.

    Args:
        name: folder or hub name.  fresh: use the architecture with random weights.
    Raises:
        ModelError: it cannot be loaded.
    """
    library = transformers()
    try:
        if fresh:
            found: nn.Module = library.AutoModelForCausalLM.from_config(library.AutoConfig.from_pretrained(name))
        else:
            found = library.AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        line = next(iter(str(error).splitlines()), "")
        raise ModelError(f"model: {name} cannot be loaded as a causal language model ({line[:200]})") from error
    return found


@dataclass(frozen=True)
class PromptedModel:
    """A language model with a fixed prefix of every prompt.

    Attributes:
        network: a causal language model of Hugging Face.  prefix: tokens.
    """

    network: Any
    prefix: tuple[int, ...] = ()


class TextTokenizer:
    """A Hugging Face tokenizer.

    Args:
        name: folder or hub name.
        longest: tokens of prompt, response and end together.
    Attributes:
        end: token that ends a response.
    Raises:
        ModelError: there is no tokenizer, or it has no end token.
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
        """Tokens of a prompt; at least one, from which the first token of a response is predicted."""
        found = [int(i) for i in self._tokenizer(text)["input_ids"]] if text else []
        while found and found[-1] == self.end:
            found.pop()
        return found or [self._begin]

    def response(self, text: str) -> tuple[int, ...]:
        """Tokens of a response without the end token."""
        return tuple(int(i) for i in self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def fits(self, prompt: Sequence[int], response: Sequence[int]) -> bool:
        """Whether prompt, response and end are within `longest`."""
        return len(prompt) + len(response) + 1 <= self.longest

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Rows of tokens as ids (N, P), padded with the end token, and the mask of the tokens, int64 both."""
        ids = padded(rows, self.end, torch.int64)
        counts = torch.tensor([len(row) for row in rows])
        return ids, (torch.arange(ids.shape[1])[None] < counts[:, None]).long()

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, without special tokens."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def save(self, folder: Path) -> None:
        """Write the tokenizer to a folder."""
        self._tokenizer.save_pretrained(folder)
