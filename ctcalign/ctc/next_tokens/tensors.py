"""The recursions of `kernels` over all utterances at once: compiled on the CPU, tensors on accelerators.

Each frame costs a few launches, whatever the batch. Results agree with the kernels up to rounding.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ctcalign.ctc.next_tokens import kernels as next_token_kernels


class Prefixes(NamedTuple):
    """Scores and shares of `kernels.prefix_scores`, each (G, T + 1, U) for G utterances."""

    in_blank: Tensor
    whole: Tensor
    spoken: Tensor
    stay: Tensor


def prefix_scores(scores: Tensor, repeats: Tensor) -> Prefixes:
    """Scores of all prefixes of G utterances after any number of frames.

    Args:
        scores: (G, T, U) log-probs, column 0 of the blank, column u of token u; finite or -inf in the padding too.
        repeats: (G, U) bool, whether token u equals token u - 1.
    """
    if scores.device.type == "cpu":
        rows, frames, prefixes = scores.shape
        tables = Prefixes(*(scores.new_empty(rows, frames + 1, prefixes) for _ in range(4)))
        for row in range(rows):
            arrays = (table[row].numpy() for table in tables)
            next_token_kernels.prefix_scores(scores[row].numpy(), repeats[row].numpy(), *arrays)
        return tables
    return prefix_scores_of_tensors(scores, repeats)


def carry_back(tables: Prefixes, repeats: Tensor, to_whole: Tensor, to_blank: Tensor, occupancy: Tensor) -> None:
    """Propagate weights to earlier frames, adding to occupancy (G, T, U); the same as the kernel of this name."""
    if to_whole.device.type != "cpu":
        carry_back_of_tensors(tables, repeats, to_whole, to_blank, occupancy)
        return
    for row in range(len(repeats)):
        arrays = (
            values[row].numpy() for values in (tables.spoken, tables.stay, repeats, to_whole, to_blank, occupancy)
        )
        next_token_kernels.carry_back(*arrays)


def prefix_scores_of_tensors(scores: Tensor, repeats: Tensor) -> Prefixes:
    """`prefix_scores` in tensor operations, on any device."""
    rows, frames, prefixes = scores.shape
    nothing = scores.new_full((rows, 1), -math.inf)
    rest = scores.new_full((rows, prefixes), -math.inf)
    token = rest.clone()
    rest[:, 0] = 0.0
    tables = Prefixes(*(scores.new_empty(rows, frames + 1, prefixes) for _ in range(4)))
    for t in range(frames + 1):
        if t:
            before = tables.whole[:, t - 1]
            enter = torch.where(repeats[:, 1:], rest[:, :-1], before[:, :-1])
            enter = torch.cat([nothing, enter], 1)
            rest = before + scores[:, t - 1, :1]
            tables.stay[:, t] = _share(token, enter)
            token = torch.logaddexp(token, enter) + scores[:, t - 1]
        else:
            tables.stay[:, t] = 0.0
        tables.in_blank[:, t] = rest
        tables.whole[:, t] = torch.logaddexp(token, rest)
        tables.spoken[:, t] = _share(token, rest)
    return tables


def carry_back_of_tensors(
    tables: Prefixes, repeats: Tensor, to_whole: Tensor, to_blank: Tensor, occupancy: Tensor
) -> None:
    """`carry_back` in tensor operations, on any device."""
    steps = to_whole.shape[1]
    blank, token = torch.zeros_like(to_whole[:, 0]), torch.zeros_like(to_whole[:, 0])
    after = torch.cat([repeats[:, 1:], torch.zeros_like(repeats[:, :1])], 1)
    for t in range(steps - 1, 0, -1):
        both, rest = to_whole[:, t] + blank, to_blank[:, t]
        kept = torch.zeros_like(token)
        if t + 1 < steps:
            kept = tables.stay[:, t + 1] * token
            enter = torch.cat([(token - kept)[:, 1:], torch.zeros_like(token[:, :1])], 1)
            rest = rest + enter.masked_fill(~after, 0.0)
            both = both + enter.masked_fill(after, 0.0)
        blank = rest + (1.0 - tables.spoken[:, t]) * both
        token = kept + tables.spoken[:, t] * both
        occupancy[:, t - 1, 1:] += token[:, 1:]
        occupancy[:, t - 1, 0] += blank.sum(1)


def _share(part: Tensor, rest: Tensor) -> Tensor:
    """e^part / (e^part + e^rest), 0 where both are -inf."""
    return torch.sigmoid(part - rest).masked_fill(part == -math.inf, 0.0)
