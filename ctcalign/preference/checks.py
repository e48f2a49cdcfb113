"""Checks of what a preference loss is given. Masked positions are never looked at."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.errors import CtcAlignError, ShapeError


class BatchError(CtcAlignError, ValueError):
    """Values of a batch cannot be used: NaN or infinity where a token is scored, a response without scored tokens."""


def check_tokens(name: str, values: Tensor, shape: tuple[int, ...] | None = None, axes: str = "B, L") -> None:
    """Per-token values must be floats with the named axes, or of the very shape given, with at least one row."""
    expected = f"({axes})" if shape is None else str(shape)
    fits = values.ndim == axes.count(",") + 1 if shape is None else tuple(values.shape) == shape
    if not fits or not values.is_floating_point():
        raise ShapeError(
            f"{name}: expected floats of shape {expected}, got {values.dtype} {tuple(values.shape)}; "
            "one value a token, batch first; for whole sequences L = 1"
        )
    if 0 in values.shape[:-1]:
        raise BatchError(f"{name}: the batch is empty, shape {tuple(values.shape)}; skip it")


def check_mask(name: str, mask: Tensor, shape: torch.Size) -> Tensor:
    """A mask of the given shape as bool; True, or 1, where a token is scored."""
    if mask.shape != shape:
        raise ShapeError(f"{name}: expected shape {tuple(shape)} like the log-probs, got {tuple(mask.shape)}")
    if mask.dtype == torch.bool:
        return mask
    scored = mask != 0
    if bool((scored & (mask != 1)).any()):
        raise BatchError(f"{name}: expected 0 and 1 alone; pass weights as their own argument, or `labels != -100`")
    return scored


def check_finite(name: str, values: Tensor, mask: Tensor) -> None:
    """No NaN and no infinity where a token is scored. `values` must be 0 elsewhere. One pass while all is well."""
    if bool(torch.isfinite(values.detach().sum())):  # NaN and infinities show in the sum
        return
    bad = (~torch.isfinite(values) & mask).nonzero()
    if len(bad):
        place = tuple(int(index) for index in bad[0])
        raise BatchError(
            f"{name}: {float(values[place])} in row {place[0]} at position {place[-1]}, which is scored; expected "
            "finite nats: drop the row (an infeasible target?), or mask the position"
        )


def check_rows(name: str, values: Tensor, shape: tuple[int, ...]) -> None:
    """One finite value a row."""
    if tuple(values.shape) != shape:
        raise ShapeError(f"{name}: expected one value a row, shape {shape}, got {tuple(values.shape)}")
    if not bool(torch.isfinite(values.detach()).all()):
        raise BatchError(f"{name}: expected finite values, got {values.tolist()}; drop the rows without one")


def check_desirable(desirable: Tensor, rows: int) -> Tensor:
    """The label of unpaired rows: (rows,) bool, or ints 0 and 1."""
    if tuple(desirable.shape) != (rows,):
        raise ShapeError(f"desirable: expected one label a row, shape ({rows},), got {tuple(desirable.shape)}")
    if desirable.dtype == torch.bool:
        return desirable
    if bool(((desirable != 0) & (desirable != 1)).any()):
        raise BatchError(f"desirable: expected True and False (or 1 and 0), got {desirable.tolist()}")
    return desirable != 0
