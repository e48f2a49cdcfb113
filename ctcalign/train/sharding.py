"""Fully sharded training (FSDP): each process holds a part of the weights, gradients and optimiser state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_fabric.utilities.optimizer import _optimizers_to_device
from pytorch_lightning.strategies import ModelParallelStrategy
from torch import nn

from ctcalign.errors import UsageError
from ctcalign.train.checkpoints import check_weights

NAME = "fsdp"


class ShardedStrategy(ModelParallelStrategy):
    """PyTorch's FSDP2 over all processes, on GPUs and CPUs; `trainer.strategy: fsdp`.

    Lightning's own "fsdp" is FSDP1, which needs GPUs. Checkpoints have the same form as those of one process: the first
    process collects and writes them, and any number of processes can resume from them.
    """

    def __init__(self) -> None:
        super().__init__(save_distributed_checkpoint=False)

    def setup_environment(self) -> None:
        """Set up a mesh in which all processes divide the data, and no layer is divided."""
        self._data_parallel_size, self._tensor_parallel_size = self.world_size, 1
        super().setup_environment()

    def optimizer_state(self, optimizer: Any) -> dict[str, Any]:
        """The whole state of an optimiser, with torch's numbers of parameters; empty in every process but the first.

        Lightning numbers parameters in the order of the model, which differs from the order of the optimiser.
        """
        from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict

        assert self.model is not None
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        state: dict[str, Any] = get_optimizer_state_dict(
            self.model, getattr(optimizer, "_optimizer", optimizer), options=options
        )
        order = [name for group in state.get("param_groups", ()) for name in group["params"]]
        return _renamed(state, {name: number for number, name in enumerate(order)})

    def load_checkpoint(self, checkpoint_path: Any, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint in every process.

        Raises:
            ModelError: the file is not a checkpoint.
        """
        return self.checkpoint_io.load_checkpoint(Path(self.broadcast(checkpoint_path)))

    def load_model_state_dict(self, checkpoint: Mapping[str, Any], strict: bool = True) -> None:
        """Give each process its part of the weights.

        Raises:
            ModelError: the weights belong to another network.
        """
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict

        assert self.model is not None
        check_weights(checkpoint["state_dict"], self.model.state_dict())
        set_model_state_dict(self.model, checkpoint["state_dict"], options=StateDictOptions(full_state_dict=True))

    @property
    def lightning_restore_optimizer(self) -> bool:
        """The state of the optimiser is loaded after the weights."""
        return True

    def load_optimizer_state_dict(self, checkpoint: Mapping[str, Any]) -> None:
        """Give each process its part of the state of the optimiser."""
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_optimizer_state_dict

        assert self.model is not None
        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        for optimiser, state in zip(self.optimizers, checkpoint["optimizer_states"], strict=True):
            order = [names[id(parameter)] for group in optimiser.param_groups for parameter in group["params"]]
            named = _renamed(state, dict(enumerate(order)))
            set_optimizer_state_dict(self.model, optimiser, named, options=StateDictOptions(full_state_dict=True))
        _optimizers_to_device(self.optimizers, self.root_device)


def _renamed(state: Mapping[str, Any], names: Mapping[Any, Any]) -> dict[str, Any]:
    """The state of an optimiser with other names for its parameters."""
    if not state:
        return {}
    groups = [{**group, "params": [names[one] for one in group["params"]]} for group in state["param_groups"]]
    return {"state": {names[one]: value for one, value in state["state"].items()}, "param_groups": groups}


def shard(network: nn.Module, mesh: Any) -> None:
    """Shard a network over the processes of a mesh; a second call changes nothing.

    The items of lists of layers are gathered one at a time, the rest of the network at once.

    Raises:
        UsageError: torch is too old.
    """
    try:
        from torch.distributed.fsdp import FSDPModule, fully_shard
    except ImportError:
        raise UsageError("trainer.strategy: fsdp needs torch 2.6 or newer; use ddp, or update torch") from None
    if isinstance(network, FSDPModule):
        return
    for one in network.modules():
        # Otherwise transformers drops layers at random (LayerDrop), different ones in each process.
        one._is_fsdp_managed_module = True  # type: ignore[assignment]
    lists = [one for one in network.modules() if isinstance(one, nn.ModuleList)]
    inner = {id(nested) for one in lists for nested in one.modules() if nested is not one}
    for layers in lists:
        if id(layers) not in inner:
            for layer in layers:
                if not isinstance(layer, nn.ModuleList | nn.ModuleDict) and any(True for _ in layer.parameters()):
                    fully_shard(layer, mesh=mesh)
    fully_shard(network, mesh=mesh)
