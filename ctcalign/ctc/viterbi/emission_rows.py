"""Blocks of an emission in the form that the search reads, and the checks that every emission must pass."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.viterbi.graph import EPSILON, FILLER, WILDCARD
from ctcalign.ctc.viterbi.row_kernel import fill_rows
from ctcalign.errors import NoPathError, ShapeError, UsageError

if TYPE_CHECKING:
    import torch

    LogProbs = torch.Tensor | NDArray[Any]

POSITIVE_MARGIN = 1e-2  # log-probs may exceed 0 by so much: bfloat16 keeps 8 bits


class EmissionRows:
    """Reads (T, C) log-probs in blocks of frames; the whole emission is never converted or copied.

    Args:
        log_probs: (T, C) tensor on any device, array or memory map; float16, bfloat16, float32 or float64.
        labels: distinct labels (WILDCARD and fillers may be among them) that the search uses, blank first.
        wildcard_penalty: nats by which a wildcard scores below the best label other than blank, in each frame.
        filler_penalties: nats by which each kind of filler scores below the best label of the frame, from FILLER down.
        filler_frames: frames in which the filler penalty applies, (T,) bool; None: all. In the others a filler is free.
    """

    def __init__(
        self,
        log_probs: LogProbs,
        labels: NDArray[np.int64],
        wildcard_penalty: float = 0.0,
        filler_penalties: Sequence[float] = (0.0,),
        filler_frames: NDArray[np.bool_] | None = None,
    ) -> None:
        self.log_probs = checked_shape(log_probs)
        self.frames, self.classes = (int(n) for n in log_probs.shape)
        self.blank = int(labels[0])
        self.used = labels[labels >= 0]
        self.wildcard = bool((labels == WILDCARD).any())
        self.wildcard_penalty = wildcard_penalty
        self.filler = bool((labels <= FILLER).any())
        self.filler_penalties = np.asarray(filler_penalties, np.float64)
        self.filler_frames = np.ones(self.frames, np.bool_) if filler_frames is None else filler_frames
        if not isinstance(self.filler_frames, np.ndarray) or self.filler_frames.dtype != np.bool_:
            raise ShapeError(f"filler_frames must be an array of bool, got {type(filler_frames).__name__}")
        if self.filler_frames.shape != (self.frames,):
            raise ShapeError(f"filler_frames must have shape ({self.frames},), got {self.filler_frames.shape}")
        # The used labels, a column of -inf, the fillers from the last kind to the first, the wildcard.
        self.columns = self.used.size + 2 + self.filler_penalties.size

    def column_of(self, labels: NDArray[np.int64]) -> NDArray[np.integer[Any]]:
        """Column of each label in `block`, and at the end the column that is always -inf; (N + 1,).

        EPSILON nodes, which are in no frame, have that column too.
        """
        fillers = self.filler_penalties.size
        lookup = np.full(self.classes + 1 + fillers, -1, np.int64)
        lookup[self.used] = np.arange(self.used.size)
        lookup[-1 - fillers :] = np.arange(
            self.columns - 1 - fillers, self.columns
        )  # negative labels count from the end
        epsilon = labels == EPSILON
        column = np.append(
            np.where(epsilon, self.used.size, lookup[np.where(epsilon, WILDCARD, labels)]), self.used.size
        )
        return column.astype(np.uint8 if self.columns <= 256 else np.int64)  # a byte loads fastest

    def raw(self, start: int, stop: int) -> NDArray[np.floating[Any]]:
        """Frames start..stop as float32 or float64, checked. (n, C)"""
        block = as_numpy(self.log_probs[start:stop])
        check_values(block, start)
        return block

    def block(self, start: int, stop: int) -> NDArray[np.float64]:
        """(n, columns) float64; each frame is shifted so that its largest used entry is 0. Blank is column 0."""
        rows = np.empty((stop - start, self.columns))
        missing = fill_rows(
            np.ascontiguousarray(self.raw(start, stop)),
            self.used.astype(np.uint64),
            self.blank,
            self.filler,
            self.filler_penalties[::-1].copy(),
            self.filler_frames[start:stop],
            self.wildcard,
            float(self.wildcard_penalty),
            rows,
        )
        if missing >= 0:
            raise NoPathError(
                f"log_probs: in frame {start + missing} blank and every label of the text have log-prob -inf, so no "
                "path exists; floor the log-probs or remove that frame"
            )
        return rows

    def wildcard_scores(self, raw: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Score of the best label other than blank in each frame, minus the penalty. (n,)"""
        best = np.full(len(raw), -np.inf)
        for part in (raw[:, : self.blank], raw[:, self.blank + 1 :]):
            if part.shape[1]:
                best = np.maximum(best, part.max(1))
        return best - self.wildcard_penalty

    def path_scores(self, path: NDArray[np.int64], block: int = 8192) -> NDArray[np.float64]:
        """Log-prob of each frame's label, WILDCARD and fillers included. (T,) float64"""
        scores = np.empty(self.frames)
        for start in range(0, self.frames, block):
            stop = min(start + block, self.frames)
            raw = as_numpy(self.log_probs[start:stop])
            labels = path[start:stop]
            scores[start:stop] = raw[np.arange(stop - start), np.maximum(labels, 0)]
            wild, filler = labels == WILDCARD, labels <= FILLER
            if wild.any():
                scores[start:stop][wild] = self.wildcard_scores(raw[wild])
            if filler.any():
                prices = self.filler_penalties[FILLER - labels[filler]] * self.filler_frames[start:stop][filler]
                scores[start:stop][filler] = raw[filler].max(1) - prices
        return scores


