"""CTC as a language model: the distribution of the next token, given the tokens before it and the whole audio."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.ctc.batch_inputs import Utterances, checked
from ctcalign.ctc.next_tokens import tensors as next_token_tensors
from ctcalign.ctc.next_tokens.extensions import Utterance, extension_scores, extension_weights, row_norms, token_weights
from ctcalign.ctc.next_tokens.tensors import Prefixes


@checked_arguments
def next_token_log_probs(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
) -> Tensor:
    """Log-probability of every label as the next token after each prefix of a transcript, given the audio.

    log P(v | first u tokens, audio) = log of the prefix probability of the u tokens and v, minus that of the u tokens;
    the prefix probability is the sum over all texts with that prefix. End of text takes the index of the blank. Sums
    are in float64 on the CPU. Differentiable once in log_probs, whose rows are normalised first: the gradient is that
    of their log-softmax, with rows that sum to 0.

    Memory: arguments, result, gradient and the tables of one utterance, a few times T * L floats; never (T, L, C).

    Args:
        log_probs: (B, T, C), natural log, any floating type; -inf is allowed.
        targets: labels without blanks, (B, L) ints; values beyond target_lengths are ignored.
        input_lengths: valid frames of each utterance, (B,) counts; None means all T.
        target_lengths: tokens of each utterance, (B,) counts; None means all L. 0 is the empty transcript.
        blank: label of the blank, anywhere in [0, C).
    Returns:
        (B, L + 1, C), in nats. Row u is after u tokens and sums to 1, with the end of the text at index `blank`. Rows
        beyond an utterance's tokens hold 0 at the end and -inf elsewhere. Where no path begins with the u tokens, the
        row is -inf throughout. float64 for float64, else float32.
    Raises:
        ShapeError: the shapes do not fit.
        UsageError: a length or label out of range, the blank among the targets, NaN or +inf in a valid frame.
    Source: prefix probabilities as in Graves 2008, Supervised sequence labelling with recurrent neural networks, 7.5.
    """
    batch = checked(log_probs, targets, input_lengths, target_lengths, blank)
    found: Tensor = _NextTokens.apply(batch.log_probs, batch)
    return found


@checked_arguments
def token_log_probs(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | None = None,
    target_lengths: Tensor | None = None,
    blank: int = 0,
) -> Tensor:
    """Log-probability of each token of a transcript given those before it and the audio, and that of its end.

    The entries of `next_token_log_probs` for the tokens of the transcript, without computing the others.

    Args: those of `next_token_log_probs`.
    Returns:
        (B, L + 1), in nats, 0 beyond the end. A row sums to the total score of its transcript (for normalised
        log-probs). It is -inf from the first token on that no path can reach.
    Raises: as `next_token_log_probs`.
    """
    batch = checked(log_probs, targets, input_lengths, target_lengths, blank)
    found: Tensor = _Tokens.apply(batch.log_probs, batch)
    return found


class _NextTokens(torch.autograd.Function):
    """Saves log_probs and the result; the backward pass recomputes the tables of an utterance."""

    @staticmethod
    def forward(ctx: Any, log_probs: Tensor, batch: Utterances) -> Tensor:
        result = log_probs.new_full((len(batch.tokens), batch.targets.shape[1] + 1, log_probs.shape[2]), -math.inf)
        result[:, :, batch.blank] = 0.0
        starts = _wide(log_probs).new_full(result.shape[:2], -math.inf)
        for rows in _groups(log_probs, batch):
            _fill_next_tokens(_group(log_probs.detach(), batch, rows), result, starts)
        ctx.save_for_backward(log_probs, result, starts)
        ctx.batch = batch
        return result

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        log_probs, result, starts = ctx.saved_tensors

        def weights(row: int, one: Utterance) -> tuple[Tensor, Tensor]:
            """Gradient weights on the scores of all extensions, and these scores. Gradient into -inf is dropped."""
            size = len(one.labels)
            found, start = result[row, :size], starts[row, :size]
            given = gradient[row, :size].to(starts).masked_fill(found == -math.inf, 0.0)  # a copy
            place = torch.arange(size - 1, device=found.device)
            scores = found.to(starts) + start.masked_fill(start == -math.inf, 0.0)[:, None]
            scores[place, one.labels[1:]] = start[1:]  # in float32 they would have lost precision
            given[place, one.labels[1:]] -= given[1:].sum(1)  # a row is normalised by the score of its prefix
            return given, scores

        return _gradient(log_probs, ctx.batch, weights, extension_weights), None


class _Tokens(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, log_probs: Tensor, batch: Utterances) -> Tensor:
        size = batch.targets.shape[1] + 1
        scores = _wide(log_probs).new_zeros(len(batch.tokens), size + 1)  # of prefixes 0, 1, ..., and of the end
        result = log_probs.new_zeros(len(batch.tokens), size)
        for rows in _groups(log_probs, batch):
            _fill_tokens(_group(log_probs.detach(), batch, rows), result, scores)
        ctx.save_for_backward(log_probs, result, scores)
        ctx.batch = batch
        return result

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        log_probs, result, scores = ctx.saved_tensors

        def weights(row: int, one: Utterance) -> tuple[Tensor, Tensor]:
            size = len(one.labels)
            given = gradient[row, :size].to(scores).masked_fill(result[row, :size] == -math.inf, 0.0)  # a copy
            given[:-1] -= given[1:].clone()
            return given, scores[row, 1 : size + 1]

        return _gradient(log_probs, ctx.batch, weights, token_weights), None


def _fill_next_tokens(group: _Group, result: Tensor, starts: Tensor) -> None:
    """Rows of `next_token_log_probs`, and the score of each prefix, -inf where it is impossible, into (B, L + 1)."""
    for row, one in zip(group.rows, group.utterances, strict=True):
        scores = extension_scores(one)
        start = starts[row, : len(scores)]
        start[0] = 0.0
        start[1:] = scores[:-1].gather(1, one.labels[1:, None])[:, 0]
        if not one.possible:
            start.fill_(-math.inf)
        possible = start > -math.inf
        scores.sub_(start.masked_fill(~possible, 0.0)[:, None])
        result[row, : len(scores)] = scores.masked_fill_(~possible[:, None], -math.inf).to(result.dtype)


def _fill_tokens(group: _Group, result: Tensor, scores: Tensor) -> None:
    """Rows of `token_log_probs`, and the scores of all prefixes and of the end, into (B, L + 2)."""
    for row, one in zip(group.rows, group.utterances, strict=True):
        count = len(one.labels)
        own = scores[row, : count + 1]
        own[1:count] = one.entries().logsumexp(0) if len(one.rows) else -math.inf
        own[count] = one.tables.whole[-1, -1]
        if not one.possible:
            own[1:] = -math.inf
        possible = own[1:] > -math.inf
        steps = own[1:] - own[:-1].masked_fill(own[:-1] == -math.inf, 0.0)
        result[row, :count] = steps.masked_fill(~possible, -math.inf).to(result.dtype)


_Weights = Callable[[int, Utterance], "tuple[Tensor, Tensor]"]


def _gradient(log_probs: Tensor, batch: Utterances, weights: _Weights, way_back: Callable[..., None]) -> Tensor:
    """Gradient of log_probs, from the derivatives and scores that `weights(row, utterance)` returns."""
    gradient = torch.zeros_like(log_probs, memory_format=torch.contiguous_format)
    for rows in _groups(log_probs, batch):
        _add_gradient(_group(log_probs.detach(), batch, rows), weights, way_back, gradient)
    return gradient


def _add_gradient(group: _Group, weights: _Weights, way_back: Callable[..., None], gradient: Tensor) -> None:
    to_whole, to_blank = torch.zeros_like(group.tables.whole), torch.zeros_like(group.tables.whole)
    occupancy = to_whole.new_zeros(to_whole.shape[0], to_whole.shape[1] - 1, to_whole.shape[2])
    for place, (row, one) in enumerate(zip(group.rows, group.utterances, strict=True)):
        frames, size = one.scores.shape
        tables = to_whole[place, : frames + 1, :size], to_blank[place, : frames + 1, :size]
        way_back(one, *weights(row, one), *tables, occupancy[place, :frames, :size], gradient[row, :frames])
    next_token_tensors.carry_back(group.tables, group.repeats, to_whole, to_blank, occupancy)
    for place, (row, one) in enumerate(zip(group.rows, group.utterances, strict=True)):
        frames, size = one.scores.shape
        gradient[row, :frames].index_add_(1, one.labels, occupancy[place, :frames, :size].to(gradient.dtype))


@dataclass(frozen=True)
class _Group:
    """Utterances whose tables are computed together.

    One on the CPU, so that memory is that of one; all on accelerators, where the loop over frames costs the same for
    any number. Tables are padded; `utterances` hold views without padding.
    """

    rows: list[int]
    utterances: list[Utterance]
    tables: Prefixes
    repeats: Tensor


def _groups(log_probs: Tensor, batch: Utterances) -> list[list[int]]:
    everyone = list(range(len(batch.tokens)))
    return [[row] for row in everyone] if log_probs.device.type == "cpu" else [everyone]


def _group(log_probs: Tensor, batch: Utterances, rows: list[int]) -> _Group:
    frames, size = max(batch.frames[row] for row in rows), 1 + max(batch.tokens[row] for row in rows)
    labels = torch.full((len(rows), size), batch.blank)
    for place, row in enumerate(rows):
        labels[place, 1 : 1 + batch.tokens[row]] = batch.targets[row, : batch.tokens[row]]
    repeats = torch.zeros(labels.shape, dtype=torch.bool)
    repeats[:, 1:] = labels[:, 1:] == labels[:, :-1]
    labels, repeats = labels.to(log_probs.device), repeats.to(log_probs.device)
    scores = _wide(log_probs).new_zeros(len(rows), frames, size)
    norms = scores.new_zeros(len(rows), frames)
    for place, row in enumerate(rows):
        norms[place, : batch.frames[row]] = row_norms(log_probs[row, : batch.frames[row]], norms)
    possible = torch.isfinite(norms).all(1).tolist()
    norms.masked_fill_(norms == -math.inf, 0.0)
    for place, row in enumerate(rows):
        count = batch.frames[row]
        labelled = log_probs[row, :count].index_select(1, labels[place])
        scores[place, :count] = labelled.to(scores) - norms[place, :count, None]
    tables = next_token_tensors.prefix_scores(scores, repeats)
    utterances = []
    for place, row in enumerate(rows):
        count, width = batch.frames[row], 1 + batch.tokens[row]
        own = Prefixes(*(table[place, : count + 1, :width] for table in tables))
        utterances.append(
            Utterance(
                log_probs[row, :count],
                norms[place, :count],
                labels[place, :width],
                repeats[place, :width],
                scores[place, :count, :width],
                possible[place],
                own,
            )
        )
    return _Group(rows, utterances, tables, repeats)


def _wide(values: Tensor) -> Tensor:
    """An empty tensor on the device of `values` with the type of sums; Apple accelerators have no float64."""
    return values.new_empty(0, dtype=torch.float32 if values.device.type == "mps" else torch.float64)
