"""Frame-level distillation: a model learns the posteriors of another one, frame by frame."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import (
    check_blank,
    check_count,
    check_log_probs,
    check_number,
    check_result,
    checked_lengths,
    valid_frames,
)
from ctcalign.errors import ShapeError

# Fraction of a frame that sums of times may be off by.
_ROUNDING = 1e-3


@checked_arguments
def frames_at(
    probs: Tensor,
    lengths: Tensor | None = None,
    *,
    frames: int,
    ratio: float = 1.0,
    delay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Posteriors of a model at the frames of another one.

    A new frame has the mean of the posteriors within it, each weighted by its share of the frame.

    Args:
        probs: (B, T, C), normalised over C.  lengths: (B,) counts; None means all T.
        frames: number of new frames.
        ratio: duration of a new frame in old frames, > 0.
        delay: by which the posteriors are moved to later times, in old frames; negative to earlier ones. With a ratio
            of 1 it is rounded to whole frames, because a spike is one frame and would be smeared over two.
    Returns:
        Posteriors (B, frames, C), and whether all of a new frame lies within the valid old ones, (B, frames).
    Raises:
        ShapeError, BatchError: the shapes do not fit.  UsageError: a number is out of range.
    """
    check_number("ratio", ratio, positive=True)
    check_log_probs(probs)
    batch, most, _ = probs.shape
    counts = checked_lengths("lengths", lengths, batch, most, probs.device)
    if ratio == 1:
        delay = round(delay)
    valid = valid_frames(counts, most)[:, :, None]
    # Integral over time at the bounds of the old frames. Padding may hold anything.
    total = probs.double().masked_fill(~valid, 0).cumsum(1)
    total = torch.nn.functional.pad(total, (0, 0, 1, 0))
    bounds = torch.arange(frames + 1, dtype=torch.float64, device=probs.device) * ratio - delay
    places = bounds.clamp(0, most)
    before = places.floor().long().clamp(max=most - 1)
    part = (places - before)[None, :, None]
    integral = total[:, before] * (1 - part) + total[:, before + 1] * part
    found = ((integral[:, 1:] - integral[:, :-1]) / ratio).clamp(min=0)
    inside = (bounds[:-1] > -_ROUNDING)[None] & (bounds[1:][None] < counts[:, None] + _ROUNDING)
    return found.to(probs.dtype).masked_fill(~inside[:, :, None], 0), inside


@checked_arguments
def distillation_loss(
    log_probs: Tensor,
    teacher_probs: Tensor,
    valid: Tensor,
    *,
    blank: int = 0,
    temperature: float = 1.0,
    tolerance: int = 0,
) -> Tensor:
    """Divergence of a model from the posteriors of its teacher, per label of the teacher's text.

    temperature**2 * sum over the valid frames of KL(teacher || model) / number of labels

    The labels are those of the teacher's greedy text, at least one. The CTC loss of an utterance is divided by the
    number of its labels as well: with the weight 1 a frame pulls as hard towards the teacher as towards the transcript.

    Args:
        log_probs: (B, T, C), natural log, normalised over C.
        teacher_probs: posteriors at the same frames and columns, with `temperature` applied, (B, T, C). No gradient
            flows to them.
        valid: (B, T), frames that count.
        blank: column of the blank.
        temperature: > 0, applied to the model here. Its square keeps the size of the gradient.
        tolerance: frames by which spikes of the two may differ, >= 0: posteriors of both are replaced by their means
            over as many frames on either side.
    Returns:
        Loss, (B,), in nats per label; 0 for an utterance without valid frames.
    Raises:
        ShapeError, BatchError: the shapes do not agree, or the loss is NaN.  UsageError: temperature <= 0.
    Source: Hinton et al. 2015, Distilling the Knowledge in a Neural Network, arXiv:1503.02531; frame by frame for CTC:
        Takashima et al. 2018, An Investigation of a Knowledge Distillation Method for CTC Acoustic Models. Spikes of
        two models lie at different times, which `frames_at` corrects by a constant delay.
    """
    check_number("temperature", temperature, positive=True)
    check_count("tolerance", tolerance, 0)
    check_log_probs(log_probs)
    check_blank(blank, log_probs.shape[2])
    for name, shape, expected in (
        ("teacher_probs", teacher_probs.shape, log_probs.shape),
        ("valid", valid.shape, log_probs.shape[:2]),
    ):
        if shape != expected:
            raise ShapeError(f"{name}: expected the shape {tuple(expected)} of log_probs, got {tuple(shape)}")
    wide = log_probs.float() if log_probs.dtype in (torch.float16, torch.bfloat16) else log_probs
    wide = wide.masked_fill(~valid[:, :, None], 0)  # padding may hold anything
    if temperature != 1:
        wide = (wide / temperature).log_softmax(-1)
    goal = teacher_probs.detach().to(wide.dtype).masked_fill(~valid[:, :, None], 0)
    best = goal.argmax(-1).masked_fill(~valid, blank)
    before = torch.nn.functional.pad(best[:, :-1], (1, 0), value=blank)
    labels = ((best != blank) & (best != before)).sum(1).clamp(min=1)
    if tolerance:
        # Where a probability has no logarithm in this type there is no gradient either.
        wide = _smoothed(wide.exp(), valid, tolerance).clamp(min=torch.finfo(wide.dtype).tiny).log()
        goal = _smoothed(goal, valid, tolerance)
    # A label of probability 0 contributes 0; computed, 0 * -inf would be NaN.
    gap = torch.where(goal > 0, goal.log() - wide, torch.zeros_like(wide))
    losses = temperature**2 * (goal * gap).sum((1, 2)) / labels
    check_result("distillation loss", losses)
    return losses


def _smoothed(probs: Tensor, valid: Tensor, tolerance: int) -> Tensor:
    """Means of (B, T, C) over the valid frames of windows of 2 * tolerance + 1 frames; 0 in the other frames."""
    size = 2 * tolerance + 1
    mask = valid[:, :, None].to(probs)
    sums, counts = (
        torch.nn.functional.avg_pool1d(x.transpose(1, 2), size, 1, tolerance).transpose(1, 2) * size
        for x in (probs * mask, mask)
    )
    return sums / counts.clamp(min=1) * mask
