"""Scored responses: per-token values with their masked positions emptied, and the sums that all losses share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.preference.checks import BatchError, check_finite, check_mask, check_rows, check_tokens


def widened(values: Tensor) -> Tensor:
    """float64 stays, everything narrower becomes float32: sums of bfloat16 lose whole nats."""
    return values if values.dtype == torch.float64 else values.float()


def emptied(name: str, values: Tensor, mask: Tensor) -> Tensor:
    """Values with zeros where masked, in value and in gradient, whatever was there.

    Args:
        name: of the argument, for messages.
        values: (..., L), finite where the mask is True.
        mask: bool, of the same shape.
    Raises:
        BatchError: NaN or infinity at a scored position.
    """
    kept = widened(values).masked_fill(~mask, 0.0)  # before any arithmetic: 0 * NaN would be NaN, backward too
    check_finite(name, kept, mask)
    return kept


@dataclass(frozen=True)
class Responses:
    """A batch of responses after the checks.

    Attributes:
        name: "chosen", "rejected" or "", for messages.
        log_probs: of the policy, per token, in nats, 0 where masked. Shape (..., L).
        reference: of the reference model, the same; no gradient. None where a loss needs none.
        mask: bool, (..., L).
        lengths: what averages divide by, (...), floating: the count of scored tokens, or what the caller gave.
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
        """Log-prob a token, (...), in nats."""
        return self.sums() / self.divisors()

    def reference_scores(self) -> Tensor:
        """Log-prob of each token under the reference model, (..., L), in nats, 0 where masked.

        Raises:
            UsageError: there is none.
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
        """Cross entropy: mean of -log-prob over all scored tokens of the batch, a scalar in nats. 0 without tokens."""
        return -self.log_probs.sum() / self.mask.sum().clamp(min=1)

    def divisors(self) -> Tensor:
        """The lengths, once it is sure that none is 0.

        Raises:
            BatchError: a response without scored tokens has no average.
        """
        empty = (self.lengths <= 0).nonzero()
        if len(empty):
            raise BatchError(
                f"{argument(self.name, 'mask')}: row {int(empty[0, 0])} has length 0, so no average; drop it, or let "
                "its end token be scored"
            )
        return self.lengths

    def own(self, noun: str, values: Tensor) -> Tensor:
        """Further values of the same tokens, checked, 0 where masked. Shape (..., L)."""
        name = argument(self.name, noun)
        check_tokens(name, values, tuple(self.mask.shape))
        return emptied(name, values, self.mask)

    def constants(self, noun: str, values: Tensor | None, low: float, high: float) -> Tensor:
        """The same for values that no gradient flows to and that lie in [low, high].

        Raises:
            UsageError: there are none.
            BatchError: a scored one lies outside.
        """
        name = argument(self.name, noun)
        if values is None:
            raise UsageError(f"{name}: got None, but the options ask for it; give one value a token")
        kept = self.own(noun, values.detach())
        outside = self.mask & ((kept < low) | (kept > high))
        if bool(outside.any()):
            raise BatchError(f"{name}: expected values in [{low:g}, {high:g}], got {float(kept[outside][0]):g}")
        return kept


def argument(side: str, noun: str) -> str:
    """Name of an argument: "chosen_mask", or "mask" where rows are unpaired."""
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
    """Check one side of a batch and empty its masked positions.

    Args:
        side: "chosen", "rejected" or "".
        log_probs: (B, L), in nats.
        mask: (B, L), True or 1 where a token is scored.
        reference: (B, L), in nats. Detached.
        lengths: (B,), > 0, to divide by instead of the count of scored tokens.
        axes: names of the axes where there are more; the last one is tokens.
    Raises:
        ShapeError: shapes do not agree.
        BatchError: an empty batch, a mask of other values than 0 and 1, or NaN or infinity where a token is scored.
    """
    check_tokens(argument(side, "log_probs"), log_probs, axes=axes)
    mask = check_mask(argument(side, "mask"), mask, log_probs.shape)
    kept = emptied(argument(side, "log_probs"), log_probs, mask)
    if reference is not None:
        check_tokens(argument(side, "reference_log_probs"), reference, tuple(log_probs.shape))
        reference = emptied(argument(side, "reference_log_probs"), reference.detach(), mask)
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
            f"rejected_log_probs: {len(rejected.log_probs)} rows beside {len(chosen.log_probs)} chosen; "
            "row i of both must be a pair"
        )
