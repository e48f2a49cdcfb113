"""Memory: recognise that it ran out, measure what a window takes, choose window and batch for a limit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch

# Bytes that a second of window takes where it cannot be measured: about what the first layers of wav2vec 2.0 take.
ASSUMED_PER_SECOND = 32 << 20
# A measured need is stretched by this factor: attention grows faster than the window.
SAFETY = 2.0
# Room for blocks of samples, the kept part of the emission and the interpreter's own growth.
RESERVE = 96 << 20

_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to allocate",
    "bad_alloc",
    "not enough memory",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Torch, numpy and onnxruntime say it in different ways."""
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def release(device: torch.device) -> None:
    """Give cached blocks back to the device, so that a smaller batch finds room."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def resident_bytes() -> int | None:
    """Memory that this process holds now, None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    import resource

    return pages * resource.getpagesize()


def peak_of(run: Callable[[], object], device: torch.device) -> int | None:
    """Bytes that `run` takes at most beyond what is held before it, None where that cannot be measured."""
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        run()
        return max(torch.cuda.max_memory_allocated(device) - before, 0)
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


def used_bytes(device: torch.device) -> int:
    """What counts against a memory limit: the process on a CPU, the device's own memory on a GPU."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    return resident_bytes() or 0


def readable(size: float) -> str:
    """1.5 GB, 300 MB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
