"""A recogniser in training: the network, the CTC loss, and objectives that shape its alignments."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from ctcalign.errors import TrainingError, UsageError
from ctcalign.models.encoders.base import Encoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.objectives import ObjectiveOutput
from ctcalign.train.data.batch import REASONS, UNREADABLE, Batch, Heard, select
from ctcalign.train.data.tokenizers import CharacterTokenizer, Tokenizer
from ctcalign.train.keys import key
from ctcalign.train.optimisation import OptimiserConfig
from ctcalign.train.recogniser.export import header_of, load_initial
from ctcalign.train.recogniser.terms import ObjectiveConfig, Term, Told, mean_statistics
from ctcalign.train.recogniser.validation import SUMS, count_up, rates


class CTCModule(pl.LightningModule):
    """Train an encoder with CTC and objectives.

    The loss is the mean over the utterances of the batch of all processes, so that one process and several with the
    same batch follow the same way. Utterances that cannot be trained on are left out and counted by reason.

    Args:
        encoder: the hidden layers.
        tokenizer: characters a-z, apostrophe and space when left out.
        frontend: what is done to the features.
        objectives: what is added to the CTC loss, or stands in its place.
        optimiser: AdamW and its rate.
        init: checkpoint (of `ctcalign fit` or exported) whose weights training begins with.
        seed: of everything random in the steps; each utterance and step has its own.
    Raises:
        UsageError: options that do not fit; the message names them.  ModelError: `init` cannot be used.
    """

    def __init__(
        self,
        encoder: Encoder,
        tokenizer: Tokenizer | None = None,
        frontend: Frontend | None = None,
        objectives: list[ObjectiveConfig] | None = None,
        optimiser: OptimiserConfig | None = None,
        init: str | None = None,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer or CharacterTokenizer()
        self.vocabulary = self.tokenizer.vocabulary
        self.network = CtcNetwork(frontend or Frontend(), encoder, len(self.vocabulary))
        self.optimiser = optimiser or OptimiserConfig()
        self.seed = seed
        self.ctc = Term(ObjectiveConfig("ctc", 1.0))
        self.terms = [Term(config) for config in objectives or []]
        _check_terms(self.terms)
        # What the command line was told, for the checkpoint.
        self.training_config: dict[str, Any] = {}
        self.wer: float | None = None
        self.skipped = dict.fromkeys(REASONS, 0)
        self._sums = torch.zeros(len(SUMS), dtype=torch.float64)
        if init is not None:
            load_initial(self.network, self.vocabulary, init)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mel energies (B, T, 80), lengths (B,) -> log-probabilities (B, T', C), lengths (B,)."""
        found: tuple[Tensor, Tensor] = self.network(features, lengths)
        return found

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of this process's share, scaled so that the mean of the gradients over the processes is that of the
        whole batch.

        Raises:
            TrainingError: the network's output is NaN.
        """
        place = (self.seed, batch.epoch, batch.index)
        # Dropout of each step is its own: a training that was stopped goes on as if it had not been.
        torch.manual_seed(key("step", *place, self.global_rank))
        shares: list[float] = []
        for term in self.terms:
            term.schedule.update(batch.epoch, self.global_step, self.wer)
            shares.append(term.schedule.share(self.global_step))
        batch = without_nan(batch)
        features, lengths = batch.features, batch.lengths
        for term, share in zip(self.terms, shares, strict=True):
            if share > 0 and term.prepares:
                features, lengths = term.prepare(features, lengths, batch.ids, *place)
        log_probs, frames = self(features, lengths)
        if torch.isnan(log_probs.detach().sum()):
            raise TrainingError(
                f"step {self.global_step}: the network's output is NaN (batch of {', '.join(batch.ids[:3])} …); "
                "lower the learning rate or clip gradients (trainer.gradient_clip_val)"
            )
        heard, skipped = select(batch, log_probs, frames, self.tokenizer)
        outputs = self._outputs(heard, shares, place)
        own = 0 if heard is None else len(heard.ids)
        means = torch.stack([log_probs.new_tensor(0.0) if one is None else one.loss for one in outputs])
        counted = torch.tensor([own, *skipped.values()], dtype=torch.float64, device=self.device)
        together = self._summed(torch.cat([counted, means.detach().double() * own]))
        whole = max(1.0, float(together[0]))
        weights = torch.tensor(self._weights(shares), device=self.device)
        told = [(own, one.statistics, one.weights) if one else (0, {}, {}) for one in outputs]
        self._log_step(together, weights, shares, told[1:], batch.epoch)
        # Gradients are averaged over the processes: undo it. The zero keeps a process without utterances in step.
        loss: Tensor = (weights * means).sum() * own * self.trainer.world_size / whole + 0.0 * log_probs.sum()
        return loss

    def _outputs(
        self, heard: Heard | None, shares: list[float], place: tuple[int, int, int]
    ) -> list[ObjectiveOutput | None]:
        """What the CTC loss and each term say of the utterances; None where it is not asked."""
        active = [weight > 0 for weight in self._weights(shares)]
        if heard is None:
            return [None] * len(active)
        terms = [self.ctc, *self.terms]
        return [term.loss(heard, *place) if on else None for term, on in zip(terms, active, strict=True)]

    def _weights(self, shares: list[float]) -> list[float]:
        """Weight of the CTC loss and of each term now. What stands in place of the CTC loss takes its weight over."""
        ctc = 1.0 - sum(share for term, share in zip(self.terms, shares, strict=True) if term.objective.replaces_ctc)
        return [ctc, *(term.config.weight * share for term, share in zip(self.terms, shares, strict=True))]

    def _log_step(
        self,
        together: Tensor,
        weights: Tensor,
        shares: list[float],
        told: list[Told],
        epoch: int,
    ) -> None:
        """Log values of the whole batch. `together`: utterances, skipped ones by reason, sum of each loss."""
        numbers = together.tolist()
        count, skipped, sums = numbers[0], numbers[1 : 1 + len(REASONS)], numbers[1 + len(REASONS) :]
        for reason, more in zip(REASONS, skipped, strict=True):
            self.skipped[reason] += int(more)
        every: int = getattr(self.trainer, "log_every_n_steps", 1)  # set, but not declared, by Lightning
        if (self.global_step + 1) % max(1, every):
            return
        means = [one / max(1.0, count) for one in sums]
        found = {"loss": sum(w * m for w, m in zip(weights.tolist(), means, strict=True)), "utterances": count}
        if weights[0] > 0:
            found["ctc"] = means[0]
        for term, share, mean in zip(self.terms, shares, means[1:], strict=True):
            found[f"{term.label}/weight"] = term.config.weight * share
            if share > 0:
                found[f"{term.label}/loss"] = mean
        found |= self._statistics(told)
        found |= {f"skipped/{reason}": float(number) for reason, number in self.skipped.items() if number}
        # Straight to the loggers: Lightning would repeat the last value of what a step does not have.
        for logger in self.trainer.loggers:
            logger.log_metrics({"epoch": float(epoch), **found}, step=self.global_step)
        self.log("loss", found["loss"], prog_bar=True, logger=False, batch_size=max(1, int(count)))

    def _statistics(self, told: list[Told]) -> dict[str, float]:
        """Statistics of the terms over all processes, by label and name."""
        gathered: list[Any] = [told]
        if self.trainer.world_size > 1:
            gathered = [None] * self.trainer.world_size
            torch.distributed.all_gather_object(gathered, told)
        found: dict[str, float] = {}
        for place, term in enumerate(self.terms):
            means, _ = mean_statistics([one[place] for one in gathered])
            found |= {f"{term.label}/{name}": float(value) for name, value in sorted(means.items())}
        return found

    def _summed(self, values: Tensor) -> Tensor:
        """Sum over the processes."""
        if self.trainer.world_size == 1:
            return values
        torch.distributed.all_reduce(values)
        return values

    def on_validation_epoch_start(self) -> None:
        self._sums = torch.zeros(len(SUMS), dtype=torch.float64)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Count the errors of the greedy path."""
        batch = without_nan(batch)
        log_probs, frames = self(batch.features, batch.lengths)
        heard, _ = select(batch, log_probs, frames, self.tokenizer)
        losses = None if heard is None else (self.ctc.loss(heard).loss, len(heard.ids))
        self._sums += count_up(batch, log_probs, frames, self.tokenizer, self.network.frame_shift, losses)

    def on_validation_epoch_end(self) -> None:
        """Log error rates of all processes; the schedules and the guard go by them."""
        found = rates(self._summed(self._sums.to(self.device)))
        self.log_dict(found)
        if not self.trainer.sanity_checking and "val_wer" in found:
            self.wer = found["val_wer"]

    def stop_objectives(self) -> list[str]:
        """Weight zero for all objectives from now on. Names of those that had one."""
        running = [term for term in self.terms if term.schedule.share(self.global_step) > 0]
        for term in self.terms:
            term.schedule.stop(self.global_step)
        return [term.label for term in running]

    def on_train_end(self) -> None:
        """Say what was left out."""
        left_out = ", ".join(f"{number} {reason}" for reason, number in self.skipped.items() if number)
        if left_out:
            pl.utilities.rank_zero_info(f"utterances left out of steps: {left_out}")

    def configure_optimizers(self) -> Any:
        """AdamW, its rate by update."""
        optimiser = self.optimiser.optimiser(self.network)
        last = self.trainer.max_steps
        rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: self.optimiser.share(step, last))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": rate, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the header that makes the file a model, and what the schedules know."""
        checkpoint["ctcalign"] = header_of(self.network, self.vocabulary, self.training_config)
        checkpoint["ctcalign_training"] = {
            "schedules": {term.label: term.schedule.state() for term in self.terms},
            "wer": self.wer,
            "skipped": self.skipped,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            UsageError: it was trained with other objectives.
        """
        state = checkpoint.get("ctcalign_training", {})
        schedules = state.get("schedules", {})
        if set(schedules) != {term.label for term in self.terms}:
            raise UsageError(
                f"resume: the checkpoint was trained with the objectives {sorted(schedules)}, the configuration has "
                f"{sorted(term.label for term in self.terms)}; to begin anew from its weights use model.init"
            )
        for term in self.terms:
            term.schedule.restore(schedules[term.label])
        self.wer = state["wer"]
        self.skipped = dict(state["skipped"])


def without_nan(batch: Batch) -> Batch:
    """The batch with utterances whose features are not all finite marked as unreadable and silenced."""
    bad = ~torch.isfinite(batch.features.sum((1, 2)))
    if not bad.any():
        return batch
    reasons = batch.reasons or [""] * len(batch.ids)
    named = [reason or (UNREADABLE if one else "") for reason, one in zip(reasons, bad.tolist(), strict=True)]
    features = batch.features.masked_fill(bad[:, None, None], 0.0)
    return Batch(
        features, batch.lengths, batch.texts, batch.ids, batch.words, named, batch.epoch, batch.index, batch.last
    )


def _check_terms(terms: list[Term]) -> None:
    labels = [term.label for term in terms]
    twice = sorted({label for label in labels if labels.count(label) > 1} | ({"ctc"} & set(labels)))
    if twice:
        raise UsageError(f"objectives: the name {twice[0]!r} is taken; give each a label of its own")
    instead = [term.label for term in terms if term.objective.replaces_ctc]
    if len(instead) > 1:
        raise UsageError(f"objectives: only one can stand in place of the CTC loss, got {', '.join(instead)}")
