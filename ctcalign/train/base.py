"""Lightning classes that all trainings share: optimiser, training step, logging, and data that can be resumed."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from ctcalign.checks import check_count, check_number
from ctcalign.errors import UsageError
from ctcalign.train.checkpoints import check_weights
from ctcalign.train.left_out import LeftOut, Usage
from ctcalign.train.notices import warn
from ctcalign.train.optimiser.accumulation import AccumulatedMeans, Mean
from ctcalign.train.processes import seed_of, sum_over_processes
from ctcalign.train.resuming import check_same_task, differences, report

T = TypeVar("T")


@dataclass
class OptimiserConfig:
    """AdamW and its learning rate schedule.

    Attributes:
        lr: highest learning rate, > 0.
        betas, weight_decay: of AdamW; parameters with one dimension (norms, biases) are not decayed.
        warmup_steps: updates until the highest rate is reached, >= 0.
        decay: "constant"; or "linear" or "cosine" to zero at the last update (`total_steps`, else trainer.max_steps).
        total_steps: the last update; needed if trainer.max_steps is not set.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    warmup_steps: int = 200
    decay: Literal["constant", "linear", "cosine"] = "constant"
    total_steps: int | None = None

    def __post_init__(self) -> None:
        check_number("optimiser.lr", self.lr, positive=True)
        check_number("optimiser.weight_decay", self.weight_decay)
        check_count("optimiser.warmup_steps", self.warmup_steps, 0)

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """AdamW over the trainable parameters of a network."""
        parameters = [p for p in network.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW([group for group in groups if group["params"]], lr=self.lr, betas=self.betas)

    def renew(self, optimiser: torch.optim.Optimizer, scheduler: Any) -> None:
        """Give a restored AdamW and its schedule (torch's LambdaLR) these options."""
        factor = scheduler.lr_lambdas[0](scheduler.last_epoch)
        for group in optimiser.param_groups:
            decayed = any(parameter.ndim > 1 for parameter in group["params"])
            group["weight_decay"] = self.weight_decay if decayed else 0.0
            group["betas"], group["initial_lr"], group["lr"] = tuple(self.betas), self.lr, self.lr * factor
        scheduler.base_lrs = [self.lr] * len(optimiser.param_groups)

    def rate_factor(self, step: int, max_steps: int) -> float:
        """Learning rate at an update as a fraction of `lr`, in [0, 1].

        Raises:
            UsageError: the rate decays, but the last update is unknown.
        """
        rise = min(1.0, (step + 1) / (self.warmup_steps + 1))
        if self.decay == "constant":
            return rise
        end = self.total_steps or max_steps
        if end <= 0:
            raise UsageError(f"optimiser: decay {self.decay} needs an end; set trainer.max_steps or total_steps")
        done = min(1.0, max(0.0, (step - self.warmup_steps) / max(1, end - self.warmup_steps)))
        return rise * (1 - done if self.decay == "linear" else 0.5 * (1 + math.cos(math.pi * done)))


class Weighted(NamedTuple):
    """One term of the loss of a step.

    Attributes:
        value: scalar, the mean over the utterances of this process; with `whole`, over the batch of all processes.
        weight: factor of the value.
        number: with `whole`, of the things that the value is a mean of (pairs, tokens).
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
        count: utterances (or prompts) of this process.
        anchor: a scalar to which every trained parameter contributes. It is multiplied by zero, so that a process
            without usable utterances takes part in the exchange of gradients.
        skipped: utterances of this process that were skipped, by reason.
        dropped: responses of all processes that were dropped, by reason.
        used: utterances (or prompts) of all processes that the loss uses; None: those of `count`.
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

    Args:
        optimiser: AdamW and its rate.  seed: of all random numbers in the steps.
    Attributes:
        training_config: the resolved configuration, stored in checkpoints.
        resumed: changes of the configuration when the training was resumed, each with its step; stored as well.
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

    @property
    @abstractmethod
    def trained_network(self) -> nn.Module:
        """The network whose parameters are optimised."""

    @abstractmethod
    def losses(self, batch: Any) -> StepLosses:
        """Terms of the loss of this process's part of a batch."""

    @abstractmethod
    def log_row(self, step: StepLosses, count: int, means: Mapping[str, float]) -> dict[str, float]:
        """Numbers to log, "loss" among them.

        Args:
            count: utterances of all processes.  means: value of each term over the batch of all processes.
        """

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The loss, scaled so that Lightning's mean of the gradients is the gradient of the whole batch.

        The whole batch is that of all processes, and with `trainer.accumulate_grad_batches` of the whole group.

        Raises:
            TrainingError: an epoch, or the first batches, had nothing to train on.
        """
        # A seed for each step: a training that was stopped and resumed draws the same dropout.
        # Accumulated steps of one process draw as several processes would.
        slot = self.global_rank * self.trainer.accumulate_grad_batches + getattr(batch, "part", 0)
        seed = seed_of("step", self.seed, batch.epoch, batch.index, slot)
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
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

    def _accumulated(self, parts: Mapping[str, Mean], batch_idx: int) -> Tensor:
        """The loss of a batch, such that the gradient of a group of accumulated batches is that of its mean."""
        group = self.trainer.accumulate_grad_batches
        if batch_idx % group == 0:
            self._group.begin()
        last = (
            (batch_idx + 1) % group == 0
            or self.trainer.is_last_batch
            or batch_idx + 1 == self.trainer.num_training_batches
        )
        # Lightning averages gradients over the processes, and divides the loss by the number of accumulated batches.
        parts = {name: Mean(part.value * self.trainer.world_size, part.number) for name, part in parts.items()}
        parameters = [one for one in self.trained_network.parameters() if one.requires_grad]
        scaler = getattr(self.trainer.precision_plugin, "scaler", None)
        loss = self._group.loss(parts, parameters, last, *([] if scaler is None else [scaler.scale]))
        return torch.zeros((), device=self.device) if loss is None else loss * group

    def _count_usage(self, step: StepLosses, totals: list[float], last: bool) -> None:
        """`totals`: usable utterances and those skipped by reason, of all processes."""
        self.usage.left_out.include(LeftOut(zip(step.skipped, map(int, totals[1:]), strict=True)))
        self.usage.left_out.include(LeftOut(step.dropped))
        for one in (step.skipped, step.dropped):
            if isinstance(one, LeftOut):
                self.usage.left_out.keep_examples(one)
        used = int(totals[0]) if step.used is None else step.used
        self.usage.batch(int(sum(totals)), used, last, step.made_by_model)

    def _log_row(self, row: dict[str, float], count: int) -> None:
        # Directly to the loggers: `self.log` repeats the last value of a name that a step does not log.
        for logger in self.trainer.loggers:
            logger.log_metrics(row, step=self.global_step)
        self.log("loss", row["loss"], prog_bar=True, logger=False, batch_size=count)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Load the weights of a checkpoint.

        Raises:
            ModelError: they are those of another network.
        """
        check_weights(state_dict, self.state_dict())
        return super().load_state_dict(state_dict, strict, assign)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue from a checkpoint, with the first step of a group of accumulated steps.

        Raises:
            UsageError: it is of another task.
        """
        record = checkpoint.get("ctcalign", {})
        before = record.get("training", {})
        check_same_task(before, self.training_config)
        self.resumed = list(record.get("resumed", []))
        self._changed = differences(before, self.training_config)
        data = getattr(self.trainer, "datamodule", None)
        position = checkpoint.get(type(data).__qualname__, {})
        progress = checkpoint.get("loops", {}).get("fit_loop", {}).get("epoch_loop.batch_progress", {})
        if isinstance(data, ResumableData) and position and "current" in progress:
            # Lightning does not know the number of batches of an epoch, and would go on counting.
            current, done = progress["current"], data.steps_before(position)
            shift = done - current["ready"]
            progress["current"] = {name: count + shift if done else 0 for name, count in current.items()}
            progress["is_last_batch"] = False if not done else progress["is_last_batch"]

    def on_train_start(self) -> None:
        """Report a changed configuration, and let its optimiser take effect."""
        if not self._changed:
            return
        report(self._changed, self.global_step)
        self.resumed.append({"step": self.global_step, "changed": self._changed})
        # Lightning has restored the options of the optimiser with its state.
        schedulers = [one.scheduler for one in self.trainer.lr_scheduler_configs]
        for optimiser, scheduler in zip(self.trainer.optimizers, schedulers, strict=True):
            self.optimiser.renew(optimiser, scheduler)
        self._changed = {}

    def on_train_end(self) -> None:
        """Report the skipped utterances and dropped responses.

        Raises:
            TrainingError: there was nothing to train on.
        """
        self.usage.end()
        for what, counts in (("utterances", self.skipped), ("responses", self.dropped)):
            reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(counts.items()) if number)
            if reasons:
                pl.utilities.rank_zero_info(f"{what} skipped in steps: {reasons}")

    def configure_optimizers(self) -> Any:
        """AdamW, its learning rate set at every update."""
        optimiser, last = self.optimiser.optimiser(self.trained_network), self.trainer.max_steps
        rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: self.optimiser.rate_factor(step, last))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": rate, "interval": "step"}}


@runtime_checkable
class Positioned(Protocol):
    """A batch with its position: its epoch, its index in the epoch, and whether it is the last of the epoch."""

    epoch: int
    index: int
    last: bool


class ResumableData(pl.LightningDataModule):
    """Data that resumes at the position where training was stopped.

    Args:
        train, validation: sources, one or several; None: no such part.
    Attributes:
        position: epoch and index of the next training batch.
    """

    def __init__(self, train: str | list[str] | None, validation: str | list[str] | None) -> None:
        super().__init__()
        self.train, self.validation = train, validation
        self.position = (0, 0)
        if validation is None:
            # Lightning validates if this hook exists.
            self.val_dataloader = None  # type: ignore[method-assign,assignment]

    @property
    def rank(self) -> int:
        """Rank of this process."""
        return 0 if self.trainer is None else self.trainer.global_rank

    @property
    def world_size(self) -> int:
        """Number of processes."""
        return 1 if self.trainer is None else self.trainer.world_size

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Advance the position to the batch after this one; batches that were read ahead do not count."""
        if isinstance(batch, Positioned) and self.trainer is not None and self.trainer.training:
            self.position = (batch.epoch + 1, 0) if batch.last else (batch.epoch, batch.index + 1)
        return batch

    def resumed(self, epoch: Callable[[int, int], Iterator[T]]) -> Iterator[T]:
        """The batches from the current position on.

        If the epoch has no batch at the position, because data or batch sizes are others than before the stop,
        training continues with the next epoch.

        Args:
            epoch: the batches of an epoch from a given one on.
        """
        number, start = self.position
        batches = epoch(number, start)
        first = next(batches, None)
        if first is None and start:
            batches = epoch(number + 1, 0)
            first = next(batches, None)
            has = sum(1 for _ in epoch(number, 0))
            warn(
                f"resume: the training was stopped after {start} batches of epoch {number}, which now has {has}: data "
                f"or batch sizes have changed; it continues with epoch {number + 1}"
            )
        if first is not None:
            yield first
            yield from batches

    def steps_before(self, state: dict[str, Any]) -> int:
        """Steps of the epoch before the position of a checkpoint, at which training continues."""
        return int(state["batch"])

    def state_dict(self) -> dict[str, Any]:
        """The position, for a checkpoint."""
        return {"epoch": self.position[0], "batch": self.position[1]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.position = (state_dict["epoch"], state_dict["batch"])
