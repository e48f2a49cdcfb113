"""The protocol of lattice engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ctcalign.ctc import Hypothesis


class LatticeEngine(Protocol):
    """Sums, best paths and samples over the alignments of a batch of transcripts, or over all paths of an emission.

    Common arguments:
        log_probs: (B, T, C), natural log, any floating type; -inf is allowed. Rows need not be normalised.
        targets: labels without blanks, (B, L) ints; values beyond target_lengths are ignored.
        input_lengths: valid frames of each utterance, (B,) counts in any order; None means all T.
        target_lengths: tokens of each utterance, (B,) counts; None means all L. 0 is the empty transcript.
        generator: source of randomness, None is torch's own. Equal seeds give equal paths within one engine, not
            across engines.
    Results are on the device of log_probs. Frames beyond input_lengths hold the blank in paths and 0 in occupancies.
    Utterances without any alignment: score -inf, occupancy 0, paths of -1 throughout; never NaN.

    Raises:
        ShapeError: the shapes do not fit.
        UsageError: a length or label out of range, the blank among the targets, NaN or +inf in a valid frame, n < 1.

    Attributes:
        name: "native" or "k2".
        topology: "standard", or "modified": equal neighbours may follow each other without a blank, and every way to
            cut a run of equal frames between them counts as an alignment of its own.
        blank: label of the blank, anywhere in [0, C).
    """

    @property
    def name(self) -> str: ...

    @property
    def topology(self) -> str: ...

    @property
    def blank(self) -> int: ...

    def total_score(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """Log-sum over the alignments of each transcript, (B,). Differentiable; its gradient is the occupancy."""
        ...

    def occupancy(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """Posterior of each label at each frame, (B, T, C); rows of valid frames sum to 1. No gradient."""
        ...

    def best_path(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """The most probable alignment, (B, T) int64. Ties are broken differently by each engine."""
        ...

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
        """n independent alignments of each transcript from their exact posterior, (B, n, T) int64."""
        ...

    def free_paths(
        self,
        log_probs: Tensor,
        n: int,
        input_lengths: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """n independent paths of each emission, of any text, (B, n, T) int64."""
        ...

    def nbest(
        self, log_probs: Tensor, n: int, input_lengths: Tensor | None = None, beam: int = 16
    ) -> list[list[Hypothesis]]:
        """Up to n distinct texts of each utterance with their total scores over all alignments, best first."""
        ...


def blank_padding(paths: Tensor, frames: list[int], blank: int) -> Tensor:
    """Paths (B, n, T) with the blank in all frames beyond `frames`, the lengths of the B utterances."""
    lengths = torch.tensor(frames, device=paths.device)
    beyond = torch.arange(paths.shape[2], device=paths.device) >= lengths[:, None, None]
    return paths.masked_fill(beyond, blank)
