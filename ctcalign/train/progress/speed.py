"""Speed of a training: audio per minute, seconds of each stage of a step, and peak memory, as columns of the log."""

from __future__ import annotations

import sys
import time
from functools import cache

import torch
from pytorch_lightning.profilers import Profiler

from ctcalign.train.processes import sum_over_processes

WAITING, FORWARD, STEP = "waiting", "forward", "step"


class Speed(Profiler):
    """Times the stages of a training, as the profiler of Lightning's trainer.

    Validation and the writing of checkpoints do not count. On a GPU a stage ends when its work has been submitted
    to the device, so the times of single stages depend on where the process waits for it; only their sum is exact.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begun: dict[str, float] = {}
        self._clear()

    def _clear(self) -> None:
        self._seconds: dict[str, float] = dict.fromkeys((WAITING, FORWARD, STEP), 0.0)
        self._steps = 0
        self._audio = self._in_step = 0.0

    def start(self, action_name: str) -> None:
        """Note the time at which an action begins, if it is a stage."""
        stage = _stage(action_name)
        if stage is not None:
            self._begun[stage] = time.perf_counter()

    def stop(self, action_name: str) -> None:
        """Add the time of an action, if it is a stage."""
        stage = _stage(action_name)
        if stage is None or stage not in self._begun:
            return
        self._seconds[stage] += time.perf_counter() - self._begun.pop(stage)
        if stage == STEP:
            self._steps += 1
            self._audio += self._in_step
            self._in_step = 0.0

    def add_audio(self, seconds: float) -> None:
        """Count the audio of the current step of this process."""
        self._in_step = seconds

    def row(self, device: torch.device) -> dict[str, float]:
        """Speed since the last call, for the log. Every process must call it.

        Returns:
            "speed/audio_hours_per_minute" of all processes, if the steps have audio. Seconds of a step of this
            process: "speed/step", and of these "speed/waiting" for data, "speed/forward" and "speed/backward" (with
            the optimiser). "speed/memory_gb": peak memory of this process in 10^9 bytes; on a GPU that of the device.
            Empty before the first step ends.
        """
        audio = float(sum_over_processes(torch.tensor(self._audio, dtype=torch.float64, device=device)))
        steps, seconds = self._steps, self._seconds
        if not steps:
            return {}
        whole = seconds[STEP] + seconds[WAITING]
        found = {
            "step": whole / steps,
            "waiting": seconds[WAITING] / steps,
            "forward": seconds[FORWARD] / steps,
            "backward": (seconds[STEP] - seconds[FORWARD]) / steps,
            "memory_gb": _peak_memory(device) / 1e9,
        }
        if audio:
            found["audio_hours_per_minute"] = audio / 3600 / (whole / 60)
        in_step = self._in_step
        self._clear()
        self._in_step = in_step
        return {f"speed/{name}": value for name, value in found.items()}


@cache
def _stage(action: str) -> str | None:
    if action == "run_training_batch":
        return STEP
    if action.endswith(".train_dataloader_next"):
        return WAITING
    return FORWARD if action.startswith("[Strategy]") and action.endswith(".training_step") else None


def _peak_memory(device: torch.device) -> float:
    """Bytes."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
