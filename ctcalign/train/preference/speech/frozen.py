"""Models that stand beside the one in training and never change: the reference, better and worse ones."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.batch import Batch
from ctcalign.train.preference.scorer import Models
from ctcalign.train.preference.speech.contrast import noisy
from ctcalign.train.recogniser.export import load_initial

REFERENCE, BETTER, WORSE, ALIGNED = "reference", "better", "worse", "aligned"


class Frozen:
    """A recogniser without gradient, always in evaluation mode, never part of a checkpoint.

    Args:
        like: the network in training.  vocabulary: its symbols.  file: weights, of the same network.
    Raises:
        ModelError: the file cannot be used.
    """

    def __init__(self, like: CtcNetwork, vocabulary: Vocabulary, file: str) -> None:
        self.network = copy.deepcopy(like)
        load_initial(self.network, vocabulary, file)
        self.network.eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Log-probs (B, T, C) of features (B, T, 80)."""
        self.network.to(features.device)
        log_probs, _ = self.network(features, lengths)
        found: Tensor = log_probs.detach()
        return found


class FrozenModels:
    """The frozen models of a training by what they are for; a file that serves several is loaded once.

    Args:
        files: checkpoints by role: "reference", "better", "worse" (one each), "aligned" (any number).
        like, vocabulary: see `Frozen`.
        noise: what is added to the log-mel energies that the worse one hears, see `ContrastConfig`.
    Raises:
        UsageError: a role has no file.  ModelError: a file cannot be used.
    """

    def __init__(
        self,
        files: Mapping[str, Sequence[str | None]],
        like: CtcNetwork,
        vocabulary: Vocabulary,
        noise: float = 0.0,
    ) -> None:
        self.noise = noise
        self._models: dict[str, Frozen] = {}
        self._files: dict[str, list[str]] = {}
        for role, listed in files.items():
            self._files[role] = []
            for file in listed:
                if file is None:
                    raise UsageError(
                        f"reference: the loss needs a frozen model ({role}); give preference.reference, or init to "
                        "begin with"
                    )
                if file not in self._models:
                    self._models[file] = Frozen(like, vocabulary, file)
                self._files[role].append(file)

    def hear(self, batch: Batch, ids: Sequence[str], *parts: str | int) -> Models[Tensor]:
        """What they make of some utterances of a batch.

        Args:
            ids: of the utterances, in the order wanted.  parts: what the noise of this step goes by.
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
    """What tells one set of weights from another, 16 characters."""
    digest = hashlib.blake2b(digest_size=8)
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()
