"""Sampled paths of an objective, drawn for each utterance separately with its own generator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from ctcalign import ctc
from ctcalign.checks import check_choice, check_count, check_number
from ctcalign.train.data.batch import Emissions

SAMPLERS = ("independent", "lattice", "nbest", "viterbi", "forced")


@dataclass
class SamplerConfig:
    """Selection of the paths for an objective.

    Attributes:
        name: "independent": a label drawn for each frame independently, which samples all paths exactly.
            "lattice": exact samples of the alignments of the transcript. "nbest": the best alignment of each of the
            best texts. "viterbi": the best path alone. "forced": the best alignment of the transcript alone.
        paths: number of paths, >= 1; "viterbi" and "forced" give one.
        temperature: temperature of "independent" and "lattice", > 0; it does not affect the scores of the paths.
        engine, topology: options of "lattice": "auto", "native" or "k2"; "standard" or "modified".
        beam: beam of "nbest", >= 1.
    """

    name: Literal["independent", "lattice", "nbest", "viterbi", "forced"] = "independent"
    paths: int = 5
    temperature: float = 1.0
    engine: Literal["auto", "native", "k2"] = "native"
    topology: Literal["standard", "modified"] = "standard"
    beam: int = 16

    def __post_init__(self) -> None:
        check_choice("sampler.name", self.name, SAMPLERS)
        check_count("sampler.paths", self.paths)
        check_count("sampler.beam", self.beam)
        check_number("sampler.temperature", self.temperature, positive=True)


def sample(config: SamplerConfig, one: Emissions, generator: torch.Generator) -> Tensor:
    """Paths of one utterance, (1, N, T) int64.

    Args:
        one: a batch of one without padding, log_probs (1, T, C).
        generator: on the device of log_probs.
    """
    log_probs = one.log_probs.detach()
    if config.name == "independent":
        return ctc.sample_paths(log_probs, config.paths, one.lengths, generator, config.temperature)
    if config.name == "viterbi":
        return log_probs.argmax(-1)[:, None]
    if config.name == "forced":
        return _best(log_probs[0], one.targets[0, : int(one.target_lengths[0])].tolist(), one.blank)[None, None]
    if config.name == "nbest":
        texts = nbest_texts(one, config.paths, config.beam)
        found = [_best(log_probs[0], text, one.blank) for text in texts]
        # The number of paths must be the same for every utterance: repeat the best texts if there are too few.
        return torch.stack([found[i % len(found)] for i in range(config.paths)])[None]
    from ctcalign.lattice import engine

    flat = (log_probs / config.temperature).log_softmax(-1) if config.temperature != 1 else log_probs
    lattices = engine(config.engine, topology=config.topology, blank=one.blank)
    paths: Tensor = lattices.sample_paths(
        flat, one.targets, one.lengths, config.paths, target_lengths=one.target_lengths, generator=generator
    )
    return paths


def nbest_texts(one: Emissions, number: int, beam: int) -> list[list[int]]:
    """The best distinct texts of a batch of one utterance, best first; at least one."""
    found = ctc.nbest(one.log_probs.detach(), number, one.lengths, one.blank, max(beam, number))[0]
    return [list(hypothesis.tokens) for hypothesis in found] or [[]]


def utterances(emissions: Emissions) -> list[Emissions]:
    """Each utterance as a batch of one without padding. Gradients flow to the original tensor."""
    rows = emissions.log_probs.unbind(0)  # indexing would give each utterance a gradient of the size of the batch
    found = []
    for place, (row, frames, labels) in enumerate(
        zip(rows, emissions.lengths.tolist(), emissions.target_lengths.tolist(), strict=True)
    ):
        found.append(
            replace(
                emissions,
                log_probs=row[None, :frames],
                lengths=emissions.lengths[place : place + 1],
                targets=emissions.targets[place : place + 1, :labels],
                target_lengths=emissions.target_lengths[place : place + 1],
                ids=[emissions.ids[place]],
            )
        )
    return found


def _best(emission: Tensor, labels: list[int], blank: int) -> Tensor:
    """The best alignment of labels, (T,), on the device of the emission."""
    if not labels:
        return torch.full((len(emission),), blank, dtype=torch.int64, device=emission.device)
    best = ctc.best_path(emission.float().cpu(), labels, blank=blank)
    return torch.as_tensor(best.path, dtype=torch.int64).to(emission.device)