def as_numpy(block: LogProbs) -> NDArray[np.floating[Any]]:
    """A small tensor or array as float32, or float64 if it is float64."""
    if not isinstance(block, np.ndarray):
        import torch

        block = block.detach().to(device="cpu", dtype=torch.promote_types(block.dtype, torch.float32)).numpy()
    return np.asarray(block, np.float64 if block.dtype == np.float64 else np.float32)


def of_same_kind(values: NDArray[Any], log_probs: LogProbs) -> Any:
    """An array as it is if the emission is an array, else as a tensor on the CPU."""
    if isinstance(log_probs, np.ndarray):
        return values
    import torch

    return torch.from_numpy(values)


def checked_shape(log_probs: LogProbs) -> LogProbs:
    """Return the argument if it is a floating-point (T, C) tensor or array; raise ShapeError otherwise."""
    if isinstance(log_probs, np.ndarray):
        floating = np.issubdtype(log_probs.dtype, np.floating)
    else:
        torch = sys.modules.get("torch")  # who has a tensor has imported it
        if torch is None or not isinstance(log_probs, torch.Tensor):
            raise ShapeError(f"log_probs must be a torch tensor or a numpy array, got {type(log_probs).__name__}")
        if log_probs.device.type == "meta" or log_probs.layout != torch.strided:
            raise ShapeError(f"log_probs must be dense and hold values, got {log_probs.layout} on {log_probs.device}")
        floating = log_probs.is_floating_point()
    if not floating:
        raise ShapeError(f"log_probs must be floating point (natural-log probabilities), got dtype {log_probs.dtype}")
    if log_probs.ndim != 2 or log_probs.shape[1] < 1:
        hint = "; pass one utterance, log_probs[i]" if log_probs.ndim == 3 else ""
        raise ShapeError(f"log_probs must have shape (T, C) with C >= 1, got {tuple(log_probs.shape)}{hint}")
    return log_probs


def check_values(block: NDArray[np.floating[Any]], start: int) -> None:
    """Raise UsageError if the values cannot be log-probabilities; `start` is the number of the first frame."""
    if not block.size:
        return
    top = block.max()  # NaN if there is one
    if top <= POSITIVE_MARGIN:
        return
    frame, label = (int(i) for i in np.argwhere(~(block <= POSITIVE_MARGIN))[0])
    where = f"{block[frame, label]} in frame {start + frame}, label {label}"
    if np.isnan(block).any():
        frame, label = (int(i) for i in np.argwhere(np.isnan(block))[0])
        raise UsageError(f"log_probs: NaN in frame {start + frame}, label {label}; expected natural-log probabilities")
    if np.isposinf(top):
        raise UsageError(f"log_probs: +inf in frame {start + frame}; expected natural-log probabilities, all <= 0")
    if block.min() >= 0 and top <= 1 + POSITIVE_MARGIN and np.allclose(block.sum(1), 1, atol=0.05):
        raise UsageError(f"log_probs: found {where}: these look like probabilities; pass their logarithm")
    raise UsageError(f"log_probs: found {where}: these look like logits; pass log_softmax(logits, -1)")
