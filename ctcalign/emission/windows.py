"""Cut a stream of samples into windows on one frame grid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctcalign.errors import ModelError, UsageError

# Context of models that do not specify one: audio further away hardly changes the output of a frame.
DEFAULT_CONTEXT = 3.0
# Models without a context of their own work best near the lengths that they were trained on.
DEFAULT_WINDOW = 30.0
# If the context is bounded, a longer window costs only memory, and a smaller part of it is context.
WINDOW_PER_CONTEXT = 12
# Windows begin at multiples of these numbers of frames, so that layers with a stride inside the model (2, 3, 4, 8, 16
# output frames) process each window at the same phase as they would process the whole recording.
_UNITS = (48, 16)


@dataclass(frozen=True)
class WindowPlan:
    """Window k covers samples [k * hop_samples, k * hop_samples + window_samples).

    Its first and last `context_frames` frames are dropped, except at the two ends of the recording.
    """

    frame_shift: float
    sample_rate: int
    hop_frames: int
    context_frames: int
    hop_samples: int
    window_samples: int

    @property
    def window_seconds(self) -> float:
        """Length of a window."""
        return self.window_samples / self.sample_rate

    def trusted(self, index: int, frames: int, last: bool) -> tuple[int, int]:
        """First and last (exclusive) frame of window `index` to keep, out of the `frames` that the model returned.

        Raises:
            ModelError: the model returns fewer frames than its frame shift implies.
        """
        first = self.context_frames if index else 0
        stop = frames if last else self.hop_frames + self.context_frames
        if frames < stop or frames < first:
            raise ModelError(
                f"the model returned {frames} frames for a window of {self.window_seconds:.2f} s: its frame_shift "
                f"of {self.frame_shift} s implies about {self.window_seconds / self.frame_shift:.0f}; correct it"
            )
        return first, stop


def plan_windows(
    frame_shift: float, sample_rate: int, context: float | None, window: float | None = None
) -> WindowPlan:
    """Choose windows for a model.

    Args:
        frame_shift: seconds between output frames.
        sample_rate: in Hz.
        context: seconds on either side that a frame depends on; None: not bounded.
        window: seconds of a window with its context; None: chosen here.
    Raises:
        UsageError: the window is too short for the context.   ModelError: the frame shift cannot be placed on samples.
    """
    if not 0 < frame_shift < 1:
        raise ModelError(
            f"frame_shift: got {frame_shift:g}, expected the seconds between two frames of the model, such as 0.02; "
            "correct it (is it in milliseconds or samples?)"
        )
    if not (frame_shift > 0 and sample_rate > 0):
        raise ModelError(f"expected a positive frame_shift and sample_rate, got {frame_shift} s and {sample_rate} Hz")
    if window is not None and not (0 < window < 1e5):
        raise UsageError(f"window: expected a number of seconds above 0 and below 100,000, got {window}")
    bound = DEFAULT_CONTEXT if context is None else context
    if window is not None:
        length = window
    else:
        length = DEFAULT_WINDOW if context is None else max(DEFAULT_WINDOW, WINDOW_PER_CONTEXT * context)
    if context is None:
        bound = min(bound, length / 5)
    for unit in _UNITS:
        samples = unit * frame_shift * sample_rate
        if not _whole(samples):
            continue
        seconds = round(samples) / sample_rate
        context_units = math.ceil(bound / seconds - 1e-9) if bound > 0 else 0
        # One unit at least: without padding in the model, the outermost frames of a window lack samples.
        context_units = max(context_units, 1)
        hop_units = math.floor(length / seconds + 1e-9) - 2 * context_units
        if hop_units >= 1:
            return WindowPlan(
                frame_shift,
                sample_rate,
                hop_units * unit,
                context_units * unit,
                hop_units * round(samples),
                (hop_units + 2 * context_units) * round(samples),
            )
    if not any(_whole(unit * frame_shift * sample_rate) for unit in _UNITS):
        raise ModelError(
            f"frame_shift of {frame_shift} s is not a whole number of samples at {sample_rate} Hz; correct it"
        )
    least = shortest_window(frame_shift, context)
    raise UsageError(f"window: {length:g} s is too short for this model; expected at least {least:.1f} s")


def shortest_window(frame_shift: float, context: float | None) -> float:
    """Seconds of the shortest window that `plan_windows` accepts."""
    unit = _UNITS[-1] * frame_shift
    bound = 0.0 if context is None else context
    return (2 * max(math.ceil(bound / unit - 1e-9), 1) + 1) * unit


def _whole(samples: float) -> bool:
    return abs(samples - round(samples)) < 1e-3


@dataclass(frozen=True)
class Window:
    """A part of the recording: its number, its samples (n,) and whether the recording ends in it."""

    index: int
    samples: npt.NDArray[np.float32]
    last: bool


def cut(blocks: Iterable[npt.NDArray[np.float32]], plan: WindowPlan) -> Iterator[Window]:
    """Cut blocks of shape (n,) into windows of full length; the last one is shorter, but longer than its left context.

    Without samples there is no window.
    """
    held = np.empty(plan.window_samples + 1, dtype=np.float32)
    filled = index = 0
    for block in blocks:
        start = 0
        while start < len(block):
            taken = min(len(block) - start, len(held) - filled)
            held[filled : filled + taken] = block[start : start + taken]
            filled += taken
            start += taken
            if filled == len(held):  # one sample more than a window: this window is not the last
                yield Window(index, held[: plan.window_samples].copy(), last=False)
                index += 1
                rest = filled - plan.hop_samples
                held[:rest] = held[plan.hop_samples : filled].copy()
                filled = rest
    if filled:
        yield Window(index, held[:filled].copy(), last=True)
