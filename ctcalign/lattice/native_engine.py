"""The engine on our own kernels: exact, float64 inside, no size limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ctcalign import ctc
from ctcalign.ctc.batch_inputs import checked, checked_emissions
from ctcalign.errors import NoPathError
from ctcalign.lattice.protocol import blank_padding

if TYPE_CHECKING:
    from ctcalign.ctc import Hypothesis


@dataclass(frozen=True)
class NativeEngine:
    """`LatticeEngine` on top of `ctcalign.ctc`."""

    topology: str = "standard"
    blank: int = 0
    name: str = field(default="native", init=False)

    def total_score(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """See `LatticeEngine.total_score`."""
        return ctc.total_score(log_probs, targets, input_lengths, target_lengths, self.blank, topology=self.topology)

    def occupancy(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """See `LatticeEngine.occupancy`."""
        return ctc.occupancy(log_probs, targets, input_lengths, target_lengths, self.blank, topology=self.topology)

    def best_path(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """See `LatticeEngine.best_path`."""
        batch = checked(log_probs.detach(), targets, input_lengths, target_lengths, self.blank, self.topology)
        paths = torch.full(batch.log_probs.shape[:2], self.blank, dtype=torch.int64)
        emissions = batch.log_probs.cpu()
        # The search accepts log-probs <= 0 only; shifting a row does not change the best path.
        emissions = emissions - emissions.amax(-1, keepdim=True).clamp(min=0)
        for row, (frames, tokens) in enumerate(zip(batch.frames, batch.tokens, strict=True)):
            labels = batch.targets[row, :tokens]
            try:
                paths[row, :frames] = self._best(emissions[row, :frames], labels)
            except NoPathError:
                paths[row] = -1
        return paths.to(log_probs.device)

    def _best(self, emission: Tensor, labels: Tensor) -> Tensor:
        if self.topology == "standard":
            return torch.as_tensor(ctc.best_path(emission, labels, self.blank).path)
        # With one column per token no two neighbours are equal, so no blank is forced between them.
        columns = torch.cat([torch.tensor([self.blank]), labels])
        places = ctc.best_path(emission[:, columns], torch.arange(1, len(columns)), 0).path
        return columns[places]

    def sample_paths(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None,
        n: int,
        *,
        target_lengths: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """See `LatticeEngine.sample_paths`."""
        return ctc.sample_alignments(
            log_probs,
            targets,
            n,
            input_lengths,
            target_lengths,
            self.blank,
            topology=self.topology,
            generator=generator,
        )

    def free_paths(
        self,
        log_probs: Tensor,
        n: int,
        input_lengths: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """See `LatticeEngine.free_paths`."""
        _, frames = checked_emissions(log_probs, input_lengths)
        paths = ctc.sample_paths(log_probs, n, input_lengths, generator)
        return blank_padding(paths, frames, self.blank)

    def nbest(
        self, log_probs: Tensor, n: int, input_lengths: Tensor | None = None, beam: int = 16
    ) -> list[list[Hypothesis]]:
        """See `LatticeEngine.nbest`."""
        return ctc.nbest(log_probs, n, input_lengths, self.blank, beam)
