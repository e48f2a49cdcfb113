"""The engine that computes with k2's lattices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import k2
import torch
from torch import Tensor

from ctcalign import ctc
from ctcalign.checks import check_count
from ctcalign.ctc.batch_inputs import Utterances, checked, checked_emissions
from ctcalign.lattice.k2_lattices import Lattices, frame_lattices, total_scores, transcript_lattices
from ctcalign.lattice.k2_paths import random_labels

if TYPE_CHECKING:
    from ctcalign.ctc import Hypothesis


@dataclass(frozen=True)
class K2Engine:
    """`LatticeEngine` on top of k2.

    k2 stores log-probs and arc scores in float32, whatever the input; sums are in float64. Computes on the device of
    log_probs if k2 was built for it, else on the CPU.
    """

    topology: str = "standard"
    blank: int = 0
    name: str = field(default="k2", init=False)

    def total_score(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """See `LatticeEngine.total_score`."""
        batch = self._checked(log_probs, targets, input_lengths, target_lengths)
        lattices = transcript_lattices(batch)
        scores = _without_frames(batch)
        if lattices is not None:
            found = total_scores(lattices.fsas).to(scores.device)
            scores = scores.index_copy(0, torch.tensor(lattices.rows, device=scores.device), found)
        # The empty sum gives the result a (zero) gradient even if no utterance has a lattice.
        return (scores + batch.log_probs.flatten()[:0].sum().double()).to(batch.log_probs.dtype)

    def occupancy(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """See `LatticeEngine.occupancy`."""
        batch = self._checked(log_probs.detach(), targets, input_lengths, target_lengths)
        found = torch.zeros_like(batch.log_probs)
        lattices = transcript_lattices(batch)
        if lattices is None:
            return found
        fsas, classes = lattices.fsas, found.shape[2]
        dense_rows = sum(lattices.frames) + len(lattices.frames)
        shares = fsas.get_arc_post(use_double_scores=True, log_semiring=True).exp()
        inside = fsas.labels >= 0  # not the closing arcs
        cells = fsas.row[inside].long() * classes + lattices.ours(fsas.labels[inside])
        table = shares.new_zeros(dense_rows * classes).index_add_(0, cells, shares[inside])
        table = table.view(dense_rows, classes).to(found)
        start = 0
        for row, count in zip(lattices.rows, lattices.frames, strict=True):
            found[row, :count] = table[start : start + count]
            start += count + 1
        return found

    def best_path(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | None = None,
        target_lengths: Tensor | None = None,
    ) -> Tensor:
        """See `LatticeEngine.best_path`."""
        batch = self._checked(log_probs.detach(), targets, input_lengths, target_lengths)
        lattices = transcript_lattices(batch)
        found = []
        if lattices is not None:
            best = k2.shortest_path(lattices.fsas, use_double_scores=True).labels
            found = [labels[None, :-1] for labels in best.split([count + 1 for count in lattices.frames])]
        return _placed(batch.log_probs, 1, _without_frames(batch), lattices, found, self.blank)[:, 0]

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
        """See `LatticeEngine.sample_paths`; for randomness, which k2 lacks, see `ctcalign.lattice.k2_paths`."""
        check_count("n", n)
        batch = self._checked(log_probs.detach(), targets, input_lengths, target_lengths)
        lattices = transcript_lattices(batch)
        drawn = [] if lattices is None else random_labels(lattices.fsas, n, generator)
        return _placed(batch.log_probs, n, _without_frames(batch), lattices, drawn, self.blank)

    def free_paths(
        self,
        log_probs: Tensor,
        n: int,
        input_lengths: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """See `LatticeEngine.free_paths`. The lattice has T C arcs: the native engine is much faster here."""
        check_count("n", n)
        scores, frames = checked_emissions(log_probs.detach(), input_lengths)
        lattices = frame_lattices(scores, frames, self.blank)
        drawn = [] if lattices is None else random_labels(lattices.fsas, n, generator)
        otherwise = torch.tensor([-math.inf if count else 0.0 for count in frames], device=scores.device)
        return _placed(scores, n, otherwise, lattices, drawn, self.blank)

    def nbest(
        self, log_probs: Tensor, n: int, input_lengths: Tensor | None = None, beam: int = 16
    ) -> list[list[Hypothesis]]:
        """See `LatticeEngine.nbest`.

        k2's own n-best lists (`Nbest.from_lattice`) are texts of single paths; they miss better texts whose probability
        is spread over many paths. So the texts come from `ctc.nbest`, their scores and order from k2's lattices.
        """
        found = []
        _, frames = checked_emissions(log_probs, input_lengths)
        standard = K2Engine(blank=self.blank)
        for row, texts in enumerate(ctc.nbest(log_probs, n, input_lengths, self.blank, beam)):
            lengths = torch.tensor([len(text.tokens) for text in texts])
            targets = torch.zeros(len(texts), int(lengths.max()), dtype=torch.int64)
            for place, text in enumerate(texts):
                targets[place, : len(text.tokens)] = torch.tensor(text.tokens, dtype=torch.int64)
            emission = log_probs[row : row + 1, : frames[row]].detach().expand(len(texts), -1, -1)
            scores = standard.total_score(emission, targets, target_lengths=lengths).tolist()
            ranked = [ctc.Hypothesis(text.tokens, score) for text, score in zip(texts, scores, strict=True)]
            found.append(sorted(ranked, key=lambda one: -one.score))
        return found

    def _checked(
        self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor | None, target_lengths: Tensor | None
    ) -> Utterances:
        return checked(log_probs, targets, input_lengths, target_lengths, self.blank, self.topology)


def _placed(
    log_probs: Tensor, n: int, otherwise: Tensor, lattices: Lattices | None, pieces: list[Tensor], blank: int
) -> Tensor:
    """Paths (B, n, T) from those of each lattice, (n, T of the lattice).

    Args:
        otherwise: score of each utterance, (B,), if it has no lattice: 0 (all blank) or -inf (all -1).
    """
    paths = torch.full((log_probs.shape[0], n, log_probs.shape[1]), blank, device=log_probs.device)
    paths[otherwise == -math.inf] = -1
    if lattices is not None:
        for row, count, labels in zip(lattices.rows, lattices.frames, pieces, strict=True):
            paths[row] = blank
            paths[row, :, :count] = lattices.ours(labels).to(log_probs.device)
    return paths


def _without_frames(batch: Utterances) -> Tensor:
    """Scores (B,) float64 of utterances without a lattice: 0 for an empty text in no frames, else -inf."""
    scores = [
        0.0 if frames == tokens == 0 else -math.inf for frames, tokens in zip(batch.frames, batch.tokens, strict=True)
    ]
    return torch.tensor(scores, dtype=torch.float64, device=batch.log_probs.device)
