"""The model that a training starts from: a new network, or one of any family with its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.models.encoders.base import Encoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.registry import FAMILIES
from ctcalign.models.training.new_symbols import same_symbols
from ctcalign.models.training.own import EncoderModel
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import CHECKPOINT, open_trainable, split_name
from ctcalign.models.training.tokenizers import CharacterTokenizer, Tokenizer
from ctcalign.train.notices import warn
from ctcalign.train.recogniser.export import load_initial


def initial_model(
    encoder: Encoder | None,
    tokenizer: Tokenizer | None,
    frontend: Frontend | None,
    init: str | None,
    options: Mapping[str, Any] | None = None,
    allow_noncommercial: bool = False,
) -> tuple[TrainableModel, Tokenizer]:
    """The model to train, and its tokenizer.

    Args:
        encoder: encoder of a new network; None: the model is `init`.
        tokenizer: None: the one of `init`, else characters a-z, apostrophe and space. If its symbols differ from those
            of `init`, the output layer is replaced.
        frontend: frontend of a new network.
        init: name of a model, or checkpoint with the weights of `encoder`.
        options: options of `init`, see `open_trainable`.
        allow_noncommercial: accept a licence of `init` that forbids commercial use.
    Raises:
        UsageError: the options do not go together.  ModelError: `init` cannot be used.
    """
    if encoder is None:
        return _opened(tokenizer, frontend, init, options, allow_noncommercial)
    if options:
        raise UsageError(
            "model.options: they belong to model.init hf:… or builtin:en, not to model.encoder; remove them"
        )
    tokenizer = tokenizer or CharacterTokenizer()
    if encoder.features != Encoder.features and frontend is not None:
        raise UsageError(f"model.frontend: {type(encoder).__name__} takes features as they are; remove model.frontend")
    normalises = frontend or (Frontend() if encoder.features == Encoder.features else None)
    network = CtcNetwork(normalises, encoder, len(tokenizer.vocabulary))
    if init is not None:
        family, file = split_name(init)
        if family != CHECKPOINT:
            raise UsageError(f"model.encoder: {init} has a network of its own; remove model.encoder, or model.init")
        load_initial(network, tokenizer.vocabulary, file)
    return EncoderModel(network, tokenizer.vocabulary), tokenizer


def _opened(
    tokenizer: Tokenizer | None,
    frontend: Frontend | None,
    init: str | None,
    options: Mapping[str, Any] | None,
    allow_noncommercial: bool,
) -> tuple[TrainableModel, Tokenizer]:
    if init is None:
        names = ", ".join(f"{name}:{family.argument}" for name, family in FAMILIES.items() if name != "onnx")
        raise UsageError(f"model: expected model.encoder for a new network, or model.init ({names}); got neither")
    if frontend is not None:
        raise UsageError(f"model.frontend: {init} has its own; remove model.frontend, or give model.encoder")
    model = open_trainable(init, options, allow_noncommercial, tokenizer is not None)
    if tokenizer is None:
        return model, model.tokenizer()
    if same_symbols(tokenizer.vocabulary, model.vocabulary):
        return model, tokenizer if tokenizer.vocabulary == model.vocabulary else model.tokenizer()
    tokenizer = model.with_symbols(tokenizer)
    warn(f"model.init: {init} gets a new output layer, since the symbols of the tokenizer differ; {model.new_symbols}")
    return model, tokenizer
