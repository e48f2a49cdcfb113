"""Frozen recognisers next to the one in training: the reference model, the two of a contrast, and strong models."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import UsageError
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.batch import Batch
from ctcalign.train.preference.scorer import Models
from ctcalign.train.processes import torch_generator
from ctcalign.train.recogniser.export import load_initial

REFERENCE, BETTER, WORSE, ALIGNED = "reference", "better", "worse", "aligned"


@dataclass
class ContrastConfig:
    """Weights of tokens for critical-token DPO and T-REG.

    Attributes:
        kind: "models": from the probabilities of each token under a better and a worse model, or under one model with
            clean and with noisy features. "edits": by the edit alignment with the chosen text, correct or wrong.
        better, worse: checkpoints; default: the reference model.
        noise: standard deviation of Gaussian noise on the log-mel energies of the worse condition, nats, >= 0.
        strength: of the contrast of critical tokens, >= 0.
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


def noisy(features: Tensor, deviation: float, ids: Sequence[str], *parts: str | int) -> Tensor:
    """Features (B, T, F) with Gaussian noise, drawn for each utterance by its id and `parts`."""
    if deviation == 0:
        return features
    rows = []
    for row, name in zip(features, ids, strict=True):
        generator = torch_generator("cpu", "contrast", name, *parts)
        # The noise of a frame does not depend on the padding of the batch.
        rows.append(row + deviation * torch.randn(row.shape, generator=generator).to(row))
    return torch.stack(rows)


class FrozenModel:
    """A recogniser in evaluation mode without gradient, which checkpoints do not contain.

    Args:
        network: the network in training, whose architecture it has.  vocabulary: its symbols.  file: its weights.
    Raises:
        ModelError: the file cannot be used.
    """

    def __init__(self, network: CtcNetwork, vocabulary: Vocabulary, file: str) -> None:
        self.network = copy.deepcopy(network)
        load_initial(self.network, vocabulary, file)
        self.network.eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Log-probs (B, T, C) of features (B, T, 80)."""
        self.network.to(features.device, features.dtype)  # Lightning converts the network in training alone
        log_probs, _ = self.network(features, lengths)
        found: Tensor = log_probs.detach()
        return found


class FrozenModels:
    """The frozen models of a training by role; a file with several roles is loaded once.

    Args:
        files: checkpoints by role: "reference", "better", "worse" (one each), "aligned" (any number).
        network, vocabulary: see `FrozenModel`.
        noise: on the features of the worse model, see `ContrastConfig`.
    Raises:
        UsageError: a role has no file.  ModelError: a file cannot be used.
    """

    def __init__(
        self,
        files: Mapping[str, Sequence[str | None]],
        network: CtcNetwork,
        vocabulary: Vocabulary,
        noise: float = 0.0,
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
                    self._models[file] = FrozenModel(network, vocabulary, file)
                self._files[role].append(file)

    def emissions(self, batch: Batch, ids: Sequence[str], *parts: str | int) -> Models[Tensor]:
        """Log-probs (N, T, C) of utterances of a batch under each model.

        Args:
            ids: of the N utterances, in the order of the result.  parts: what the seed of the noise is derived from.
        """
        if not self._models:
            return Models()
        places = {name: number for number, name in enumerate(batch.ids)}
        which = torch.tensor([places[name] for name in ids], device=batch.features.device)
        features, lengths = batch.features.index_select(0, which), batch.lengths.index_select(0, which)
        clean: dict[str, Tensor] = {}
        for role, files in self._files.items():
            for file in files:
                if role != WORSE and file not in clean:
                    clean[file] = self._models[file](features, lengths)
        worse = None
        if WORSE in self._files:
            worse = self._models[self._files[WORSE][0]](noisy(features, self.noise, ids, *parts), lengths)
        reference, better = (clean[self._files[r][0]] if r in self._files else None for r in (REFERENCE, BETTER))
        return Models(reference, better, worse, [clean[file] for file in self._files.get(ALIGNED, [])])


def fingerprint(network: torch.nn.Module) -> str:
    """Hash of the weights of a network, 16 characters."""
    digest = hashlib.blake2b(digest_size=8)
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()
