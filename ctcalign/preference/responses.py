"""Scored responses: checks of per-token values and masks, and the sums that all losses share.

Masked positions are set to 0, so that their contents change neither value nor gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.errors import BatchError, ShapeError, UsageError


def widened(values: Tensor) -> Tensor:
    """Values in float64 if they are float64, otherwise in float32: sums in bfloat16 lose whole nats."""
    return values if values.dtype == torch.float64 else values.float()


def zero_masked(name: str, values: Tensor, mask: Tensor) -> Tensor:
    """Values with zeros at masked positions, in value and in gradient, whatever their contents.

    Args:
        name: name of the argument, for messages.
        values: (..., L), finite where the mask is True.
        mask: bool, of the same shape.
    Raises:
        BatchError: NaN or infinity at a scored position.
    """
    kept = widened(values).masked_fill(~mask, 0.0)  # before any arithmetic: 0 * NaN is NaN, in the gradient too
    check_finite(name, kept, mask)
    return kept


@dataclass(frozen=True)
class Responses:
    """A batch of responses after the checks.

    Attributes:
        name: "chosen", "rejected" or "", for messages.
        log_probs: log-prob of each token under the policy, in nats, 0 where masked. Shape (..., L).
        reference: the same under the reference model, without gradient. None for losses without a reference.
        mask: bool, (..., L).
        lengths: divisor of averages, (...), floating: the number of scored tokens, or the caller's lengths.
    """

    name: str
    log_probs: Tensor
    reference: Tensor | None
    mask: Tensor
    lengths: Tensor

    def sums(self) -> Tensor:
        """Log-prob of each response, (...), in nats."""
        return self.log_probs.sum(-1)

    def averages(self) -> Tensor:
        """Log-prob per token, (...), in nats."""
        return self.sums() / self.divisors()

    def reference_scores(self) -> Tensor:
        """Log-prob of each token under the reference model, (..., L), in nats, 0 where masked.

        Raises:
            UsageError: there is no reference.
        """
        if self.reference is None:
            raise UsageError(f"{argument(self.name, 'reference_log_probs')}: got None, but this loss needs a reference")
        return self.reference

    def token_log_ratios(self) -> Tensor:
        """log policy - log reference of each token, (..., L), in nats, 0 where masked."""
        return self.log_probs - self.reference_scores()

    def log_ratios(self) -> Tensor:
        """log policy - log reference of each response, (...), in nats."""
        return self.token_log_ratios().sum(-1)

    def token_cost(self) -> Tensor:
        """Cross entropy: mean of -log-prob over all scored tokens of the batch, a scalar in nats; 0 without tokens."""
        return -self.log_probs.sum() / self.mask.sum().clamp(min=1)

    def divisors(self) -> Tensor:
        """The lengths, after checking that none is 0.

        Raises:
            BatchError: a response without scored tokens has no average.
        """
        empty = (self.lengths <= 0).nonzero()
        if len(empty):
            raise BatchError(
                f"{argument(self.name, 'mask')}: row {int(empty[0, 0])} has length 0 and thus no average; drop it, or "
                "score its end token"
            )
        return self.lengths

    def token_values(self, noun: str, values: Tensor) -> Tensor:
        """Further values of the same tokens, checked, 0 where masked. Shape (..., L)."""
        name = argument(self.name, noun)
        check_tokens(name, values, tuple(self.mask.shape))
        return zero_masked(name, values, self.mask)

    def constants(self, noun: str, values: Tensor | None, low: float, high: float) -> Tensor:
        """The same for values in [low, high] without gradient.

        Raises:
            UsageError: values is None.
            BatchError: a value of a scored token lies outside.
        """
        name = argument(self.name, noun)
        if values is None:
            raise UsageError(f"{name}: got None, but the options require it; pass one value per token")
        kept = self.token_values(noun, values.detach())
        outside = self.mask & ((kept < low) | (kept > high))
        if bool(outside.any()):
            raise BatchError(f"{name}: expected values in [{low:g}, {high:g}], got {float(kept[outside][0]):g}")
        return kept


def argument(side: str, noun: str) -> str:
    """Name of an argument: "chosen_mask", or "mask" for unpaired rows."""
    return f"{side}_{noun}" if side else noun


def responses(
    side: str,
    log_probs: Tensor,
    mask: Tensor,
    reference: Tensor | None = None,
    lengths: Tensor | None = None,
    *,
    axes: str = "B, L",
) -> Responses:
    """Check one side of a batch and set its masked positions to 0.

    Args:
        side: "chosen", "rejected" or "".
        log_probs: (B, L), in nats.
        mask: (B, L), True or 1 where a token is scored.
        reference: (B, L), in nats. Detached.
        lengths: (B,), > 0, divisor of averages in place of the number of scored tokens.
        axes: names of the axes, of which the last is tokens.
    Raises:
        ShapeError: shapes do not agree.
        BatchError: an empty batch, a mask of other values than 0 and 1, or NaN or infinity where a token is scored.
    """
    check_tokens(argument(side, "log_probs"), log_probs, axes=axes)
    mask = check_mask(argument(side, "mask"), mask, log_probs.shape)
    kept = zero_masked(argument(side, "log_probs"), log_probs, mask)
    if reference is not None:
        check_tokens(argument(side, "reference_log_probs"), reference, tuple(log_probs.shape))
        reference = zero_masked(argument(side, "reference_log_probs"), reference.detach(), mask)
    if lengths is None:
        lengths = mask.sum(-1)
    else:
        check_rows(argument(side, "lengths"), lengths, tuple(mask.shape[:-1]))
    return Responses(side, kept, reference, mask, lengths.to(kept.device, kept.dtype))


def check_pairs(chosen: Responses, rejected: Responses) -> None:
    """Both sides must have the same number of rows.

    Raises:
        BatchError: they do not.
    """
    if len(chosen.log_probs) != len(rejected.log_probs):
        raise BatchError(
            f"rejected_log_probs: expected {len(chosen.log_probs)} rows like chosen_log_probs, got "
            f"{len(rejected.log_probs)}; row i of both must be a pair"
        )


def check_tokens(
    name: str, values: Tensor, shape: tuple[int, ...] | None = None, axes: str = "B, L", *, empty: bool = False
) -> None:
    """Per-token values must be floats of the named axes or exactly this shape, with at least one row unless `empty`."""
    expected = f"({axes})" if shape is None else str(shape)
    fits = values.ndim == axes.count(",") + 1 if shape is None else tuple(values.shape) == shape
    if not fits or not values.is_floating_point():
        raise ShapeError(
            f"{name}: expected floats of shape {expected}, got {values.dtype} {tuple(values.shape)}; "
            "pass one value per token, batch first; for whole sequences L = 1"
        )
    if 0 in values.shape[:-1] and not empty:
        raise BatchError(f"{name}: the batch is empty, shape {tuple(values.shape)}; skip it")


def check_mask(name: str, mask: Tensor, shape: torch.Size) -> Tensor:
    """A mask of the given shape as bool; True or 1 where a token is scored."""
    if mask.shape != shape:
        raise ShapeError(f"{name}: expected shape {tuple(shape)} like the log-probs, got {tuple(mask.shape)}")
    if mask.dtype == torch.bool:
        return mask
    scored = mask != 0
    if bool((scored & (mask != 1)).any()):
        raise BatchError(
            f"{name}: expected only 0 and 1; pass `labels != -100`, and weights as a separate argument of the loss"
        )
    return scored


def check_finite(name: str, values: Tensor, mask: Tensor) -> None:
    """Scored tokens must not have NaN or infinity. `values` must be 0 elsewhere."""
    if bool(torch.isfinite(values.detach().sum())):  # one fast pass: NaN and infinities show in the sum
        return
    bad = (~torch.isfinite(values) & mask).nonzero()
    if len(bad):
        place = tuple(int(index) for index in bad[0])
        raise BatchError(
            f"{name}: {float(values.detach()[place])} in row {place[0]} at position {place[-1]}, which is scored; "
            "expected finite nats: drop the row (an infeasible target?), or mask the position"
        )


def check_rows(name: str, values: Tensor, shape: tuple[int, ...]) -> None:
    """There must be one finite value per row."""
    if tuple(values.shape) != shape:
        raise ShapeError(f"{name}: expected one value per row, shape {shape}, got {tuple(values.shape)}")
    if not bool(torch.isfinite(values.detach()).all()):
        raise BatchError(f"{name}: expected finite values, got {values.tolist()}; drop the rows without one")


def check_desirable(desirable: Tensor, rows: int) -> Tensor:
    """Labels of unpaired rows as (rows,) bool, from bool or from 0 and 1."""
    if tuple(desirable.shape) != (rows,):
        raise ShapeError(f"desirable: expected one label per row, shape ({rows},), got {tuple(desirable.shape)}")
    if desirable.dtype == torch.bool:
        return desirable
    if bool(((desirable != 0) & (desirable != 1)).any()):
        raise BatchError(f"desirable: expected True and False (or 1 and 0), got {desirable.tolist()}")
    return desirable != 0
