"""The device on which a model runs: names for torch and for ONNX Runtime."""

from __future__ import annotations

from ctcalign.errors import UsageError
from ctcalign.extras import is_installed, require
from ctcalign.models.protocol import AcousticModel


def pick_device(device: str = "auto") -> str:
    """The device of a model that runs in torch: "auto" is a GPU if there is one, else the CPU.

    Args:
        device: "auto", "cpu", "cuda", "cuda:1", "mps" or another name that torch knows.
    Raises:
        UsageError: no such device here.   MissingPackageError: it needs torch, which is not installed.
    """
    if device == "cpu" or (device == "auto" and not is_installed("torch")):
        return "cpu"
    require("torch")
    import torch

    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if device == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    try:
        requested = torch.device(device)
    except RuntimeError:
        raise UsageError(f"device: expected auto, cpu, cuda, cuda:N or mps, got {device!r}") from None
    if requested.type == "cuda":
        count = torch.cuda.device_count() if cuda else 0
        if count == 0:
            raise UsageError(f"device: {device} was requested but torch finds no CUDA device; use --device cpu or auto")
        if (requested.index or 0) >= count:
            raise UsageError(
                f"device: {device} was requested but there are {count} CUDA devices (cuda:0 to cuda:{count - 1})"
            )
    elif requested.type == "mps" and not mps:
        raise UsageError("device: mps was requested but torch finds no Apple GPU; use --device cpu or auto")
    elif requested.type not in ("cpu", "mps"):
        raise UsageError(f"device: expected auto, cpu, cuda, cuda:N or mps, got {device!r}")
    return device


def takes_arrays(model: AcousticModel) -> bool:
    """Whether a model computes on NumPy arrays; the others on tensors of torch."""
    return bool(getattr(model, "takes_arrays", False))


def device_of(model: AcousticModel, device: str) -> str:
    """The device on which a model runs: that of `pick_device` for a model of torch, else where it was loaded."""
    return str(getattr(model, "device", "cpu")) if takes_arrays(model) else pick_device(device)


def parsed_device(device: str) -> tuple[str, int]:
    """Kind and number of a device: "cuda:1" is ("cuda", 1).

    Raises:
        UsageError: another name than auto, cpu, cuda, cuda:N and mps.
    """
    kind, colon, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (colon and not (kind == "cuda" and number.isdecimal())):
        raise UsageError(f"device: expected auto, cpu, cuda, cuda:N or mps, got {device!r}")
    return kind, int(number or 0)
