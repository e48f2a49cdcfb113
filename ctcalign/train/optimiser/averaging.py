"""An exponential moving average of the weights, which is validated and exported in their place."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

_KEY = "ctcalign_average"


class AveragedWeights(pl.Callback):
    """Average of the weights over the updates.

    average = decay * average + (1 - decay) * weights, with min(decay, (1 + n) / (10 + n)) after n updates, so that
    the influence of the first weights fades quickly. Floating-point buffers (statistics of batch normalisation) are
    averaged as well. Checkpoints store the average as the weights, and the weights in training beside it. (Lightning's
    WeightAveraging copies the whole module with its frozen parts, and loses the weights at the end of a training.)

    Args:
        module: the trained module.  network: its `trained_network`.  trained: names of the parameters, see `Freezer`.
        decay: in (0, 1).
    """

    def __init__(self, module: pl.LightningModule, network: nn.Module, trained: Collection[str], decay: float) -> None:
        self.decay = decay
        self._module = module
        self._trained = {id(parameter) for name, parameter in network.named_parameters() if name in set(trained)}
        self._average: dict[str, Tensor] = {}
        self._replaced: dict[str, Tensor] = {}
        self._updates = 0
        self._seen = 0

    def _weights(self) -> dict[str, Tensor]:
        """The averaged tensors by their names in a checkpoint. A parameter may have several names."""
        state = self._module.state_dict(keep_vars=True)
        buffers = {name for name, value in state.items() if not isinstance(value, nn.Parameter)}
        return {
            name: value
            for name, value in state.items()
            if value.is_floating_point() and (name in buffers or id(value) in self._trained)
        }

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin with the weights that training starts from, unless it is resumed."""
        self._seen = trainer.global_step
        for name, value in self._weights().items():
            dtype = torch.promote_types(value.dtype, torch.float32)
            known = self._average.get(name)
            self._average[name] = (
                value.detach().to(dtype, copy=True) if known is None else known.to(value.device, dtype)
            )

    @torch.no_grad()
    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Add the weights to the average, if they have been updated."""
        if trainer.global_step == self._seen:
            return
        self._seen = trainer.global_step
        decay = min(self.decay, (1 + self._updates) / (10 + self._updates))
        self._updates += 1
        for name, value in self._weights().items():
            average = self._average[name]
            average.lerp_(value.detach().to(average.dtype), 1 - decay)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Put the average into the network."""
        self.use()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Put the weights in training back into the network."""
        with torch.no_grad():
            for name, value in self._weights().items():
                if name in self._replaced:
                    value.copy_(self._replaced[name])
        self._replaced = {}

    @torch.no_grad()
    def use(self) -> None:
        """Put the average into the network, until the end of the next validation."""
        if self._average and not self._replaced:
            weights = self._weights()
            self._replaced = {name: value.detach().clone() for name, value in weights.items()}
            for name, value in weights.items():
                value.copy_(self._average[name])

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Make the average the weights of the checkpoint, and keep those in training beside it."""
        if self._average:
            weights = checkpoint["state_dict"]
            kept = {name: self._replaced.get(name, weights[name]) for name in self._average}
            checkpoint[_KEY] = {"weights": kept, "updates": self._updates}
            checkpoint["state_dict"] = {name: self._average.get(name, value) for name, value in weights.items()}

    def restore(self, checkpoint: dict[str, Any]) -> None:
        """Take the average from a checkpoint, before `training_weights`."""
        if _KEY in checkpoint:
            self._updates = checkpoint[_KEY]["updates"]
            self._average = {name: checkpoint["state_dict"][name].clone() for name in checkpoint[_KEY]["weights"]}


def training_weights(checkpoint: dict[str, Any]) -> dict[str, Tensor]:
    """The weights in training of a checkpoint, with or without an average."""
    return {**checkpoint["state_dict"], **checkpoint.get(_KEY, {}).get("weights", {})}
