"""Run a model on windows: batches that fit in memory, answers that keep the model's promises."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from ctcalign.emission import memory as memory
from ctcalign.emission.windows import Window, WindowPlan, plan_windows, shortest_window
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.protocol import AcousticModel

# Inputs shorter than this are padded with silence (their lengths are not): some models fail on less.
_LEAST_SECONDS = 0.5
# Models with a coarse stride inside may give so many frames more or less than the length promises.
_SLACK_FRAMES = 16
# Models without a bound hear too little in less.
_LEAST_UNBOUNDED = 5.0
_PROBE_SECONDS = 10.0

Array = npt.NDArray[np.float32]


class WindowRunner:
    """Runs batches of windows of one length; halves the batch when memory runs out.

    Attributes:
        batch_size: windows to run at once.
    """

    def __init__(self, model: AcousticModel, device: torch.device, batch_size: int) -> None:
        self._model = model
        self._device = device
        self._least = round(_LEAST_SECONDS * model.sample_rate)
        self.batch_size = batch_size

    def run(self, windows: list[Array]) -> list[Array]:
        """Emissions (T, C) of windows of one length.

        Raises:
            ModelError: a single window does not fit in memory.
        """
        done: list[Array] = []
        while len(done) < len(windows):
            part = windows[len(done) : len(done) + self.batch_size]
            try:
                done += self._call(part)
                continue
            except (RuntimeError, MemoryError) as error:
                if not memory.is_out_of_memory(error):
                    raise
            memory.release(self._device)  # outside of `except`: the traceback holds the tensors that did not fit
            if len(part) == 1:
                seconds = len(part[0]) / self._model.sample_rate
                raise ModelError(
                    f"not enough memory on {self._device} for one window of {seconds:.0f} s; "
                    "use a shorter --window or a smaller model"
                )
            self.batch_size = len(part) // 2
        return done

    def _call(self, windows: list[Array]) -> list[Array]:
        length = len(windows[0])
        if length < round(self._model.frame_shift * self._model.sample_rate):
            return [np.zeros((0, len(self._model.vocabulary)), dtype=np.float32) for _ in windows]
        joined = torch.from_numpy(np.stack(windows) if len(windows) > 1 else windows[0][None])
        if length < self._least:
            joined = torch.nn.functional.pad(joined, (0, self._least - length))
        lengths = torch.full((len(windows),), length, dtype=torch.long)
        with torch.inference_mode():
            log_probs, frames = self._model(joined.to(self._device), lengths.to(self._device))
            values: Array = log_probs.float().cpu().numpy()
        return [value[:count] for value, count in zip(values, frames.tolist(), strict=True)]

    def check(self, log_probs: Array, item: Window, plan: WindowPlan) -> None:
        """Raise ModelError when the model does not give what it promises."""
        seconds = len(item.samples) / self._model.sample_rate
        classes = len(self._model.vocabulary)
        if log_probs.shape[1] != classes:
            raise ModelError(f"the model gives {log_probs.shape[1]} columns but its vocabulary has {classes} symbols")
        expected = seconds / plan.frame_shift
        short = expected > 10 * _SLACK_FRAMES and len(log_probs) < expected - _SLACK_FRAMES
        if short or len(log_probs) > expected + _SLACK_FRAMES:
            raise ModelError(
                f"the model gave {len(log_probs)} frames for {seconds:.2f} s: its frame_shift of {plan.frame_shift} s "
                f"promises about {expected:.0f}; correct the frame_shift"
            )
        if np.isnan(log_probs).any():
            at = item.index * plan.hop_samples / self._model.sample_rate
            raise ModelError(f"the model gives NaN in the window at {at:.1f} s; use another model or device")
        if item.index == 0 and len(log_probs):
            total = float(np.exp(log_probs[len(log_probs) // 2], dtype=np.float64).sum())
            if abs(total - 1) > 0.02:
                raise ModelError(
                    f"expected log-probabilities (exp sums to 1 in each frame), the model's sum to {total:.3g}; "
                    "apply log_softmax to its output"
                )

    def fit(self, plan: WindowPlan, *, shrink: bool, limit: int) -> WindowPlan:
        """Choose the batch, and with `shrink` the window, so that they take `limit` bytes at most.

        Raises:
            UsageError: not even the shortest window fits.
        """
        model = self._model
        seconds = min(plan.window_seconds, _PROBE_SECONDS)
        probe: Array = np.zeros(round(seconds * model.sample_rate), dtype=np.float32)
        self.run([probe])  # what the first call allots for good does not count as a window's need
        taken = memory.peak_of(lambda: self.run([probe]), self._device)
        per_second = memory.SAFETY * taken / seconds if taken else memory.ASSUMED_PER_SECOND
        room = limit - memory.used_bytes(self._device) - memory.RESERVE
        if shrink and per_second * plan.window_seconds > room:
            least = _LEAST_UNBOUNDED if model.context is None else shortest_window(model.frame_shift, model.context)
            plan = plan_windows(model.frame_shift, model.sample_rate, model.context, max(room / per_second, least))
        need = per_second * plan.window_seconds
        if need > room:
            raise UsageError(
                f"max_memory: {memory.readable(limit)} is too little: windows of {plan.window_seconds:.0f} s need "
                f"about {memory.readable(limit - room + need)}; raise it, or use a smaller model or a shorter --window"
            )
        self.batch_size = max(1, min(self.batch_size, int(room // max(need, 1))))
        return plan
