"""A causal language model that learns from comparisons, with the losses that train recognisers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.preference.prompt_classifier import PromptClassifier
from ctcalign.train.keys import key
from ctcalign.train.optimisation import OptimiserConfig
from ctcalign.train.preference.choices import Choice, Labels
from ctcalign.train.preference.examples import VALUES, Example
from ctcalign.train.preference.sides import rows_of
from ctcalign.train.preference.term import LossConfig, PreferenceTerm, told_of
from ctcalign.train.preference.text.data import TextBatch, choices_of
from ctcalign.train.preference.text.frozen import FrozenSpeakers, TextContrast, roles_of
from ctcalign.train.preference.text.models import Speaker, TextScorer, load_causal_model
from ctcalign.train.preference.text.tokens import TextTokenizer
from ctcalign.train.processes import of_all_processes, of_each_process

MONITORED = ("loss", "accuracy", "margins")


class TextPreferenceModule(pl.LightningModule):
    """Train a Hugging Face causal language model with a preference loss.

    The loss is loss.weight * preference + sft_weight * cross entropy of the chosen tokens, over the batch of all
    processes. With `loss.weight: 0` it is supervised fine-tuning.

    Args:
        model: folder or hub name of model and tokenizer.
        fresh: draw the weights anew from the model's configuration.
        loss: the loss.
        sft_weight: of the mean cross entropy of all chosen tokens of the batch, >= 0.
        together: rejected responses that one chosen one is compared with at once, 2 or more for LOGO.
        scored: "all" tokens, or the "differing" range alone, see `PairsConfig`.
        reference: folder or hub name of the frozen reference model; `model` when left out.
        contrast: see there.
        aligned: folders or hub names of strong models for PoFT; the reference where there are none.
        matching: of BCO: weigh undesirable rows by how likely their prompt is to have a desirable response
            (underlying distribution matching); a classifier of prompts is fitted when training begins.
        longest: tokens of prompt and response; longer ones are left out and counted.
        optimiser: AdamW and its rate.
        seed: of weights and dropout.
    Raises:
        UsageError: options that do not fit, or transformers is not installed.  ModelError: a model cannot be loaded.
    """

    def __init__(
        self,
        model: str,
        fresh: bool = False,
        loss: LossConfig | None = None,
        sft_weight: float = 0.0,
        together: int = 1,
        scored: Literal["all", "differing"] = "all",
        reference: str | None = None,
        contrast: TextContrast | None = None,
        aligned: list[str] | None = None,
        matching: bool = False,
        longest: int = 1024,
        optimiser: OptimiserConfig | None = None,
        seed: int = 1,
    ) -> None:
        super().__init__()
        if not sft_weight >= 0 or together < 1 or longest < 2:
            raise UsageError(
                f"model: expected sft_weight of 0 or more, together of 1 or more and longest of 2 or more, got "
                f"{sft_weight}, {together} and {longest}"
            )
        self.language_model: Any = load_causal_model(model, fresh).train()  # it comes in evaluation mode
        self.tokenizer = TextTokenizer(model, longest)
        self.term = PreferenceTerm(loss or LossConfig(), together)
        self.contrast = contrast or TextContrast()
        edits = self.contrast.kind == "edits"
        self.scorer = TextScorer(self.term, self.tokenizer, scored, edits, self.contrast.strength)
        self.sft_weight, self.together, self.matching, self.seed = sft_weight, together, matching, seed
        self.optimiser = optimiser or OptimiserConfig(lr=1e-5)
        self.classifier: PromptClassifier | None = None
        self.dropped: Counter[str] = Counter()
        self.training_config: dict[str, Any] = {}
        self.reference, self.aligned = reference or model, list(aligned or [])
        if fresh and reference is None and roles_of(
            self.scorer.asked, self.contrast, self.aligned, self.reference, matching
        ):  # fmt: skip
            raise UsageError("reference: a fresh model is no reference; give one, or begin with a trained model")
        if matching and not self.term.may_take("desirable_probability"):
            raise UsageError(f"matching: {self.term.loss.name} has no use for it; it is for bco")
        # Lightning must neither save nor train the frozen models: they are no modules of this one.
        self.frozen: FrozenSpeakers | None = None
        self._sums: list[tuple[float, dict[str, float]]] = []

    def on_fit_start(self) -> None:
        """Load the frozen models that the data leaves something to do for, and fit the classifier of prompts."""
        examples: list[Example] = list(getattr(getattr(self.trainer, "datamodule", None), "examples", []))
        responses = [response for one in examples for response in one.responses]
        stored = {name for name in VALUES if responses and all(name in one.values for one in responses)}
        roles = roles_of(self.scorer.asked - stored, self.contrast, self.aligned, self.reference, self.matching)
        self.frozen = FrozenSpeakers(roles, self.contrast, self.tokenizer, self.device)
        if self.matching and self.classifier is None:
            self.classifier = self.frozen.classifier(examples)

    def training_step(self, batch: TextBatch, batch_idx: int) -> Tensor:
        """The loss of the batch of all processes, with a gradient to this one's share, scaled so that the mean of the
        gradients over the processes is that of the whole batch."""
        torch.manual_seed(key("step", self.seed, batch.epoch, batch.index, self.global_rank))
        loss, told, count = self._loss(batch)
        self.dropped.update({n.removeprefix("dropped/"): int(v) for n, v in told.items() if n.startswith("dropped/")})
        every: int = getattr(self.trainer, "log_every_n_steps", 1)  # set, but not declared, by Lightning
        if (self.global_step + 1) % max(1, every) == 0:
            found = {"epoch": float(batch.epoch), "loss": float(loss.detach()), "examples": float(count)}
            found |= {f"preference/{name}": value for name, value in told.items()}
            for logger in self.trainer.loggers:
                logger.log_metrics(found, step=self.global_step)
            self.log("loss", found["loss"], prog_bar=True, logger=False, batch_size=max(1, count))
        # Gradients are averaged over the processes: undo it. The zero keeps a process without rows in step.
        zero = sum(parameter.sum() for parameter in self.language_model.parameters() if parameter.requires_grad)
        scaled: Tensor = loss * self.trainer.world_size + 0.0 * zero
        return scaled

    def _loss(self, batch: TextBatch, training: bool = True) -> tuple[Tensor, dict[str, float], int]:
        """The loss, what there is to tell, and the number of examples of all processes."""
        prompts = [self.tokenizer.prompt(one.key) for one in batch.examples]
        choices, dropped = choices_of(batch.examples, prompts, self.tokenizer, self.together)
        own = self._rows(batch, prompts, choices)
        whole = of_all_processes(own, self.device)
        result = self.term(whole, training)
        counted = of_each_process((len(batch.examples), dropped))
        told = told_of(result, [one for _, one in counted])
        loss = torch.zeros((), device=self.device)
        if result is not None:
            loss = loss + self.term.weight * result.loss
        cost = self.term.chosen_cost(whole)
        if cost is not None:
            loss, told["chosen_cost"] = loss + self.sft_weight * cost, float(cost.detach())
        return loss, told, sum(one for one, _ in counted)

    def _rows(self, batch: TextBatch, prompts: list[list[int]], choices: Sequence[Choice]) -> dict[str, Tensor]:
        """Tensors of this process's responses for the loss."""
        assert self.frozen is not None
        policy, models = Speaker(self.language_model), self.frozen.models
        own = self.scorer(choices, policy, models, prompts)
        if own and self.classifier is not None:
            asked = [batch.examples[place].key for place in rows_of(choices, single=False).places]
            own["desirable_probability"] = self.classifier.probability(self.frozen.embedded(asked))
        if not self.scorer.wanted["mismatched"]:
            return own
        first: dict[int, Labels] = {}
        for one in choices:
            first.setdefault(batch.numbers[one.place], one.chosen or one.rejected[0])
        others = sorted(one for part in of_each_process(list(first.items())) for one in part)
        numbers = [number for number, _ in others]
        pairs = []
        for number, text in first.items() if own else ():
            # The response to the next prompt of the batch.
            other, place = others[(numbers.index(number) + 1) % len(others)][1], batch.numbers.index(number)
            if other != text and self.tokenizer.fits(prompts[place], other):
                pairs.append((place, other))
        return own | (self.scorer.mismatched(pairs, policy, models, prompts, self.device) if own else {})

    def on_validation_epoch_start(self) -> None:
        self._sums = []

    def validation_step(self, batch: TextBatch, batch_idx: int) -> None:
        """The loss and its metrics, without a change to its state."""
        loss, told, count = self._loss(batch, training=False)
        self._sums.append((float(count), {**told, "loss": float(loss.detach())}))

    def on_validation_epoch_end(self) -> None:
        """Log means over the validation examples; they are the same in all processes."""
        for name in MONITORED:
            known = [(count, told[name]) for count, told in self._sums if name in told]
            if known:
                mean = sum(count * value for count, value in known) / max(1.0, sum(count for count, _ in known))
                self.log(f"val_{name}", mean, rank_zero_only=False)

    def on_train_end(self) -> None:
        """Say what was left out."""
        left_out = ", ".join(f"{number} {reason}" for reason, number in sorted(self.dropped.items()))
        if left_out:
            pl.utilities.rank_zero_info(f"responses left out: {left_out}")

    def configure_optimizers(self) -> Any:
        """AdamW, its rate by update."""
        optimiser = self.optimiser.optimiser(self.language_model)
        last = self.trainer.max_steps
        rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: self.optimiser.share(step, last))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": rate, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the configuration, the state of the loss and the classifier of prompts."""
        checkpoint["ctcalign"] = {"training": self.training_config}
        classifier = None if self.classifier is None else self.classifier.state_dict()
        checkpoint["ctcalign_preference"] = {
            **self.term.state_dict(),
            "dropped": dict(self.dropped),
            "classifier": classifier,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            UsageError: it was trained with another loss.
        """
        state = checkpoint.get("ctcalign_preference", {})
        self.term.load_state_dict(state)
        self.dropped = Counter(state["dropped"])
        if state["classifier"] is not None:
            self.classifier = PromptClassifier.of_state(state["classifier"])

    def export(self, output: Path) -> Path:
        """Write model and tokenizer to a folder that transformers can load."""
        self.language_model.save_pretrained(output)
        self.tokenizer.save(output)
        return output
