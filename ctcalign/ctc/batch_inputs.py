"""Argument checks for padded batches of emissions and transcripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctcalign.checks import check_choice, check_no_nan, checked_lengths
from ctcalign.errors import ShapeError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

TOPOLOGIES = ("standard", "modified")


@dataclass(frozen=True)
class Utterances:
    """A checked batch.

    Attributes:
        log_probs: (B, T, C), float32 or float64; half types are converted to float32.
        targets: (B, L) int64 on the CPU.
        frames, tokens: lengths of each utterance, Python ints.
        blank, topology: as given.
    """

    log_probs: Tensor
    targets: Tensor
    frames: list[int]
    tokens: list[int]
    blank: int
    topology: str

    @property
    def repeats_need_blank(self) -> bool:
        """Whether equal neighbours must have a blank between them."""
        return self.topology == "standard"


def checked_emissions(log_probs: Tensor, input_lengths: Tensor | None) -> tuple[Tensor, list[int]]:
    """Log-probs as float32 or float64, and the frames of each utterance.

    Raises:
        ShapeError: log_probs is not (B, T, C) floating point, or input_lengths is not B integers.
        UsageError: a length outside [0, T], or NaN or +inf in a valid frame.
    """
    import torch

    if not isinstance(log_probs, torch.Tensor) or log_probs.ndim != 3 or not log_probs.is_floating_point():
        what = f"{log_probs.dtype} {tuple(log_probs.shape)}" if isinstance(log_probs, torch.Tensor) else type(log_probs)
        raise ShapeError(f"log_probs: expected floats of shape (B, T, C), got {what}; pass batch first, natural log")
    if not log_probs.shape[0] or not log_probs.shape[2]:
        raise ShapeError(f"log_probs: the batch is empty, shape {tuple(log_probs.shape)}; skip it")
    if log_probs.dtype in (torch.float16, torch.bfloat16):
        log_probs = log_probs.float()
    batch, longest, _ = log_probs.shape
    lengths = checked_lengths("input_lengths", input_lengths, batch, longest, torch.device("cpu"), error=UsageError)
    check_no_nan(log_probs, lengths, error=UsageError)
    return log_probs, lengths.tolist()


def checked(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None,
    target_lengths: Tensor | None,
    blank: int,
    topology: str = "standard",
) -> Utterances:
    """Check a batch.

    Raises:
        ShapeError: tensors that do not fit each other.
        UsageError: a length or label out of range, the blank among the targets, NaN or +inf in a valid frame, or an
            unknown topology.
    """
    log_probs, frames = checked_emissions(log_probs, input_lengths)
    batch, _, classes = log_probs.shape
    if not isinstance(blank, int) or not 0 <= blank < classes:
        raise UsageError(f"blank: got {blank!r}, expected one of the {classes} labels")
    labels, tokens = checked_targets(targets, target_lengths, batch, topology)
    for row, (one, count) in enumerate(zip(labels, tokens, strict=True)):
        wrong = [label for label in one[:count].tolist() if not 0 <= label < classes or label == blank]
        if wrong:
            raise UsageError(
                f"targets: label {wrong[0]} in utterance {row}; expected labels in [0, {classes}) other than the blank "
                f"{blank}; check the tokenizer"
            )
    return Utterances(log_probs, labels, frames, tokens, blank, topology)


def checked_targets(
    targets: Tensor, target_lengths: Tensor | None, batch: int, topology: str
) -> tuple[Tensor, list[int]]:
    """Targets as (B, L) int64 on the CPU and the tokens of each utterance; raises as `checked`."""
    import torch

    check_choice("topology", topology, TOPOLOGIES)
    targets = torch.as_tensor(targets)
    if targets.ndim != 2 or targets.shape[0] != batch or (targets.is_floating_point() and targets.numel()):
        raise ShapeError(f"targets: expected ints of shape ({batch}, L), got {targets.dtype} {tuple(targets.shape)}")
    cpu = torch.device("cpu")
    tokens = checked_lengths("target_lengths", target_lengths, batch, targets.shape[1], cpu, error=UsageError)
    return targets.detach().cpu().long(), tokens.tolist()
