"""A batch of emissions as k2 lattices, in the form that k2 requires.

k2 knows one blank, label 0, so columns are permuted; `intersect_dense` takes the longest utterance first; log-probs are
float32; and an utterance without an alignment gives an empty lattice, which some k2 functions cannot handle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import k2
import torch
from torch import Tensor

from ctcalign.ctc import feasible
from ctcalign.ctc.batch_inputs import Utterances

# Stands for -inf, since k2 subtracts scores. Relevant sums of log-probs stay far above it, and float32 can add 10^18 of
# them.
NEVER = -1e20
# `intersect_dense` prunes exactly below this distance from the best path: only arcs with NEVER are removed.
BEAM = 1e10
MOST_STATES = 2**30


@dataclass(frozen=True)
class Lattices:
    """Lattices of the utterances that have an alignment (of a probability above 0), longest first.

    Attributes:
        fsas: k2.Fsa, a vector of F lattices. Its arcs carry `row`: the frame's row in k2's dense scores, which hold one
            row more than frames for each utterance.
        rows: utterance of each lattice, F numbers.
        frames: frames of each lattice, F numbers.
        columns: our label of each k2 label, (C,) int64.
    """

    fsas: Any
    rows: list[int]
    frames: list[int]
    columns: Tensor

    def ours(self, labels: Tensor) -> Tensor:
        """Our labels of k2 labels, int64."""
        return self.columns.to(labels.device)[labels.long()]


def k2_device(log_probs: Tensor) -> torch.device:
    """Where k2 computes: on the device of log_probs if k2 was built for it, else on the CPU."""
    return log_probs.device if log_probs.is_cuda and k2.with_cuda else torch.device("cpu")


def transcript_lattices(batch: Utterances) -> Lattices | None:
    """The alignments of each transcript; None if no utterance has one."""
    enough = feasible(
        batch.targets, torch.tensor(batch.frames), torch.tensor(batch.tokens), topology=batch.topology
    ).tolist()
    rows = [row for row, fits in enumerate(enough) if fits and batch.frames[row]]
    columns = _columns(batch.blank, batch.log_probs.shape[2])
    place = {label: i for i, label in enumerate(columns.tolist())}
    labels = [
        [place[label] for label in batch.targets[row, : batch.tokens[row]].tolist()] for row in range(len(enough))
    ]

    def graphs(chosen: list[int]) -> Any:
        texts = k2.RaggedTensor([labels[row] for row in chosen], dtype=torch.int32)
        return k2.ctc_graph(texts, modified=batch.topology == "modified", device="cpu")

    return _intersect(graphs, batch.log_probs, batch.frames, rows, columns)


def frame_lattices(log_probs: Tensor, frames: list[int], blank: int) -> Lattices | None:
    """All paths of each emission, each once; None if no utterance has one.

    One state that accepts any label replaces the CTC topology, which accepts every path exactly once as well, but has
    C states.
    """
    classes = log_probs.shape[2]
    rows = [row for row, count in enumerate(frames) if count]
    arcs = [[0, 0, label, 0] for label in range(classes)] + [[0, 1, -1, 0]]

    def graphs(chosen: list[int]) -> Any:
        anything = k2.Fsa(torch.tensor(arcs, dtype=torch.int32))
        return k2.create_fsa_vec([anything] * len(chosen))

    return _intersect(graphs, log_probs, frames, rows, _columns(blank, classes))


def _columns(blank: int, classes: int) -> Tensor:
    return torch.tensor([blank, *(label for label in range(classes) if label != blank)])


def _intersect(graphs: Any, log_probs: Tensor, frames: list[int], rows: list[int], columns: Tensor) -> Lattices | None:
    rows = sorted(rows, key=lambda row: -frames[row])
    device = k2_device(log_probs)
    scores = log_probs.to(device).index_select(2, columns.to(device)).float().clamp(min=NEVER)
    while rows:
        supervisions = torch.tensor([[row, 0, frames[row]] for row in rows], dtype=torch.int32)
        dense = k2.DenseFsaVec(scores, supervisions)
        fsas = k2.intersect_dense(graphs(rows).to(device), dense, BEAM, max_states=MOST_STATES, seqframe_idx_name="row")
        possible = (total_scores(fsas) > NEVER / 2).tolist()
        if all(possible):
            return Lattices(fsas, rows, [frames[row] for row in rows], columns)
        rows = [row for row, good in zip(rows, possible, strict=True) if good]  # rare; at most once
    return None


def total_scores(fsas: Any) -> Tensor:
    """Log-sum over the paths of each lattice, (F,) float64. Differentiable; cached by k2."""
    scores: Tensor = fsas.get_tot_scores(use_double_scores=True, log_semiring=True)
    return scores
