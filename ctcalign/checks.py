"""Argument checks that several rooms share: options, and tensors of a batch. Padding is not checked.

torch is imported when a tensor is checked, so checks of options are available without it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ctcalign.errors import BatchError, CtcAlignError, ShapeError, UsageError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """An option must be one of the given words."""
    if not isinstance(value, str) or value not in choices:
        raise UsageError(f"{name}: got {value!r}, expected one of {', '.join(choices)}")


def check_number(name: str, value: float, *, positive: bool = False, below: float = math.inf) -> float:
    """A number must be finite, >= 0 (or > 0), and below a bound. Returns it as float."""
    try:  # no text, although float() takes it
        number = float(value) if hasattr(value, "__float__") else math.nan
    except (TypeError, ValueError, OverflowError, RuntimeError):
        number = math.nan
    if math.isfinite(number) and 0 <= number < below and not (positive and number == 0):
        return number
    bound = "" if below == math.inf else f" and < {below:g}"
    shown = str(value) if len(str(value)) <= 40 else str(value)[:37] + "..."
    raise UsageError(f"{name}: got {shown}, expected a finite number {'> 0' if positive else '>= 0'}{bound}")


def check_count(name: str, value: int, least: int = 1) -> int:
    """A count must be an int of at least `least`. Returns it."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(f"{name}: got {value!r}, expected a whole number >= {least}")
    return value


def check_log_probs(log_probs: Tensor) -> None:
    """Log-probs must be floats of shape (B, T, C), with B, T and C above zero."""
    if log_probs.ndim != 3 or not log_probs.is_floating_point():
        raise ShapeError(
            f"log_probs: expected floats of shape (B, T, C), got {log_probs.dtype} {tuple(log_probs.shape)}; "
            "pass batch first, natural log"
        )
    if 0 in log_probs.shape:
        raise BatchError(f"log_probs: the batch is empty, shape {tuple(log_probs.shape)}; skip it")


def checked_lengths(
    name: str,
    lengths: Tensor | None,
    batch: int,
    most: int,
    device: torch.device,
    *,
    error: type[CtcAlignError] = BatchError,
) -> Tensor:
    """Lengths as (B,) int64 in [0, most] on a device; None means `most` everywhere.

    Raises:
        ShapeError: not B integers.  `error`: a length out of range.
    """
    import torch

    if lengths is None:
        return torch.full((batch,), most, dtype=torch.int64, device=device)
    lengths = torch.as_tensor(lengths)
    if lengths.shape != (batch,) or lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise ShapeError(
            f"{name}: expected {batch} integer counts, got {lengths.dtype} {tuple(lengths.shape)}; "
            "pass counts, never fractions"
        )
    if batch and (int(lengths.max()) > most or int(lengths.min()) < 0):
        raise error(f"{name}: expected counts in [0, {most}], got {lengths.tolist()}; cut them or pad the tensor")
    return lengths.to(device).long()


def valid_frames(lengths: Tensor, frames: int) -> Tensor:
    """(B, T) bool, true before each length."""
    import torch

    return torch.arange(frames, device=lengths.device)[None, :] < lengths[:, None]


def check_no_nan(log_probs: Tensor, lengths: Tensor, *, error: type[CtcAlignError] = BatchError) -> None:
    """Valid frames must not hold NaN or +inf.

    Args:
        log_probs: (B, T, C).  lengths: valid frames, (B,).
    Raises:
        `error`: they do.
    """
    import torch

    if torch.isfinite(log_probs.detach().sum()):  # one fast pass: NaN and both infinities show in the sum
        return
    valid = valid_frames(lengths.to(log_probs.device), log_probs.shape[1])
    bad = (torch.isnan(log_probs) | (log_probs == math.inf)).any(-1) & valid
    if bad.any():
        utterance, frame = (int(index) for index in bad.nonzero()[0])
        raise error(
            f"log_probs: NaN or +inf in utterance {utterance} at frame {frame}; the model diverged or its input is "
            "invalid: lower the learning rate or skip the batch"
        )


def check_targets(targets: Tensor, target_lengths: Tensor | None, classes: int, blank: int, batch: int) -> Tensor:
    """Targets must be (B, L) labels other than the blank. Returns their lengths, (B,) int64 on their device."""
    check_blank(blank, classes)
    if targets.ndim != 2 or targets.shape[0] != batch or targets.is_floating_point():
        raise ShapeError(f"targets: expected ints of shape ({batch}, L), got {targets.dtype} {tuple(targets.shape)}")
    lengths = checked_lengths("target_lengths", target_lengths, batch, targets.shape[1], targets.device)
    bad = ((targets < 0) | (targets >= classes) | (targets == blank)) & valid_frames(lengths, targets.shape[1])
    if bad.any():
        utterance, place = (int(index) for index in bad.nonzero()[0])
        raise BatchError(
            f"targets: label {int(targets[utterance, place])} of utterance {utterance} at place {place}; expected "
            f"labels in [0, {classes}) other than the blank {blank}; check the tokenizer"
        )
    return lengths


def check_utterances(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor | None, target_lengths: Tensor | None, blank: int
) -> tuple[Tensor, Tensor]:
    """Check log-probs and targets of a batch together. Returns the lengths (B,) of frames and of targets."""
    check_log_probs(log_probs)
    batch, frames, classes = log_probs.shape
    lengths = checked_lengths("input_lengths", input_lengths, batch, frames, log_probs.device)
    tokens = check_targets(targets, target_lengths, classes, blank, batch)
    check_no_nan(log_probs, lengths)
    return lengths, tokens


def check_blank(blank: int, classes: int) -> None:
    """The blank must be one of the classes."""
    if not 0 <= blank < classes:
        raise BatchError(f"blank: got {blank}, expected a label in [0, {classes})")


def check_paths(name: str, paths: Tensor, batch: int | None = None, frames: int | None = None) -> None:
    """Paths must be (B, N, T) ints with N > 0; None: any number."""
    expected = f"({'B' if batch is None else batch}, N, {'T' if frames is None else frames})"
    fits = paths.ndim == 3 and batch in (None, paths.shape[0]) and frames in (None, paths.shape[2])
    if not fits or paths.is_floating_point():
        raise ShapeError(
            f"{name}: expected ints of shape {expected}, got {paths.dtype} {tuple(paths.shape)}; "
            "sample them from the same log_probs"
        )
    if not paths.shape[1]:
        raise BatchError(f"{name}: expected at least one path, got shape {tuple(paths.shape)}; sample at least one")


def check_result(name: str, losses: Tensor) -> None:
    """The losses of finite values must not be NaN.

    Raises:
        BatchError: one is, because values near the end of their type were added or multiplied.
    """
    import torch

    if torch.isfinite(losses.detach().sum()) or not torch.isnan(losses.detach()).any():
        return
    raise BatchError(
        f"{name}: NaN, because values are too large for {losses.dtype}: check the log-probs and the options (a model "
        "that has diverged? beta or a weight of 1e20 or more?)"
    )
