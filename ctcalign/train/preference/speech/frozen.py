"""Frozen recognisers next to the one in training: the reference model, the two of a contrast, and strong models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import open_trainable
from ctcalign.train.data.batch import Batch
from ctcalign.train.preference.scorer import Models
from ctcalign.train.processes import torch_generator

REFERENCE, BETTER, WORSE, ALIGNED = "reference", "better", "worse", "aligned"
_WORDS = {"vocabulary": "symbols", "frame_shift": "frames", "inputs": "inputs"}


@dataclass
class ContrastConfig:
    """Weights of tokens for critical-token DPO and T-REG.

    Attributes:
        kind: "models": from the probabilities of each token under a better and a worse model, or under one model with
            clean and with noisy inputs. "edits": by the edit alignment with the chosen text, correct or wrong.
        better, worse: names of models, as for `init`; default: the reference model.
        noise: standard deviation of Gaussian noise on the inputs of the worse condition, >= 0: in nats for log-mel
            energies, in the unit of the samples for waveforms.
        strength: strength of the contrast for critical tokens, >= 0.
    """

    kind: Literal["models", "edits"] = "models"
    better: str | None = None
    worse: str | None = None
    noise: float = 1.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_number("contrast.noise", self.noise)
        check_number("contrast.strength", self.strength)
        if self.kind == "models" and self.better == self.worse and self.noise == 0:
            raise UsageError(
                "contrast: better and worse are the same model with the same input; set noise or give another model"
            )


def noisy(inputs: Tensor, deviation: float, ids: Sequence[str], *parts: str | int) -> Tensor:
    """Inputs (B, T, F) or (B, N) with Gaussian noise, drawn for each utterance by its id and `parts`."""
    if deviation == 0:
        return inputs
    rows = []
    for row, name in zip(inputs, ids, strict=True):
        generator = torch_generator("cpu", "contrast", name, *parts)
        # The noise of a frame does not depend on the padding of the batch.
        rows.append(row + deviation * torch.randn(row.shape, generator=generator).to(row))
    return torch.stack(rows)


class FrozenModel:
    """A recogniser in evaluation mode without gradient, which checkpoints do not contain.

    Args:
        model: the model in training, whose symbols, kind of input and frames it has.
        name: of the frozen model, as `init` names models.
        options, allow_noncommercial: see `open_trainable`.
    Raises:
        ModelError: it cannot be loaded, or does not match the model in training.
    """

    def __init__(
        self,
        model: TrainableModel,
        name: str,
        options: Mapping[str, Any] | None = None,
        allow_noncommercial: bool = False,
    ) -> None:
        frozen = open_trainable(name, options, allow_noncommercial)
        for what in ("vocabulary", "frame_shift", "inputs"):
            if getattr(frozen, what) != getattr(model, what):
                raise ModelError(
                    f"{name}: its {_WORDS[what]} differ from those of the model in training; give a model with the same"
                )
        self.network = frozen.network
        self.network.eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Log-probs (B, T, C) of inputs (B, T, F) or (B, N)."""
        self.network.to(inputs.device, inputs.dtype)  # Lightning converts the network in training alone
        log_probs, _ = self.network(inputs, lengths)
        found: Tensor = log_probs.detach()
        return found


class FrozenModels:
    """The frozen models of a training by role; a file with several roles is loaded once.

    Args:
        files: names of models by role: "reference", "better", "worse" (one each), "aligned" (any number).
        model: see `FrozenModel`.
        noise: on the inputs of the worse model, see `ContrastConfig`.
        options: of models by name.  allow_noncommercial: accept licences that forbid commercial use.
    Raises:
        UsageError: a role has no file.  ModelError: a file cannot be used.
    """

    def __init__(
        self,
        files: Mapping[str, Sequence[str | None]],
        model: TrainableModel,
        noise: float = 0.0,
        options: Mapping[str | None, Mapping[str, Any] | None] | None = None,
        allow_noncommercial: bool = False,
    ) -> None:
        self.noise = noise
        self._models: dict[str, FrozenModel] = {}
        self._files: dict[str, list[str]] = {}
        for role, listed in files.items():
            self._files[role] = []
            for file in listed:
                if file is None:
                    raise UsageError(
                        f"reference: the loss needs a frozen model ({role}); give preference.reference, or init"
                    )
                if file not in self._models:
                    self._models[file] = FrozenModel(model, file, (options or {}).get(file), allow_noncommercial)
                self._files[role].append(file)

    def emissions(self, batch: Batch, ids: Sequence[str], *parts: str | int) -> Models[Tensor]:
        """Log-probs (N, T, C) of utterances of a batch under each model.

        Args:
            ids: of the N utterances, in the order of the result.  parts: what the seed of the noise is derived from.
        """
        if not self._models:
            return Models()
        places = {name: number for number, name in enumerate(batch.ids)}
        which = torch.tensor([places[name] for name in ids], device=batch.inputs.device)
        inputs, lengths = batch.inputs.index_select(0, which), batch.lengths.index_select(0, which)
        clean: dict[str, Tensor] = {}
        for role, files in self._files.items():
            for file in files:
                if role != WORSE and file not in clean:
                    clean[file] = self._models[file](inputs, lengths)
        worse = None
        if WORSE in self._files:
            worse = self._models[self._files[WORSE][0]](noisy(inputs, self.noise, ids, *parts), lengths)
        reference, better = (clean[self._files[r][0]] if r in self._files else None for r in (REFERENCE, BETTER))
        return Models(reference, better, worse, [clean[file] for file in self._files.get(ALIGNED, [])])
