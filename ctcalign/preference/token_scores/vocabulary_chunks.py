"""A few values per position from the log-softmax over a large vocabulary, in chunks, forward and backward.

Only the logits and their gradient, in the dtype of the logits, have the size of the vocabulary times the positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

CHUNK_NUMBERS = 2**22  # floats per chunk: 16 MB in float32; a few chunks exist at a time


def chunks(shape: Sequence[int], classes: int, numbers: int = CHUNK_NUMBERS) -> Iterator[tuple[slice, slice]]:
    """Blocks of rows and positions of a shape (B, L), of at most `numbers` floats each, but at least one position."""
    rows, positions = shape
    width = max(1, min(positions, numbers // classes))
    height = max(1, numbers // (classes * width))
    for row in range(0, rows, height):
        for position in range(0, positions, width):
            yield slice(row, min(row + height, rows)), slice(position, min(position + width, positions))


def widened(values: Tensor, mask: Tensor) -> Tensor:
    """A copy of a chunk (b, l, V) in float32 (float64 for float64), 0 at masked positions even if they hold NaN."""
    hidden = ~mask[..., None]
    if values.dtype in (torch.float32, torch.float64):
        return values.masked_fill(hidden, 0.0)
    return values.float().masked_fill_(hidden, 0.0)


def max_subtracted(values: Tensor, mask: Tensor) -> Tensor:
    """A widened chunk minus the maximum of each position, so that differences of large numbers are precise."""
    wide = widened(values, mask)
    return wide.sub_(wide.amax(-1, keepdim=True))


class TokenStatistics(torch.autograd.Function):
    """Log-prob of each token, KL(reference || policy) and log sum of squared probabilities at each position.

    The forward pass saves the inputs and one number per position; the backward pass recomputes the softmax chunk by
    chunk and writes the gradient of the logits in their dtype.
    """

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, reference: Tensor | None, tokens: Tensor, mask: Tensor, numbers: int, collision: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """logits and reference (B, P, V); tokens and mask (B, L), L <= P: positions beyond L are not used. Returns
        three tensors (B, L), with zeros for values that were not requested."""
        wide = torch.float64 if logits.dtype == torch.float64 else torch.float32
        log_probs, kl, squares, norms, other_norms = (
            torch.zeros(mask.shape, dtype=wide, device=logits.device) for _ in range(5)
        )
        for part in chunks(mask.shape, logits.shape[-1], numbers):
            x = max_subtracted(logits[part], mask[part])
            norm = x.logsumexp(-1)
            norms[part] = norm
            log_probs[part] = x.gather(-1, tokens[part][..., None])[..., 0] - norm
            if collision:
                squares[part] = (2.0 * x).logsumexp(-1) - 2.0 * norm
            if reference is not None:
                y = max_subtracted(reference[part], mask[part]).to(wide)
                other_norm = y.logsumexp(-1)
                other_norms[part] = other_norm
                x = y.sub(x).masked_fill_(y == float("-inf"), 0.0)  # difference; 0 * log 0 = 0 for probability 0
                kl[part] = y.sub_(other_norm[..., None]).exp_().mul_(x).sum(-1) - other_norm + norm
        for values in (log_probs, kl, squares):
            values.masked_fill_(~mask, 0.0)
        ctx.save_for_backward(logits, reference, tokens, mask, norms, other_norms)
        ctx.numbers = numbers
        ctx.mark_non_differentiable(squares)
        return log_probs, kl, squares

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, for_log_probs: Tensor, for_kl: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        logits, reference, tokens, mask, norms, other_norms = ctx.saved_tensors
        gradient = torch.zeros_like(logits)
        for part in chunks(mask.shape, logits.shape[-1], ctx.numbers):
            kept = mask[part]
            to_token = for_log_probs[part].masked_fill(~kept, 0.0)[..., None]
            to_kl = for_kl[part].masked_fill(~kept, 0.0)[..., None]
            found = max_subtracted(logits[part], kept).sub_(norms[part][..., None]).exp_()  # policy
            # d log p(token) = 1[token] - p;  d KL(q || p) = p - q
            found.mul_(to_kl - to_token).scatter_add_(-1, tokens[part][..., None], to_token)
            if reference is not None:
                y = max_subtracted(reference[part], kept).to(found.dtype)
                found.sub_(y.sub_(other_norms[part][..., None]).exp_().mul_(to_kl))
            gradient[part] = found.masked_fill_(~kept[..., None], 0.0)
        return gradient, None, None, None, None, None
