"""The interface of models in training: network, input, symbols, and how they are written back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.training.inputs import InputMaker
from ctcalign.models.training.new_symbols import NewSymbols, new_layer, origins
from ctcalign.models.training.tokenizers import SymbolTokenizer, Tokenizer
from ctcalign.text.vocabulary import Vocabulary


class TrainableModel(ABC):
    """A CTC recogniser whose network can be trained, of any family.

    Attributes:
        name: for messages.
        network: maps inputs (B, T, F) or (B, N) and lengths (B,) to log-probabilities (B, T', C), float32, and
            lengths (B,). What lies beyond the lengths does not change the valid frames, unless the family itself is
            not exact there.
        inputs: makes the input of an utterance from its samples.
        vocabulary: the symbols of the columns.
        frame_shift: seconds between output frames.
        look_ahead: seconds of audio after the end of an output frame on which it depends; None: unbounded.
        longest: frames or samples of the longest input; None: no limit.
        spike_delay: delay of the spikes after their sounds, in seconds.  language, licence: all three describe the
            weights that training starts from; None if unknown.
        exported: name of the exported model in the folder of a run, a file or a folder.
        head: name of the output layer in the network.
        new_symbols: what is known of the rows of the output layer if it was replaced by `with_symbols`.
    """

    name: str
    network: nn.Module
    inputs: InputMaker
    vocabulary: Vocabulary
    frame_shift: float
    look_ahead: float | None = None
    longest: int | None = None
    spike_delay: float | None = None
    language: str | None = None
    licence: str | None = None
    exported: ClassVar[str] = "model.safetensors"
    head: str = "head"
    new_symbols: NewSymbols | None = None

    def tokenizer(self) -> Tokenizer:
        """Transcripts to labels.

        Raises:
            UsageError: the symbols are word pieces; their order of merges is unknown.
        """
        if self.vocabulary.word_pieces:
            raise UsageError(
                f"model.tokenizer: the symbols of {self.name} are word pieces; give the sentencepiece model that it "
                "was trained with"
            )
        return SymbolTokenizer(self.vocabulary)

    def with_symbols(self, tokenizer: Tokenizer) -> Tokenizer:
        """Give the model other symbols, with a new output layer whose rows come from the old ones (`new_layer`).

        Returns:
            The tokenizer, with symbols in the form of the family.
        Raises:
            ModelError: the output layer is of an unknown kind.  UsageError: the family cannot store these symbols.
        """
        old, layer = self.vocabulary, self.network.get_submodule(self.head)
        tokenizer = self._adopted(tokenizer)
        found = origins(old, tokenizer.vocabulary)
        parent, _, name = self.head.rpartition(".")
        setattr(self.network.get_submodule(parent), name, new_layer(layer, old, tokenizer.vocabulary, found))
        self._resize(len(tokenizer.vocabulary))
        self.new_symbols = NewSymbols(old, tokenizer.vocabulary, layer, tuple(found))
        self.vocabulary = tokenizer.vocabulary
        return tokenizer

    @contextmanager
    def old_symbols(self) -> Iterator[None]:
        """The network with the output layer that it had before `with_symbols`."""
        assert self.new_symbols is not None
        parent, _, name = self.head.rpartition(".")
        owner = self.network.get_submodule(parent)
        layer = getattr(owner, name)
        try:
            setattr(owner, name, self.new_symbols.layer)
            self._resize(len(self.new_symbols.old))
            yield
        finally:
            setattr(owner, name, layer)
            self._resize(len(self.new_symbols.new))

    def _resize(self, count: int) -> None:
        """Adapt other parts of the network to the number of symbols; the default changes nothing."""
        return

    def _adopted(self, tokenizer: Tokenizer) -> Tokenizer:
        """Store the symbols; the tokenizer, with symbols in the form of the family."""
        return tokenizer

    @abstractmethod
    def layers(self) -> list[str]:
        """Prefixes of the names of the network's parameters, a layer each, from the input to the output."""

    @abstractmethod
    def header(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The header of a checkpoint: what is needed to build the model again.

        Args:
            about: further fields, such as language, licence, spike_delay and the configuration of the training.
        """

    @abstractmethod
    def save(self, path: Path, header: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
        """Write the model in the format of its family.

        Args:
            path: file or folder.  header: of the checkpoint.  weights: of the network, by name.
        Returns:
            `path`.
        Raises:
            OutputError: it cannot be written.  UsageError: the name does not fit the format.
        """

    def _about(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """`about` with what is known of the weights that training started from, unless it has its own."""
        own = {"language": self.language, "licence": self.licence, "spike_delay": self.spike_delay}
        return {**{name: value for name, value in own.items() if value is not None}, **about}
