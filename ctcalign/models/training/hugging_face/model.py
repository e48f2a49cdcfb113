"""Models of transformers in training: `hf:NAME` and `hf:FOLDER`, and their checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.hugging_face.geometry import geometry
from ctcalign.models.hugging_face.parts import TARGET_LANG, Parts, open_parts, with_options
from ctcalign.models.hugging_face.stored import CONFIG, files_of, header_of, restore_parts
from ctcalign.models.hugging_face.symbols import vocabulary_of
from ctcalign.models.pretrained import transformers
from ctcalign.models.training.hugging_face.folder import write_folder
from ctcalign.models.training.hugging_face.inputs import ExtractedInputs
from ctcalign.models.training.hugging_face.network import HuggingFaceNetwork
from ctcalign.models.training.hugging_face.tokenizer import HuggingFaceTokenizer
from ctcalign.models.training.hugging_face.written import transformers_tokenizer
from ctcalign.models.training.new_symbols import NewSymbols, resized
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.tokenizers import Tokenizer

_HEADS = ("lm_head", "ctc_head")


class HuggingFaceTrainable(TrainableModel):
    """A model of a class of AutoModelForCTC, with its feature extractor and tokenizer.

    Args:
        parts: the model.  name: for messages.
        base_model: name of the model on the hub that training started from, None for a folder.
        language: of the speech, None if unknown.
    """

    exported: ClassVar[str] = "model"

    def __init__(self, parts: Parts, name: str, base_model: str | None, language: str | None = None) -> None:
        self.parts, self.name, self.base_model = parts, name, base_model
        self.inputs = ExtractedInputs(parts.extractor)
        _, hop = geometry(parts.network, parts.extractor)
        self.frame_shift = hop / self.inputs.sample_rate
        parts.network.train()
        self.network: HuggingFaceNetwork = HuggingFaceNetwork(parts.network, self.inputs, hop)
        self.vocabulary = parts.vocabulary
        self.language, self.licence = language, parts.licence
        self.head = _head_of(parts.network, name)
        self._files = files_of(parts)

    def tokenizer(self) -> Tokenizer:
        """The model's own for word pieces; letters by the symbols, which gives the same labels."""
        if self.vocabulary.word_pieces:
            return HuggingFaceTokenizer(self.parts.tokenizer, self.vocabulary)
        return super().tokenizer()

    def with_symbols(self, tokenizer: Tokenizer) -> Tokenizer:
        """See `TrainableModel`; without a trained output layer its rows are random, as transformers initialises it."""
        if self.parts.trained:
            return super().with_symbols(tokenizer)
        old, layer = self.vocabulary, self.network.get_submodule(self.head)
        tokenizer = self._adopted(tokenizer)
        deviation = float(getattr(self.parts.network.config, "initializer_range", 0.02))
        resized(layer, len(tokenizer.vocabulary), deviation)
        self.new_symbols = NewSymbols(old, tokenizer.vocabulary, layer, ())
        self.vocabulary, self.parts.trained = tokenizer.vocabulary, True
        return tokenizer

    def _adopted(self, tokenizer: Tokenizer) -> Tokenizer:
        config = self.parts.network.config
        own = self.parts.tokenizer = transformers_tokenizer(tokenizer, self.name)
        config.vocab_size, config.pad_token_id = len(tokenizer.vocabulary), own.pad_token_id
        for name in ("bos_token_id", "eos_token_id"):
            setattr(config, name, None)
        self.parts.network.target_lang = None
        self.parts.vocabulary = self.vocabulary = vocabulary_of(self.name, self.parts.tokenizer, config)
        self._files = files_of(self.parts)
        return self.tokenizer()

    def layers(self) -> list[str]:
        """Feature encoder, projection, what precedes the layers of the encoder, these layers, and the output layer."""
        stacks = [
            (sum(p.numel() for p in part.parameters()), name)
            for name, part in self.network.named_modules()
            if isinstance(part, nn.ModuleList) and name.endswith(".layers") and "conv" not in name
        ]
        stack = max(stacks)[1] + "." if stacks else "\0"
        encoder = stack.rpartition("layers.")[0]
        found: dict[str, None] = {}
        for name, _ in self.network.named_parameters():
            parts = name.split(".")
            depth = 1 if name.startswith((stack, encoder)) else 0
            whole = stack if name.startswith(stack) else encoder if depth else ""
            size = whole.count(".") + 1 if depth else 3
            prefix = name if len(parts) <= size else ".".join(parts[:size]) + "."
            if not name.startswith(f"{self.head}."):
                found.setdefault(prefix)
        return [*found, f"{self.head}."]

    def header(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The header, see `hugging_face.stored.header_of`."""
        about = {"base_model": self.base_model, **self._about(about)}
        return header_of(self.parts, self._files, self.frame_shift, about)

    def save(self, path: Path, header: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
        """Write a folder as `save_pretrained` does, with a model card; to be loaded as `hf:FOLDER`."""
        if path.suffix in (".safetensors", ".onnx", ".ckpt", ".pt", ".bin"):
            raise UsageError(f"output: {self.name} is written as a folder; expected its name, got {path}")
        self.network.load_state_dict(dict(weights))
        return write_folder(path, self.parts.network, header)


def _head_of(network: Any, where: str) -> str:
    found = next((name for name in _HEADS if isinstance(getattr(network, name, None), nn.Module)), None)
    if found is None:
        kind = type(network).__name__
        raise ModelError(f"{where}: {kind} has no output layer {' or '.join(_HEADS)}, so it cannot be trained")
    return f"model.{found}"


def open_model(
    argument: str,
    options: Mapping[str, Any] | None = None,
    allow_noncommercial: bool = False,
    new_symbols: bool = False,
) -> HuggingFaceTrainable:
    """Open `hf:NAME` or `hf:FOLDER`.

    Args:
        argument: name or folder.  options, new_symbols: see `open_parts`.
    Raises:
        ModelError, UsageError: see `open_parts`.
    """
    parts = open_parts(argument, allow_noncommercial, options, new_symbols)
    return HuggingFaceTrainable(parts, f"hf:{argument}", None if Path(argument).is_dir() else argument)


def restore(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> HuggingFaceTrainable:
    """The model of a checkpoint.

    Raises:
        ModelError: header and weights do not match.
    """
    parts = restore_parts(header, weights, where)
    return HuggingFaceTrainable(parts, where, header.get("base_model"), header.get("language"))


def with_config(header: Mapping[str, Any], options: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The header of a checkpoint with entries of its configuration changed.

    Raises:
        UsageError: there is no such entry, or it does not accept the value.
    """
    if TARGET_LANG in options:
        raise UsageError(f"model.options: {TARGET_LANG}: {where} is of one language; start from the hf: model instead")
    import json

    library = transformers(where)
    content = json.loads(header["files"][CONFIG])
    config = library.AutoConfig.for_model(**content)
    with_options(config, options, where)
    return {**header, "files": {**header["files"], CONFIG: config.to_json_string()}}
