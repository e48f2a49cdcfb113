"""Which device a model runs on."""

from __future__ import annotations

from ctcalign.errors import UsageError


def pick_device(device: str = "auto") -> str:
    """The device to use: "auto" takes a GPU when there is one.

    Args:
        device: "auto", "cpu", "cuda", "cuda:1", "mps" or another name that torch knows.
    Raises:
        UsageError: no such device here.
    """
    import torch

    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if device == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    try:
        wanted = torch.device(device)
    except RuntimeError:
        raise UsageError(f"device: expected auto, cpu, cuda, cuda:N or mps, got {device!r}") from None
    if wanted.type == "cuda":
        count = torch.cuda.device_count() if cuda else 0
        if count == 0:
            raise UsageError(f"device: {device} was asked for but torch finds no CUDA device; use --device cpu or auto")
        if (wanted.index or 0) >= count:
            raise UsageError(
                f"device: {device} was asked for but there are {count} CUDA devices (cuda:0 to cuda:{count - 1})"
            )
    elif wanted.type == "mps" and not mps:
        raise UsageError("device: mps was asked for but torch finds no Apple GPU; use --device cpu or auto")
    elif wanted.type not in ("cpu", "mps"):
        raise UsageError(f"device: expected auto, cpu, cuda, cuda:N or mps, got {device!r}")
    return device
