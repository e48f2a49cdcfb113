"""The interface of models in training: network, input, symbols, and how they are written back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.training.inputs import InputMaker
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
        language, licence: of the weights that training starts from; None if unknown.
        exported: name of the exported model in the folder of a run, a file or a folder.
    """

    name: str
    network: nn.Module
    inputs: InputMaker
    vocabulary: Vocabulary
    frame_shift: float
    look_ahead: float | None = None
    language: str | None = None
    licence: str | None = None
    exported: ClassVar[str] = "model.safetensors"

    def tokenizer(self) -> Tokenizer:
        """Transcripts to labels.

        Raises:
            UsageError: the symbols are word pieces, whose order of merges they do not tell.
        """
        if self.vocabulary.word_pieces:
            raise UsageError(
                f"model.tokenizer: the symbols of {self.name} are word pieces; give the sentencepiece model that it "
                "was trained with"
            )
        return SymbolTokenizer(self.vocabulary)

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
        """`about` with language and licence of the weights that training started from, unless it has its own."""
        own = {"language": self.language, "licence": self.licence}
        return {**{name: value for name, value in own.items() if value is not None}, **about}
