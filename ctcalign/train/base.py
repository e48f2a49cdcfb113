"""What all trainings share: the training step, its loss over processes and accumulated batches, optimiser and log."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy
from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.training.layers import layers_of
from ctcalign.models.training.lora import ADAPTER, Lora, LoraConfig
from ctcalign.train.checkpoints import check_weights
from ctcalign.train.data.resumable import ResumableData
from ctcalign.train.left_out import LeftOut, Usage
from ctcalign.train.optimiser.accumulation import AccumulatedMeans, Mean
from ctcalign.train.optimiser.averaging import AveragedWeights, training_weights
from ctcalign.train.optimiser.config import OptimiserConfig
from ctcalign.train.optimiser.freezing import Freeze, Freezer
from ctcalign.train.optimiser.groups import adamw, regrouped, renew
from ctcalign.train.optimiser.recomputation import recompute_activations
from ctcalign.train.processes import seed_generators, seed_of, sum_over_processes
from ctcalign.train.progress.speed import Speed
from ctcalign.train.resuming import check_same_task, differences, report
from ctcalign.train.sharding import shard

# Key in checkpoints of the digest of the frozen weights that adapters belong to.
_BASE = "ctcalign_base"


class Weighted(NamedTuple):
    """One term of the loss of a step.

    Attributes:
        value: scalar, the mean over the utterances of this process; with `whole`, over the batch of all processes.
        weight: factor of the value.
        number: with `whole`, the number of things (pairs, tokens) that the value is a mean of.
    """

    value: Tensor
    weight: float
    whole: bool = False
    number: int = 1


@dataclass(frozen=True)
class StepLosses:
    """The terms of the loss of a step, with counts and statistics for the log.

    Attributes:
        terms: by name, the same names in every process.
        count: number of utterances (or prompts) of this process.
        anchor: a scalar to which every trained parameter contributes. It is multiplied by zero, so that a process
            without usable utterances takes part in the exchange of gradients.
        skipped: utterances of this process that were skipped, by reason.
        dropped: responses of all processes that were dropped, by reason.
        used: number of utterances (or prompts) of all processes that the loss uses; None: the same as `count`.
        made_by_model: whether `used` depends on the model in training.
        statistics: other values that `log_row` needs.
    """

    terms: dict[str, Weighted]
    count: int
    anchor: Tensor
    skipped: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    used: int | None = None
    made_by_model: bool = False
    statistics: Any = None


class TrainingModule(pl.LightningModule):
    """Training with AdamW on a loss that is a mean over the batch of all processes.

    The number of processes does not change the training, up to rounding, if the batches are the same.

    A subclass calls `prepare` after it has built its network.

    Args:
        optimiser: AdamW and its learning rate.  seed: seed of all random numbers in the steps.
    Attributes:
        training_config: the resolved configuration, stored in checkpoints.
        resumed: changes of the configuration when the training was resumed, each with its step; also stored.
        skipped: utterances skipped so far, by reason.  dropped: responses dropped so far, by reason.
    """

    def __init__(self, optimiser: OptimiserConfig, seed: int) -> None:
        super().__init__()
        self.optimiser, self.seed = optimiser, seed
        self.training_config: dict[str, Any] = {}
        self.resumed: list[dict[str, Any]] = []
        self._changed: dict[str, list[Any]] = {}
        self.skipped: dict[str, int] = {}
        self.dropped: Counter[str] = Counter()
        self.usage = Usage()
        self._group = AccumulatedMeans()
        self._freezer: Freezer | None = None
        self._average: AveragedWeights | None = None
        self._lora: Lora | None = None
        self._regrouped = False

    @property
    @abstractmethod
    def trained_network(self) -> nn.Module:
        """The network whose parameters are optimised."""

    @property
    def layers(self) -> list[str]:
        """Prefixes of the names of the network's layers, from the input to the output, for `layer_decay`."""
        return layers_of(self.trained_network)

    def prepare(
        self,
        freeze: Sequence[Freeze | str] | None = None,
        gradient_checkpointing: bool = False,
        lora: LoraConfig | None = None,
    ) -> None:
        """Prepare the network for training.

        Args:
            freeze: parts of the network that are not trained.
            gradient_checkpointing: recompute the activations of a layer in the backward pass, to save memory.
            lora: adapters that are trained instead of the network.
        Raises:
            UsageError: the options name parts that the network does not have.
        """
        network = self.trained_network.train()
        if gradient_checkpointing:
            recompute_activations(network, self.layers)
        if lora is not None:
            self._lora = Lora(network, lora)
        self._freezer = Freezer(network, freeze or [])
        self._optimiser()  # raises an error for groups that match no parameter

    def _optimiser(self) -> torch.optim.Optimizer:
        return adamw(self.optimiser, self.trained_network, self.layers, self._trained)

    @property
    def _trained(self) -> Collection[str]:
        """Names of the parameters that are trained at some point of the training."""
        return () if self._freezer is None else self._freezer.names

    @abstractmethod
    def losses(self, batch: Any) -> StepLosses:
        """Terms of the loss for this process's part of a batch."""

    @abstractmethod
    def log_row(self, step: StepLosses, count: int, means: Mapping[str, float]) -> dict[str, float]:
        """Numbers to log, "loss" among them.

        Args:
            count: number of utterances of all processes.  means: value of each term over the batch of all processes.
        """

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The loss, scaled so that Lightning's mean of the gradients is the gradient of the whole batch.

        The whole batch is the batch of all processes; with `trainer.accumulate_grad_batches`, of all accumulated steps.

        Raises:
            TrainingError: an epoch, or the first batches, had nothing to train on.
        """
        # Each step has its own seed, so that a resumed training draws the same dropout masks.
        # Accumulated steps of one process draw the same random numbers as several processes would.
        slot = self.global_rank * self.trainer.accumulate_grad_batches + getattr(batch, "part", 0)
        seed_generators(seed_of("step", self.seed, batch.epoch, batch.index, slot), self.device)
        if isinstance(speed := getattr(self.trainer, "profiler", None), Speed):
            speed.add_audio(getattr(batch, "seconds", 0.0))
        step = self.losses(batch)
        own = {name: term for name, term in step.terms.items() if not term.whole}
        means = torch.stack([term.value for term in own.values()]) if own else torch.zeros(0, device=self.device)
        counted = torch.tensor([step.count, *step.skipped.values()], dtype=torch.float64, device=self.device)
        totals = sum_over_processes(torch.cat([counted, means.detach().double() * step.count])).tolist()
        count = max(1.0, totals[0])
        for reason, number in zip(step.skipped, totals[1 : len(counted)], strict=True):
            self.skipped[reason] += int(number)
        self.dropped.update(step.dropped)
        self._count_usage(step, totals[: len(counted)], batch.last)
        every: int = getattr(self.trainer, "log_every_n_steps", 1)  # Lightning sets it without declaring it
        if (self.global_step + 1) % max(1, every) == 0:
            known = dict(zip(own, (total / count for total in totals[len(counted) :]), strict=True))
            known |= {name: float(term.value.detach()) for name, term in step.terms.items() if term.whole}
            self._log_row({"epoch": float(batch.epoch), **self.log_row(step, int(totals[0]), known)}, int(count))
        parts = {}
        if any(term.weight for term in own.values()):
            weights = torch.tensor([term.weight for term in own.values()], device=self.device)
            parts["utterances"] = Mean((weights * means).sum() * step.count / count, totals[0])
        for name, term in step.terms.items():
            if term.whole and term.weight:
                parts[name] = Mean(term.weight * term.value, term.number)
        return self._accumulated(parts, batch_idx) + 0.0 * step.anchor

    @property
    def _scaler(self) -> Any:
        """The gradient scaler of half precision (float16), else None."""
        return getattr(self.trainer.precision_plugin, "scaler", None)

    def _accumulated(self, parts: Mapping[str, Mean], batch_idx: int) -> Tensor:
        """The loss of a batch, such that the gradient of a group of accumulated batches is that of its mean."""
        size = self.trainer.accumulate_grad_batches
        if batch_idx % size == 0:
            self._group.begin()
        last = (
            (batch_idx + 1) % size == 0
            or self.trainer.is_last_batch
            or batch_idx + 1 == self.trainer.num_training_batches
        )
        # Lightning averages gradients over the processes, and divides the loss by the number of accumulated batches.
        parts = {name: Mean(part.value * self.trainer.world_size, part.number) for name, part in parts.items()}
        # Taken from the optimiser, since a sharded network has other parameters during its computation.
        groups = self.trainer.optimizers[0].param_groups
        parameters = [one for group in groups for one in group["params"] if one.requires_grad]
        scaler = self._scaler
        loss = self._group.loss(parts, parameters, last, *([] if scaler is None else [scaler.scale]))
        return torch.zeros((), device=self.device) if loss is None else loss * size

    def _count_usage(self, step: StepLosses, totals: list[float], last: bool) -> None:
        """`totals`: number of usable utterances of all processes, and of skipped ones by reason."""
        self.usage.left_out.include(LeftOut(zip(step.skipped, map(int, totals[1:]), strict=True)))
        self.usage.left_out.include(LeftOut(step.dropped))
        for one in (step.skipped, step.dropped):
            if isinstance(one, LeftOut):
                self.usage.left_out.keep_examples(one)
        used = int(totals[0]) if step.used is None else step.used
        self.usage.batch(int(sum(totals)), used, last, step.made_by_model)

    def _log_row(self, row: dict[str, float], count: int) -> None:
        row["rate"] = max(group["lr"] for group in self.trainer.optimizers[0].param_groups)
        if (scaler := self._scaler) is not None:
            row["loss_scale"] = scaler.get_scale()
        speed = getattr(self.trainer, "profiler", None)
        if isinstance(speed, Speed):
            row |= speed.row(self.device)
        # Directly to the loggers: `self.log` repeats the last value of a name that a step does not log.
        for logger in self.trainer.loggers:
            logger.log_metrics(row, step=self.global_step)
        self.log("loss", row["loss"], prog_bar=True, logger=False, batch_size=count)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Load the weights of a checkpoint.

        Raises:
            ModelError: the weights belong to another network.
        """
        check_weights(state_dict, self.state_dict())
        return super().load_state_dict(state_dict, strict, assign)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Remove the weights that adapters do not change from the checkpoint."""
        if self._lora is not None:
            trained = self._lora.trained(self.state_dict(keep_vars=True))
            kept = {name: value for name, value in checkpoint["state_dict"].items() if name in trained}
            checkpoint["state_dict"], checkpoint[_BASE] = kept, self._lora.base

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue from a checkpoint, with the first step of a group of accumulated steps.

        Raises:
            UsageError: the checkpoint belongs to another task.
        """
        record = checkpoint.get("ctcalign", {})
        before = record.get("training", {})
        check_same_task(before, self.training_config)
        if self._lora is not None:
            self._lora.check_base(checkpoint.get(_BASE, self._lora.base), "resume")
            checkpoint["state_dict"] = {**self.state_dict(), **checkpoint["state_dict"]}
        if self._average is not None:
            self._average.restore(checkpoint)
        checkpoint["state_dict"] = training_weights(checkpoint)
        states = [regrouped(one, self._optimiser(), self.trained_network) for one in checkpoint["optimizer_states"]]
        checkpoint["optimizer_states"] = [state for state, _ in states]
        self._regrouped = any(changed for _, changed in states)
        self.resumed = list(record.get("resumed", []))
        self._changed = differences(before, self.training_config)
        data = getattr(self.trainer, "datamodule", None)
        position = checkpoint.get(type(data).__qualname__, {})
        progress = checkpoint.get("loops", {}).get("fit_loop", {}).get("epoch_loop.batch_progress", {})
        if isinstance(data, ResumableData) and position and "current" in progress:
            # Lightning does not know the number of batches of an epoch and would not reset its counter.
            current, done = progress["current"], data.steps_before(position)
            shift = done - current["ready"]
            progress["current"] = {name: count + shift if done else 0 for name, count in current.items()}
            progress["is_last_batch"] = False if not done else progress["is_last_batch"]

    def on_train_start(self) -> None:
        """Report changes of the configuration, and apply the new optimiser options."""
        if self._changed:
            report(self._changed, self.global_step)
            self.resumed.append({"step": self.global_step, "changed": self._changed})
        if self._changed or self._regrouped:
            # Lightning has restored the old options of the optimiser together with its state.
            schedulers = [one.scheduler for one in self.trainer.lr_scheduler_configs]
            for optimiser, scheduler in zip(self.trainer.optimizers, schedulers, strict=True):
                renew(self.optimiser, self.trained_network, self.layers, optimiser, scheduler)
        self._changed, self._regrouped = {}, False

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Unfreeze the parts that were frozen until this update."""
        if self._freezer is not None and self._freezer.apply(self.global_step):
            strategy = self.trainer.strategy
            if isinstance(strategy, DDPStrategy):
                # DDP exchanges the gradients of the parameters that were trained when it was created.
                strategy.model = self
                strategy.configure_ddp()

    def on_train_end(self) -> None:
        """Report the skipped utterances and dropped responses.

        Raises:
            TrainingError: no utterance could be used for training.
        """
        self.usage.end()
        for what, counts in (("utterances", self.skipped), ("responses", self.dropped)):
            reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(counts.items()) if number)
            if reasons:
                pl.utilities.rank_zero_info(f"{what} skipped in steps: {reasons}")

    def configure_callbacks(self) -> list[pl.Callback]:
        """The callback that averages the weights, if the configuration asks for it.

        Raises:
            UsageError: the strategy shards the weights over processes.
        """
        thaws = self._freezer is not None and self._freezer.thaws
        options = {
            "optimiser.ema": self.optimiser.ema is not None,
            "model.freeze: until_step": thaws,
            "model.lora": self._lora is not None,
        }
        for option, given in options.items():
            if given and not isinstance(self.trainer.strategy, SingleDeviceStrategy | DDPStrategy):
                name = type(self.trainer.strategy).__name__
                raise UsageError(f"{option}: works on one device and with trainer.strategy ddp, got {name}")
        if self.optimiser.ema is None:
            return []
        self._average = AveragedWeights(self, self.trained_network, self._trained, self.optimiser.ema)
        return [self._average]

    def finish(self, folder: Path) -> None:
        """After training, put the average of the weights into the network, and write its adapters to a folder."""
        if self._average is not None:
            self._average.use()
        if self._lora is not None:
            self._lora.save(folder / ADAPTER)

    def configure_model(self) -> None:
        """Shard the network if the strategy is `fsdp`."""
        if self.device_mesh is not None:
            shard(self.trained_network, self.device_mesh["data_parallel"])

    def configure_optimizers(self) -> Any:
        """AdamW with a learning rate schedule that is applied at every update."""
        optimiser, last = self._optimiser(), self.trainer.max_steps
        rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: self.optimiser.rate_factor(step, last))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": rate, "interval": "step"}}
