"""Training of a causal language model with a preference loss, the same losses that train recognisers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ctcalign.checks import check_count, check_number
from ctcalign.errors import UsageError
from ctcalign.files import atomic_directory
from ctcalign.models.training.lora import LoraConfig
from ctcalign.preference.prompt_classifier import PromptClassifier
from ctcalign.train.base import StepLosses, TrainingModule, Weighted
from ctcalign.train.left_out import LeftOut, Usage, warn_of_validation
from ctcalign.train.optimiser.config import OptimiserConfig
from ctcalign.train.optimiser.freezing import Freeze
from ctcalign.train.preference.examples import VALUES, Example, check_kind
from ctcalign.train.preference.sides import Labels, Preference, rows_of, usable
from ctcalign.train.preference.term import LossConfig, PreferenceTerm, loss_metrics
from ctcalign.train.preference.text.data import TextBatch, preferences_of
from ctcalign.train.preference.text.frozen import FrozenLanguageModels, TextContrast, roles_of
from ctcalign.train.preference.text.models import (
    PromptedModel,
    TextTokenizer,
    check_tokens,
    load_causal_model,
    positions_of,
)
from ctcalign.train.preference.text.scorer import TextScorer
from ctcalign.train.processes import gather_objects, gather_rows

LONGEST = 1024  # tokens of an example, unless the model has fewer positions
MONITORED = ("loss", "accuracy", "margins")


class TextPreferenceModule(TrainingModule):
    """Train a Hugging Face causal language model with a preference loss.

    The loss is loss.weight * preference + sft_weight * cross entropy of the chosen tokens, over the batch of all
    processes. With `loss.weight: 0` this is supervised fine-tuning.

    Args:
        model: folder or hub name of model and tokenizer.
        fresh: start from random weights instead of those of the model.
        loss: the preference loss.
        sft_weight: weight of the mean cross entropy of all chosen tokens of the batch, >= 0.
        together: rejected responses in each pair, 2 or more for LOGO.
        scored: "all" tokens, or the "differing" range alone, see `PairsConfig`.
        reference: folder or hub name of the frozen reference model; default: `model`.
        contrast: weights of tokens for critical-token DPO and T-REG.
        aligned: folders or hub names of strong models for PoFT; default: the reference.
        matching: for BCO, weight undesirable rows by the probability that their prompt has a desirable response
            (underlying distribution matching), from a classifier of prompts that is fitted before training.
        longest: largest number of tokens of prompt, response and end; longer examples are skipped and counted. Default:
            1024, or the number of positions that the model has beside a prefix, if it is smaller.
        optimiser: AdamW and its learning rate.
        seed: seed of weights and dropout.
        freeze, gradient_checkpointing, lora: see `CTCModule`.
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
        longest: int | None = None,
        optimiser: OptimiserConfig | None = None,
        seed: int = 1,
        freeze: list[Freeze | str] | None = None,
        gradient_checkpointing: bool = False,
        lora: LoraConfig | None = None,
    ) -> None:
        super().__init__(optimiser or OptimiserConfig(lr=1e-5), seed)
        check_number("sft_weight", sft_weight)
        check_count("together", together)
        if longest is not None:
            check_count("longest", longest, 2)
        self.language_model: Any = load_causal_model(model, fresh)
        self.tokenizer = TextTokenizer(model, longest or LONGEST)
        self.term = PreferenceTerm(loss or LossConfig(), together)
        self.contrast = contrast or TextContrast()
        if longest is None:
            prefixes = (self.contrast.better_prefix, self.contrast.worse_prefix)
            room = max(len(self.tokenizer.response(one)) for one in prefixes)
            self.tokenizer.longest = max(2, min(LONGEST, (positions_of(self.language_model) or LONGEST + room) - room))
        check_tokens(model, self.language_model, self.tokenizer, self.tokenizer.longest)
        edits = self.contrast.kind == "edits"
        self.scorer = TextScorer(self.term, self.tokenizer, scored, edits, self.contrast.strength)
        self.sft_weight, self.together, self.matching = sft_weight, together, matching
        self.classifier: PromptClassifier | None = None
        self.reference, self.aligned = reference or model, list(aligned or [])
        if fresh and reference is None and roles_of(
            self.scorer.needed, self.contrast, self.aligned, self.reference, matching
        ):  # fmt: skip
            raise UsageError(
                "reference: a fresh model cannot be the reference; give another one, or start from a trained model"
            )
        if matching and not self.term.may_take("desirable_probability"):
            raise UsageError(f"matching: {self.term.loss.name} does not use it; it is for bco")
        # Not a torch module, so that Lightning neither trains nor saves the frozen models.
        self.frozen: FrozenLanguageModels | None = None
        self._sums: list[tuple[float, dict[str, float]]] = []
        self._validation = LeftOut()
        self.usage = Usage("examples")
        self.prepare(freeze, gradient_checkpointing, lora)

    def on_fit_start(self) -> None:
        """Load the frozen models whose scores are not in the data, and fit the classifier of prompts.

        Raises:
            UsageError: the loss can use none of the examples.
        """
        examples: list[Example] = list(getattr(getattr(self.trainer, "datamodule", None), "examples", []))
        check_kind("data.train", examples, self.term.kind, self.term.loss.name)
        responses = [response for one in examples for response in one.responses]
        stored = {name for name in VALUES if responses and all(name in one.values for one in responses)}
        roles = roles_of(self.scorer.needed - stored, self.contrast, self.aligned, self.reference, self.matching)
        self.frozen = FrozenLanguageModels(roles, self.contrast, self.tokenizer, self.device)
        if self.matching and self.classifier is None:
            self.classifier = self.frozen.classifier(examples)

    @property
    def trained_network(self) -> nn.Module:
        """The language model."""
        network: nn.Module = self.language_model
        return network

    def losses(self, batch: TextBatch, training: bool = True) -> StepLosses:
        """Preference loss and cross entropy over the batch of all processes, with gradients to this process's rows.

        Args:
            training: whether to update the state of the loss.
        """
        prompts = [self.tokenizer.prompt(one.key) for one in batch.examples]
        made, own_dropped = preferences_of(batch.examples, prompts, self.tokenizer, self.together)
        preferences, left = usable(made, self.term.kind)
        own_dropped.include(left)
        whole = gather_rows(self._loss_inputs(batch, prompts, preferences), self.device)
        result, cost = self.term(whole, training), self.term.chosen_cost(whole)
        dropped, used = LeftOut(), 0
        for left, number in gather_objects((own_dropped, len({one.place for one in preferences}))):
            dropped.include(left)
            used += number
        metrics, terms = loss_metrics(result, dropped), {}
        if result is not None:
            terms["preference"] = Weighted(result.loss, self.term.weight, True, len(result.losses))
        if cost is not None:
            terms["chosen_cost"] = Weighted(cost[0], self.sft_weight, True, cost[1])
            metrics["chosen_cost"] = float(cost[0].detach())
        parameters = (parameter for parameter in self.language_model.parameters() if parameter.requires_grad)
        anchor = torch.stack([parameter.sum() for parameter in parameters]).sum()
        return StepLosses(terms, len(batch.examples), anchor, {}, dropped, used, statistics=metrics)

    def _loss_inputs(
        self, batch: TextBatch, prompts: list[list[int]], preferences: Sequence[Preference]
    ) -> dict[str, Tensor]:
        """Inputs of the loss from this process's responses."""
        assert self.frozen is not None
        policy, models = PromptedModel(self.language_model), self.frozen.models
        own = self.scorer(preferences, policy, models, prompts)
        if own and self.classifier is not None:
            keys = [batch.examples[place].key for place in rows_of(preferences, single=False).places]
            own["desirable_probability"] = self.classifier.probability(self.frozen.embedded(keys))
        if not self.scorer.inputs["mismatched"]:
            return own
        first: dict[int, Labels] = {}
        for one in preferences:
            first.setdefault(batch.numbers[one.place], one.chosen or one.rejected[0])
        others = sorted(one for part in gather_objects(list(first.items())) for one in part)
        numbers = [number for number, _ in others]
        pairs = []
        for number, text in first.items() if own else ():
            # The response to the next prompt of the batch.
            other, place = others[(numbers.index(number) + 1) % len(others)][1], batch.numbers.index(number)
            if other != text and self.tokenizer.fits(prompts[place], other):
                pairs.append((place, other))
        return own | (self.scorer.mismatched(pairs, policy, models, prompts, self.device) if own else {})

    def log_row(self, step: StepLosses, count: int, means: Mapping[str, float]) -> dict[str, float]:
        """The loss, and the metrics of the preference loss."""
        row = {"loss": self._total(step), "examples": float(count)}
        return row | {f"preference/{name}": value for name, value in step.statistics.items()}

    def _total(self, step: StepLosses) -> float:
        total = torch.zeros((), device=self.device)
        for term in step.terms.values():
            total = total + term.weight * term.value.detach()
        return float(total)

    def on_validation_epoch_start(self) -> None:
        self._sums = []
        self._validation = LeftOut()

    def validation_step(self, batch: TextBatch, batch_idx: int) -> None:
        """The loss and its metrics, without updating its state."""
        step = self.losses(batch, training=False)
        count = sum(gather_objects(step.count))
        if isinstance(step.dropped, LeftOut) and self.trainer.is_global_zero:
            self._validation.include(step.dropped)  # of all processes
        if step.terms:
            self._sums.append((float(count), {**step.statistics, "loss": self._total(step)}))

    def on_validation_epoch_end(self) -> None:
        """Log means over the validation examples, which are the same in all processes."""
        if not any("loss" in metrics for _, metrics in self._sums) and not self.trainer.sanity_checking:
            warn_of_validation(self._validation)
        for name in MONITORED:
            known = [(count, metrics[name]) for count, metrics in self._sums if name in metrics]
            if known:
                mean = sum(count * value for count, value in known) / max(1.0, sum(count for count, _ in known))
                self.log(f"val_{name}", mean, rank_zero_only=False)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the configuration, the state of the loss and the classifier of prompts."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["ctcalign"] = {"training": self.training_config, "resumed": self.resumed}
        classifier = None if self.classifier is None else self.classifier.state_dict()
        checkpoint["ctcalign_preference"] = {
            **self.term.state_dict(),
            "dropped": dict(self.dropped),
            "classifier": classifier,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue from a checkpoint.

        Raises:
            UsageError: it was trained with another loss.
        """
        super().on_load_checkpoint(checkpoint)
        state = checkpoint.get("ctcalign_preference", {})
        self.term.load_state_dict(state)
        self.dropped = Counter(state["dropped"])
        if state["classifier"] is not None:
            self.classifier = PromptClassifier.of_state(state["classifier"])

    def export(self, output: Path) -> Path:
        """Write model and tokenizer to a folder that transformers can load; adapters are merged."""
        if self._lora is not None:
            self._lora.merge()
        with atomic_directory(output) as folder:
            self.language_model.save_pretrained(folder)
            self.tokenizer.save(folder)
        return output
