"""Run a model on windows: batches that fit in memory, output that matches the description of the model."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.emission.windows import Window, WindowPlan, plan_windows, shortest_window
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.inference import emissions_of
from ctcalign.models.protocol import AcousticModel

# Models with a coarse stride inside may return this many frames more or less than the length implies.
_SLACK_FRAMES = 16
# Seconds of the shortest window for models without a bounded context, whose output degrades with less.
_LEAST_UNBOUNDED = 5.0
_PROBE_SECONDS = 10.0
# Bytes per second of window if memory use cannot be measured: about the need of the first layers of wav2vec 2.0.
ASSUMED_PER_SECOND = 32 << 20
# Factor on measured memory: attention grows faster than the window.
SAFETY = 2.0
# Bytes for blocks of samples, the part of the emission in memory, and the growth of the interpreter.
RESERVE = 96 << 20
_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to allocate",
    "bad_alloc",
    "not enough memory",
)

Array = npt.NDArray[np.float32]


class WindowRunner:
    """Runs batches of windows of one length; halves the batch when memory runs out.

    Attributes:
        batch_size: windows to run at once.
    """

    def __init__(self, model: AcousticModel, device: str, batch_size: int) -> None:
        self._model = model
        self._device = device
        self.batch_size = batch_size

    def run(self, windows: list[Array]) -> list[Array]:
        """Emissions (T, C) of windows of one length.

        Raises:
            ModelError: a single window does not fit in
        """
        done: list[Array] = []
        while len(done) < len(windows):
            part = windows[len(done) : len(done) + self.batch_size]
            try:
                done += self._call(part)
                continue
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            release(self._device)  # outside of `except`: the traceback holds the tensors that did not fit
            if len(part) == 1:
                seconds = len(part[0]) / self._model.sample_rate
                raise ModelError(
                    f"not enough memory on {self._device} for one window of {seconds:.0f} s; "
                    "use a shorter --window or a smaller model"
                )
            self.batch_size = len(part) // 2
        return done

    def _call(self, windows: list[Array]) -> list[Array]:
        joined = np.stack(windows) if len(windows) > 1 else windows[0][None]
        return emissions_of(self._model, joined, self._device)

    def check(self, log_probs: Array, item: Window, plan: WindowPlan) -> None:
        """Raise ModelError if the output of the model does not match its description."""
        seconds = len(item.samples) / self._model.sample_rate
        expected = seconds / plan.frame_shift
        short = expected > 10 * _SLACK_FRAMES and len(log_probs) < expected - _SLACK_FRAMES
        if short or len(log_probs) > expected + _SLACK_FRAMES:
            raise ModelError(
                f"the model returned {len(log_probs)} frames for {seconds:.2f} s: its frame_shift of "
                f"{plan.frame_shift} s implies about {expected:.0f}; correct the frame_shift"
            )
        if np.isnan(log_probs).any():
            at = item.index * plan.hop_samples / self._model.sample_rate
            raise ModelError(f"the model returns NaN in the window at {at:.1f} s; use another model or device")
        if item.index == 0 and len(log_probs):
            total = float(np.exp(log_probs[len(log_probs) // 2], dtype=np.float64).sum())
            if abs(total - 1) > 0.02:
                raise ModelError(
                    f"expected log-probabilities (exp sums to 1 in each frame), the model's sum to {total:.3g}; "
                    "apply log_softmax to its output"
                )

    def fit(self, plan: WindowPlan, *, shrink: bool, limit: int) -> WindowPlan:
        """Choose the batch size, and with `shrink` the window, so that they need at most `limit` bytes.

        Raises:
            UsageError: not even the shortest window fits.
        """
        model = self._model
        seconds = min(plan.window_seconds, _PROBE_SECONDS)
        probe: Array = np.zeros(round(seconds * model.sample_rate), dtype=np.float32)
        self.run([probe])  # what the first call allocates permanently is not part of a window's need
        taken = peak_of(lambda: self.run([probe]), self._device)
        per_second = SAFETY * taken / seconds if taken else ASSUMED_PER_SECOND
        room = limit - used_bytes(self._device) - RESERVE
        if shrink and per_second * plan.window_seconds > room:
            least = _LEAST_UNBOUNDED if model.context is None else shortest_window(model.frame_shift, model.context)
            plan = plan_windows(model.frame_shift, model.sample_rate, model.context, max(room / per_second, least))
        need = per_second * plan.window_seconds
        if need > room:
            raise UsageError(
                f"max_memory: {readable(limit)} is too little: windows of {plan.window_seconds:.0f} s need "
                f"about {readable(limit - room + need)}; raise it, or use a smaller model or a shorter --window"
            )
        self.batch_size = max(1, min(self.batch_size, int(room // max(need, 1))))
        return plan


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out: torch, numpy and onnxruntime raise different ones."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def release(device: str) -> None:
    """Return cached blocks of torch to the device, so that a smaller batch fits."""
    torch = _torch_on(device)
    if torch is not None:
        (torch.cuda if device.startswith("cuda") else torch.mps).empty_cache()


def _torch_on(device: str) -> Any:
    """torch, if a model of it may run on that GPU; ONNX Runtime does not say how much memory it uses there."""
    return sys.modules.get("torch") if device.startswith(("cuda", "mps")) else None


def resident_bytes() -> int | None:
    """Resident memory of this process in bytes, None if the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    import resource

    return pages * resource.getpagesize()


def peak_of(run: Callable[[], object], device: str) -> int | None:
    """Peak memory of `run` in bytes, beyond the memory in use before; None if it cannot be measured."""
    torch = _torch_on(device)
    if torch is not None and device.startswith("cuda"):
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        run()
        return int(max(torch.cuda.max_memory_allocated(device) - before, 0))
    held = resident_bytes()
    if held is None or not sys.platform.startswith("linux"):
        return None
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets VmHWM, the high-water mark
    except OSError:
        return None
    run()
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return max(int(line.split()[1]) * 1024 - held, 0)
    return None


def used_bytes(device: str) -> int:
    """Bytes that count towards a memory limit: of the process on a CPU, of the device's own memory on a GPU.

    Pages of mapped files, such as the code of torch, do not count: the system drops them when memory is short.
    """
    if device.startswith("cuda"):
        torch = _torch_on(device)
        return int(torch.cuda.memory_allocated(device)) if torch is not None else 0
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return resident_bytes() or 0
    sizes = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("RssAnon:", "RssShmem:"))}
    return sum(1024 * int(size) for size in sizes.values()) if "RssAnon" in sizes else resident_bytes() or 0


def readable(size: float) -> str:
    """1.5 GB, 300 MB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
