"""Sessions of ONNX Runtime: the device, the number of threads, and its errors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.devices import parsed_device
from ctcalign.threads import thread_count

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}
_ERRORS = (
    "Fail",
    "InvalidArgument",
    "InvalidGraph",
    "InvalidProtobuf",
    "NoSuchFile",
    "NotImplemented",
    "RuntimeException",
)


def runtime() -> Any:
    """The package onnxruntime, with telemetry off unless the user's environment allows it.

    Newer wheels send telemetry by default, and leave a file in the temporary folder.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


def can_use(device: str) -> bool:
    """Whether the installed ONNX Runtime was built for a device; whether the machine has one is not checked.

    Raises:
        UsageError: not the name of a device.
    """
    kind, _ = parsed_device(device)
    return kind == "auto" or _PROVIDERS[kind] in runtime().get_available_providers()


def open_session(path: Path, name: str, device: str) -> tuple[Any, str]:
    """A session for a graph, and the device that it uses; "auto" is a CUDA device if there is one, else the CPU.

    Args:
        path: of the graph.   name: of the model, for messages.   device: "auto", "cpu", "cuda", "cuda:1", "mps".
    Raises:
        UsageError: ONNX Runtime cannot use the device.   ModelError: it cannot run the graph.
    """
    onnxruntime = runtime()
    kind, number = parsed_device(device)
    if not can_use(device):
        raise UsageError(
            f"device: this onnxruntime has no {_PROVIDERS[kind]} for {device}; use --device cpu or install "
            "onnxruntime-gpu"
        )
    providers: list[Any] = [_PROVIDERS["cpu"]]
    if kind == "cuda" or (kind == "auto" and can_use("cuda")):
        providers.insert(0, (_PROVIDERS["cuda"], {"device_id": number}))
    elif kind == "mps":
        providers.insert(0, _PROVIDERS["mps"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as `wait_passively`
    options.log_severity_level = 4 if kind == "auto" else 3  # "auto" tries CUDA and falls back to the CPU
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    except errors() as error:
        raise ModelError(f"{name}: cannot be run by onnxruntime ({first_line(error)}); export it again") from None
    used = session.get_providers()[0]
    if kind not in ("auto", "cpu") and used != _PROVIDERS[kind]:
        raise UsageError(f"device: onnxruntime cannot use {device} on this machine; use --device cpu or auto")
    return session, next(device for device, provider in _PROVIDERS.items() if provider == used)


def run_session(session: Any, outputs: Sequence[str], feed: dict[str, npt.NDArray[Any]], name: str) -> list[Any]:
    """The outputs of a graph.

    Raises:
        MemoryError: memory ran out.   ModelError: the graph failed.
    """
    try:
        found: list[Any] = session.run(list(outputs), feed)
    except errors() as error:
        text = str(error)
        if any(sign in text.lower() for sign in ("allocate", "bad_alloc", "out of memory")):
            raise MemoryError(text) from None
        size = next(iter(feed.values())).shape[1]
        raise ModelError(f"{name}: the graph failed on {size} samples ({first_line(error)})") from None
    return found


def log_softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Log-probabilities of the last axis."""
    with np.errstate(invalid="ignore"):  # NaN of a diverged model is reported with its place
        shifted: npt.NDArray[np.float32] = logits - logits.max(-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(-1, keepdims=True))
    return shifted


def errors() -> tuple[type[Exception], ...]:
    """The errors of onnxruntime, which share no base class."""
    state = runtime().capi.onnxruntime_pybind11_state
    own = (getattr(state, name, None) for name in _ERRORS)
    return (*(kind for kind in own if kind is not None), RuntimeError, ValueError)


def first_line(error: BaseException) -> str:
    """The first line of an error message, to be quoted in a message of ctcalign."""
    return next(iter(str(error).splitlines()), type(error).__name__)
