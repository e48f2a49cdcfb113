"""Objectives of a configuration as terms of the training loss. All that this room knows of `ctcalign.objectives`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.objectives import Objective, ObjectiveInput, ObjectiveOutput, build_objective
from ctcalign.train.data.batch import Heard
from ctcalign.train.keys import torch_generator
from ctcalign.train.recogniser.sampling import SamplerConfig, nbest_texts, sample, utterances
from ctcalign.train.recogniser.schedule import Schedule, StartWhen


@dataclass
class ObjectiveConfig:
    """One objective of a training.

    Attributes:
        name: as `ctcalign.objectives.build_objective` knows it, or "module:Class" of your own.
        weight: what its loss is multiplied with, >= 0. There is no default: it depends on the task. Of an objective
            that stands in place of the CTC loss the weight is 1.
        options: its own, such as {property: low_latency, margin: 0.0}.
        sampler: where its paths come from.
        hypotheses: texts for an objective over n-best lists.
        start_when, ramp_steps, until_step: see `StartWhen` and `Schedule`.
        label: what it is called in the log; its name when left out.
    """

    name: str
    weight: float
    options: dict[str, Any] = field(default_factory=dict)
    sampler: SamplerConfig = field(default_factory=SamplerConfig)
    hypotheses: int = 4
    start_when: StartWhen = field(default_factory=StartWhen)
    ramp_steps: int = 0
    until_step: int | None = None
    label: str | None = None


class Term:
    """An objective with its weight, schedule and paths."""

    def __init__(self, config: ObjectiveConfig) -> None:
        if not (math.isfinite(config.weight) and config.weight >= 0):
            raise UsageError(f"objective {config.name!r}: weight must be 0 or more, got {config.weight}")
        if config.hypotheses < 1:
            raise UsageError(f"objective {config.name!r}: hypotheses must be 1 or more, got {config.hypotheses}")
        self.config = config
        self.label = config.label or config.name
        self.objective: Objective = build_objective(config.name, **config.options)
        if self.objective.replaces_ctc and config.weight != 1:
            raise UsageError(
                f"objective {config.name!r}: it stands in place of the CTC loss, so its weight must be 1, got "
                f"{config.weight}; set what it does in its options"
            )
        if getattr(self.objective, "reduction", None) == "sum":
            raise UsageError(f"objective {config.name!r}: reduction sum has no mean over the processes; use batch_mean")
        self.schedule = Schedule(config.start_when, config.ramp_steps, config.until_step)

    @property
    def prepares(self) -> bool:
        """Whether it changes the features."""
        return type(self.objective).prepare is not Objective.prepare

    def prepare(
        self, features: Tensor, lengths: Tensor, ids: Sequence[str], *parts: str | int
    ) -> tuple[Tensor, Tensor]:
        """Features (B, T, F) and lengths (B,) as the objective wants them, each utterance with its own randomness."""
        rows: list[Tensor] = []
        counts: list[Tensor] = []
        for place, name in enumerate(ids):
            generator = torch_generator("cpu", self.label, "prepare", name, *parts)
            row, count = self.objective.prepare(
                features[place : place + 1, : int(lengths[place])], lengths[place : place + 1], generator
            )
            rows.append(row[0])
            counts.append(count)
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.cat(counts)

    def loss(self, heard: Heard, *parts: str | int) -> ObjectiveOutput:
        """The mean over the utterances.

        Args:
            parts: what makes the randomness of this step its own: the seed and the number of the step.
        """
        needs = self.objective.needs
        if not needs:
            return self.objective(_input(heard))
        singles = utterances(heard)
        device = heard.log_probs.device
        generators = [torch_generator(device, self.label, one.ids[0], *parts) for one in singles]
        if self.objective.separable and needs == {"paths"}:
            # One call for all: much less overhead, and the same numbers.
            drawn = [sample(self.config.sampler, one, own)[0] for one, own in zip(singles, generators, strict=True)]
            return self.objective(_input(heard, _padded(drawn, heard.log_probs.shape[1]), (), generators))
        found: list[ObjectiveOutput] = []
        for one, generator in zip(singles, generators, strict=True):
            paths = sample(self.config.sampler, one, generator) if "paths" in needs else None
            texts = nbest_texts(one, self.config.hypotheses, self.config.sampler.beam) if "hypotheses" in needs else []
            found.append(self.objective(_input(one, paths, texts, generator)))
        loss = torch.stack([output.loss for output in found]).mean()
        return ObjectiveOutput(loss, *mean_statistics([(1, output.statistics, output.weights) for output in found]))


def _input(
    heard: Heard,
    paths: Tensor | None = None,
    texts: Sequence[Sequence[int]] = (),
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
) -> ObjectiveInput:
    hypotheses = lengths = None
    if texts:
        longest = max(1, *(len(text) for text in texts))
        filler = 1 if heard.blank == 0 else 0
        rows = [[*text, *([filler] * (longest - len(text)))] for text in texts]
        device = heard.log_probs.device
        hypotheses = torch.tensor([rows], dtype=torch.int64, device=device)
        lengths = torch.tensor([[len(text) for text in texts]], device=device)
    return ObjectiveInput(
        heard.log_probs,
        heard.lengths,
        heard.targets,
        heard.target_lengths,
        heard.blank,
        paths=paths,
        hypotheses=hypotheses,
        hypothesis_lengths=lengths,
        vocabulary=heard.symbols,
        generator=generator,
    )


def _padded(paths: Sequence[Tensor], frames: int) -> Tensor:
    """Paths (N, T) of several utterances as one tensor (B, N, frames)."""
    whole = paths[0].new_zeros((len(paths), paths[0].shape[0], frames))
    for row, one in zip(whole, paths, strict=True):
        row[:, : one.shape[1]] = one
    return whole


Told = tuple[int, Mapping[str, Tensor], Mapping[str, Tensor]]
"""Utterances, statistics of them, and the weights of those that are not means over utterances."""


def mean_statistics(told: Sequence[Told]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Statistics of several batches as those of one, and their weights. They need not have the same names."""
    sums: dict[str, Tensor] = {}
    weights: dict[str, Tensor] = {}
    for utterances_of_it, statistics, own in told:
        for name, value in statistics.items():
            weight = torch.as_tensor(own.get(name, utterances_of_it), dtype=torch.float64).cpu()
            sums[name] = sums.get(name, torch.zeros((), dtype=torch.float64)) + weight * value.detach().double().cpu()
            weights[name] = weights.get(name, torch.zeros((), dtype=torch.float64)) + weight
    means = {name: total / weights[name].clamp(min=1e-9) for name, total in sums.items()}
    return means, weights
