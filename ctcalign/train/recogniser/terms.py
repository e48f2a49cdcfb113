"""Objectives of a configuration as terms of the training loss, with their schedules and sampled paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from ctcalign.checks import check_count, check_number
from ctcalign.errors import OwnCodeError, UsageError
from ctcalign.objectives import Objective, ObjectiveInput, ObjectiveOutput, build_objective
from ctcalign.train.data.batch import Emissions
from ctcalign.train.processes import padded, torch_generator
from ctcalign.train.recogniser.sampling import SamplerConfig, nbest_texts, sample, utterances


@dataclass
class StartWhen:
    """Condition for starting an objective; at most one is set, and without any it starts immediately.

    Attributes:
        epoch: epoch of the start, counted from 0.
        step: update of the start, counted from 0.
        wer_below: validation WER must be below this fraction, such as 0.2.
        wsr_fraction_of_baseline: word success rate (1 - WER) of validation as a fraction of the baseline's that must be
            reached, such as 0.85. Needs `baseline_wer`.
        baseline_wer: WER at the end of a training without the objective, as a fraction.
    """

    epoch: int | None = None
    step: int | None = None
    wer_below: float | None = None
    wsr_fraction_of_baseline: float | None = None
    baseline_wer: float | None = None

    def __post_init__(self) -> None:
        given = [f.name for f in fields(self) if f.name != "baseline_wer" and getattr(self, f.name) is not None]
        if len(given) > 1:
            raise UsageError(f"start_when: expected one condition, got {', '.join(given)}")
        if (self.wsr_fraction_of_baseline is None) != (self.baseline_wer is None):
            raise UsageError("start_when: wsr_fraction_of_baseline and baseline_wer go together; give both or neither")
        for name in given:
            check_number(f"start_when.{name}", getattr(self, name))

    def holds(self, epoch: int, step: int, wer: float | None) -> bool:
        """Whether the condition is met. `wer`: of the last validation, None before the first."""
        if self.epoch is not None:
            return epoch >= self.epoch
        if self.step is not None:
            return step >= self.step
        if self.wer_below is not None:
            return wer is not None and wer < self.wer_below
        if self.wsr_fraction_of_baseline is not None and self.baseline_wer is not None:
            return wer is not None and 1 - wer >= self.wsr_fraction_of_baseline * (1 - self.baseline_wer)
        return True


class Schedule:
    """Factor of an objective's weight: 0 before the start, rising linearly to 1, and 0 again once stopped.

    Args:
        start_when: the condition.  ramp_steps: updates from the start to the full weight, >= 0.
        until_step: update from which the factor is 0; None: never. CTC alone then reduces the errors that the objective
            caused, while the alignments keep its effect.
    Attributes:
        started_at, stopped_at: the update, None before.
    """

    def __init__(self, start_when: StartWhen | None = None, ramp_steps: int = 0, until_step: int | None = None) -> None:
        check_count("ramp_steps", ramp_steps, 0)
        if until_step is not None:
            check_count("until_step", until_step, 0)
        self.until_step = until_step
        self.start_when = start_when or StartWhen()
        self.ramp_steps = ramp_steps
        self.started_at: int | None = None
        self.stopped_at: int | None = None

    def update(self, epoch: int, step: int, wer: float | None) -> None:
        """Start if the condition is met; an objective that has started keeps its `started_at`."""
        if self.started_at is None and self.start_when.holds(epoch, step, wer):
            self.started_at = step

    def stop(self, step: int) -> None:
        """Set the factor to zero for the rest of the training."""
        if self.stopped_at is None:
            self.stopped_at = step

    def factor(self, step: int) -> float:
        """Factor of the weight at an update, in [0, 1]."""
        over = self.until_step is not None and step >= self.until_step
        if self.started_at is None or self.stopped_at is not None or over:
            return 0.0
        return min(1.0, (step - self.started_at + 1) / (self.ramp_steps + 1))

    def state(self) -> dict[str, int | None]:
        """The state, for a checkpoint."""
        return {"started_at": self.started_at, "stopped_at": self.stopped_at}

    def restore(self, state: Mapping[str, int | None]) -> None:
        """Continue from a checkpoint."""
        self.started_at, self.stopped_at = state["started_at"], state["stopped_at"]


@dataclass
class ObjectiveConfig:
    """One objective of a training.

    Attributes:
        name: as in `ctcalign.objectives.build_objective`, or "module:Class" of your own.
        weight: factor of its loss, >= 0. There is no default, since it depends on the task. An objective that replaces
            the CTC loss has the weight 1.
        options: options of the objective, such as {property: low_latency, margin: 0.0}.
        sampler: selection of the paths that it gets.
        hypotheses: number of texts for an objective over n-best lists, >= 1.
        start_when, ramp_steps, until_step: see `StartWhen` and `Schedule`.
        label: its name in the log; `name` if omitted.
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
    """An objective with its weight, schedule and sampled paths."""

    def __init__(self, config: ObjectiveConfig) -> None:
        check_number(f"objective {config.name!r}: weight", config.weight)
        check_count(f"objective {config.name!r}: hypotheses", config.hypotheses)
        self.config = config
        self.label = config.label or config.name
        self.objective: Objective = build_objective(config.name, **config.options)
        if self.objective.replaces_ctc and config.weight != 1:
            raise UsageError(
                f"objective {config.name!r}: it replaces the CTC loss, so its weight must be 1, got "
                f"{config.weight}; use its options"
            )
        if getattr(self.objective, "reduction", None) == "sum":
            raise UsageError(f"objective {config.name!r}: reduction sum has no mean over the processes; use batch_mean")
        self.schedule = Schedule(config.start_when, config.ramp_steps, config.until_step)

    @property
    def prepares(self) -> bool:
        """Whether the objective changes the features."""
        return type(self.objective).prepare is not Objective.prepare

    def prepare(
        self, inputs: Tensor, lengths: Tensor, ids: Sequence[str], *parts: str | int, rate: int
    ) -> tuple[Tensor, Tensor]:
        """Inputs and lengths as the objective changes them, with a generator for each utterance.

        Args:
            inputs: features (B, T, F) of 10 ms, or waveforms (B, N), which the objective sees as frames of 10 ms.
            rate: samples of a waveform per second.
        """
        hop = rate // 100 if inputs.ndim == 2 else 1
        if inputs.ndim == 2:
            inputs = torch.nn.functional.pad(inputs, (0, -inputs.shape[1] % hop)).reshape(len(inputs), -1, hop)
        rows: list[Tensor] = []
        counts: list[Tensor] = []
        for place, (name, length) in enumerate(zip(ids, lengths.tolist(), strict=True)):
            generator = torch_generator("cpu", self.label, "prepare", name, *parts)
            frames = lengths.new_tensor([-(-length // hop)])
            row, count = self.objective.prepare(inputs[place : place + 1, : int(frames)], frames, generator)
            rows.append(row[0])
            counts.append((count * hop).clamp(max=length))
        padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        return padded if hop == 1 else padded.flatten(1), torch.cat(counts)

    def loss(self, emissions: Emissions, *parts: str | int) -> ObjectiveOutput:
        """The mean loss over the utterances.

        Args:
            parts: what the random seeds of this step are derived from: the seed and the position of the batch.
        Raises:
            OwnCodeError: a user-defined property raised an exception; the message names the utterance.
        """
        try:
            return self._loss(emissions, *parts)
        except OwnCodeError as error:
            if error.utterance is None:
                raise
            raise OwnCodeError(f"{error} (utterance {emissions.ids[error.utterance]})") from error

    def _loss(self, emissions: Emissions, *parts: str | int) -> ObjectiveOutput:
        needs = self.objective.needs
        if not needs:
            return self.objective(_input(emissions))
        singles = utterances(emissions)
        device = emissions.log_probs.device
        generators = [torch_generator(device, self.label, one.ids[0], *parts) for one in singles]
        if self.objective.separable and needs == {"paths"}:
            # One call for the whole batch gives the same numbers with much less overhead.
            drawn = [sample(self.config.sampler, one, own)[0] for one, own in zip(singles, generators, strict=True)]
            return self.objective(_input(emissions, _stacked(drawn, emissions.log_probs.shape[1]), (), generators))
        found: list[ObjectiveOutput] = []
        for one, generator in zip(singles, generators, strict=True):
            paths = sample(self.config.sampler, one, generator) if "paths" in needs else None
            texts = nbest_texts(one, self.config.hypotheses, self.config.sampler.beam) if "hypotheses" in needs else []
            try:
                found.append(self.objective(_input(one, paths, texts, generator)))
            except OwnCodeError as error:
                raise OwnCodeError(str(error), len(found)) from error
        loss = torch.stack([output.loss for output in found]).mean()
        return ObjectiveOutput(loss, *mean_statistics([(1, output.statistics, output.weights) for output in found]))


def _input(
    emissions: Emissions,
    paths: Tensor | None = None,
    texts: Sequence[Sequence[int]] = (),
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
) -> ObjectiveInput:
    hypotheses = lengths = None
    if texts:
        device = emissions.log_probs.device
        hypotheses = padded(texts, 1 if emissions.blank == 0 else 0, torch.int64)[None].to(device)
        lengths = torch.tensor([[len(text) for text in texts]], device=device)
    return ObjectiveInput(
        emissions.log_probs,
        emissions.lengths,
        emissions.targets,
        emissions.target_lengths,
        emissions.blank,
        paths=paths,
        hypotheses=hypotheses,
        hypothesis_lengths=lengths,
        vocabulary=emissions.symbols,
        generator=generator,
    )


def _stacked(paths: Sequence[Tensor], frames: int) -> Tensor:
    """Paths (N, T) of several utterances as one tensor (B, N, frames)."""
    whole = paths[0].new_zeros((len(paths), paths[0].shape[0], frames))
    for row, one in zip(whole, paths, strict=True):
        row[:, : one.shape[1]] = one
    return whole


Statistics = tuple[int, Mapping[str, Tensor], Mapping[str, Tensor]]
"""Number of utterances, their statistics, and the weights of statistics that are not means over utterances."""


def mean_statistics(batches: Sequence[Statistics]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weighted means of the statistics of several batches, whose names may differ, and their total weights."""
    sums: dict[str, Tensor] = {}
    weights: dict[str, Tensor] = {}
    for count, statistics, own in batches:
        for name, value in statistics.items():
            weight = torch.as_tensor(own.get(name, count), dtype=torch.float64).cpu()
            sums[name] = sums.get(name, torch.zeros((), dtype=torch.float64)) + weight * value.detach().double().cpu()
            weights[name] = weights.get(name, torch.zeros((), dtype=torch.float64)) + weight
    means = {name: total / weights[name].clamp(min=1e-9) for name, total in sums.items()}
    return means, weights
