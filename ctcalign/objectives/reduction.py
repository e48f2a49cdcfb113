"""From one loss an utterance to the loss of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_choice

REDUCTIONS = ("mean", "batch_mean", "sum", "none")


def reduced(losses: Tensor, target_lengths: Tensor, reduction: str) -> Tensor:
    """Reduce the losses of utterances.

    An infinite loss, of an utterance without any alignment, counts as 0 everywhere but in "none".

    Args:
        losses: (B,).  target_lengths: labels of each utterance, (B,) counts.
        reduction: "mean": each divided by its labels (at least 1), then the mean over the batch, as torch's ctc_loss.
            "batch_mean": sum divided by B. "sum". "none": (B,) as they are.
    """
    check_choice("reduction", reduction, REDUCTIONS)
    if reduction == "none":
        return losses
    losses = torch.where(torch.isfinite(losses), losses, torch.zeros_like(losses))
    if reduction == "mean":
        losses = losses / target_lengths.to(losses.device).clamp(min=1)
    return losses.sum() if reduction == "sum" else losses.mean()
