"""Causal language models and tokenizers of Hugging Face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.errors import ModelError, UsageError
from ctcalign.models import pretrained
from ctcalign.train.processes import padded


def transformers() -> Any:
    """The library transformers.

    Raises:
        ModelError: it is not installed.
    """
    return pretrained.transformers("transformers is not installed; pip install 'ctcalign[train,hf]'")


def load_causal_model(name: str, fresh: bool = False) -> nn.Module:
    """A causal language model in float32.

    Args:
        name: folder or hub name.  fresh: use the architecture with random weights.
    Raises:
        ModelError: it cannot be loaded, or weights are missing.
    """
    library = transformers()
    kind = library.AutoModelForCausalLM
    with pretrained.loading(
        library, lambda reason: f"model: {name} cannot be loaded as a causal language model ({reason})"
    ):
        if fresh:
            config = library.AutoConfig.from_pretrained(name, trust_remote_code=False)
            found: nn.Module = kind.from_config(config, dtype=torch.float32, trust_remote_code=False)
        else:
            found, _ = pretrained.load_network(kind, name, f"model: {name}", "language model")
    return found


def positions_of(network: Any) -> int | None:
    """Tokens that a causal language model can read at most; None: its configuration gives no limit."""
    config = network.config
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    found = getattr(config, "max_position_embeddings", None)
    return found if isinstance(found, int) and found > 0 else None


def check_tokens(name: str, network: Any, tokenizer: TextTokenizer, longest: int) -> None:
    """Check that a model can read all tokens of its inputs.

    Args:
        name: of the model.  longest: tokens of an input at most.
    Raises:
        UsageError: an input may have more tokens than the model has positions.  ModelError: the tokenizer has tokens
            for which the model has no embedding.
    """
    positions = positions_of(network)
    if positions is not None and longest > positions:
        raise UsageError(
            f"longest: inputs of up to {longest} tokens (a prefix included) do not fit into the {positions} positions "
            f"of {name}; give a smaller model.longest"
        )
    embeddings = len(network.get_input_embeddings().weight)
    if tokenizer.size > embeddings:
        raise ModelError(
            f"model: the tokenizer has {tokenizer.size} tokens but {name} has embeddings for {embeddings}; use the "
            "tokenizer that the model was trained with, or resize the embeddings and save the model again"
        )


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
        end: token that ends a response.  size: tokens that it knows.
    Raises:
        ModelError: there is no tokenizer, or it has no end token.
    """

    def __init__(self, name: str, longest: int) -> None:
        library = transformers()
        with pretrained.loading(
            library, lambda reason: f"model: {name} has no tokenizer that can be loaded ({reason})"
        ):
            self._tokenizer: Any = library.AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        if self._tokenizer.eos_token_id is None:
            raise ModelError(f"model: the tokenizer of {name} has no end token; set eos_token in tokenizer_config.json")
        self.end: int = int(self._tokenizer.eos_token_id)
        begin = self._tokenizer.bos_token_id
        self._begin = self.end if begin is None else int(begin)
        self.longest = longest
        self.size = 1 + max(self._tokenizer.get_vocab().values())

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
