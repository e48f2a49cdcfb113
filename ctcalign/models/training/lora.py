"""Low-rank adapters (LoRA) in an otherwise frozen network, with the package peft."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ctcalign.checks import check_count, check_number
from ctcalign.errors import ModelError, UsageError
from ctcalign.extras import require
from ctcalign.files import atomic_directory
from ctcalign.models.training.names import matches, parameters_named

ADAPTER = "adapter"
"""Name of the adapter's folder beside an exported model."""


@dataclass
class LoraConfig:
    """Low-rank adapters beside layers whose weights are not trained.

    Attributes:
        modules: patterns of names of the layers (linear, convolution, embedding), such as [q_proj, v_proj].
        r: rank of an adapter, >= 1.
        alpha: an adapter's output is multiplied by alpha / r.
        dropout: on the inputs of the adapters, in [0, 1).
        train_also: patterns of names of modules that are trained as a whole, such as [lm_head].
    """

    modules: list[str]
    r: int = 8
    alpha: int = 16
    dropout: float = 0.0
    train_also: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.modules:
            raise UsageError("model.lora.modules: expected names of layers, such as [q_proj, v_proj], got none")
        check_count("model.lora.r", self.r)
        check_count("model.lora.alpha", self.alpha)
        check_number("model.lora.dropout", self.dropout)
        if self.dropout >= 1:
            raise UsageError(f"model.lora.dropout: got {self.dropout}, expected a number in [0, 1)")


class Lora:
    """The adapters of a network. Everything else in it is frozen, including statistics of batch normalisation.

    Args:
        network: changed in place: adapters are put around its layers, or around those of the model of transformers in
            it.
        config: their options.
    Attributes:
        config: the options.  base: digest of the frozen weights, by which checkpoints know them.
    Raises:
        UsageError: a pattern matches nothing, or not a layer that can have an adapter.
        MissingPackageError: peft is not installed.
    """

    def __init__(self, network: nn.Module, config: LoraConfig) -> None:
        require("peft")
        import peft

        self.config, self.network = config, network
        inner = next((one for one in network.modules() if hasattr(one, "save_pretrained")), network)
        options = peft.LoraConfig(
            r=config.r,
            lora_alpha=config.alpha,
            lora_dropout=config.dropout,
            target_modules=_targets(inner, config.modules, "model.lora.modules"),
            modules_to_save=_targets(inner, config.train_also, "model.lora.train_also") or None,
        )
        try:
            self._adapted: Any = peft.get_peft_model(inner, options)
        except ValueError as error:
            raise UsageError(f"model.lora.modules: {' '.join(str(error).split())[:300]}") from error
        if inner is not network:
            for parameter in set(network.parameters()) - set(inner.parameters()):
                parameter.requires_grad_(False)
        # Those that are frozen up to an update are trained too.
        self._trained = {id(parameter) for parameter in network.parameters() if parameter.requires_grad}
        self.base = _digest(one for one in network.parameters() if not one.requires_grad)
        for module in network.modules():
            if isinstance(module, _BatchNorm) and not any(one.requires_grad for one in module.parameters()):
                module.eval()

    def trained(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Those of the weights of a module that contains the network, by name, that are trained.

        Args:
            weights: `module.state_dict(keep_vars=True)`.
        """
        return {name: value for name, value in weights.items() if id(value) in self._trained}

    def header(self, base: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
        """Entries of the header of a checkpoint that has the trained weights alone.

        Args:
            base, options: name of the model with the other weights, and its options.
        """
        return {"lora": {"base": base, "digest": self.base, "options": dict(options or {}), **asdict(self.config)}}

    def check_base(self, digest: str, where: str) -> None:
        """Check that the frozen weights are those that adapters were trained with.

        Raises:
            ModelError: the frozen weights differ.
        """
        if digest != self.base:
            raise ModelError(
                f"{where}: its adapters were trained with other weights than those of the model that training starts "
                "from; give the same model"
            )

    def save(self, folder: Path) -> Path:
        """Write the adapters in the format of peft, to be loaded with `peft.PeftModel.from_pretrained`."""
        with atomic_directory(folder) as written:
            self._adapted.save_pretrained(str(written), save_embedding_layers=False)
        return folder

    def merge(self) -> None:
        """Add the adapters to the weights, in place. The network then has its original layers again."""
        self._adapted.merge_and_unload()


def merged(network: nn.Module, options: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> None:
    """Put the adapters of a checkpoint into a network with the weights that its training started from, and merge them.

    Args:
        options: those of `LoraConfig`, and the digest.  weights: the trained weights, by name in the network.
    Raises:
        ModelError: they do not belong to the network.
    """
    options = dict(options)
    digest = str(options.pop("digest", ""))
    try:
        lora = Lora(network, LoraConfig(**options))
    except (TypeError, UsageError) as error:
        raise ModelError(f"{where}: its adapters do not fit the model that it was trained from: {error}") from error
    lora.check_base(digest, where)
    own = lora.trained(network.state_dict(keep_vars=True))
    if set(own) != set(weights):
        raise ModelError(f"{where}: its adapters do not fit the model that it was trained from")
    network.load_state_dict(dict(weights), strict=False)
    lora.merge()


def _digest(weights: Iterable[Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for one in weights:
        digest.update(one.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _targets(network: nn.Module, patterns: list[str], option: str) -> list[str]:
    """Patterns as peft takes them: ends of names; the names themselves where a pattern has wildcards."""
    parameters_named(network, patterns, option)
    found: list[str] = []
    for pattern in patterns:
        names = [name for name, _ in network.named_modules() if name and matches(name, pattern)]
        found += names if set(pattern) & set("*?[") else [pattern]
    return found
