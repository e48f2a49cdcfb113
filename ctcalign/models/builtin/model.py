"""The built-in models for inference: log-mel features in NumPy, the network as a graph in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ctcalign.errors import ModelError, UsageError
from ctcalign.extras import is_installed
from ctcalign.models.builtin.chunks import ConvGraph
from ctcalign.models.builtin.config import FRAME_SHIFT
from ctcalign.models.builtin.whisper_graph import WhisperGraph
from ctcalign.models.cards import safetensors_header
from ctcalign.models.features.scale import SAMPLE_RATE
from ctcalign.models.header import BUILTIN, ENCODER, check_identity, header_object
from ctcalign.models.inference import on_arrays
from ctcalign.models.onnx_session import can_use, open_session
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.models.protocol import Samples

FOLDER = Path(__file__).parent
NAMES = ("en", "en-robust", "de-fr")
# The graphs contain no weights: they refer to positions in the file WEIGHTS.
GRAPHS = {"float32": "model.onnx", "int8": "model.int8.onnx"}
WEIGHTS = "model.safetensors"


class Graph(Protocol):
    """A network with its features; see `ConvGraph` for its attributes."""

    context: float | None
    window: float

    def __call__(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(B, N) samples of one length -> (B, T, C) log-probabilities."""
        ...


_KINDS: dict[object, type[ConvGraph | WhisperGraph]] = {BUILTIN: ConvGraph, ENCODER: WhisperGraph}


class BuiltinModel:
    """The network of a folder such as `builtin/en` as an `AcousticModel` that computes on arrays.

    Args:
        graph: the network with its features.
        header: of the weights: symbols, blank, separator, spike_delay, language, licence and the recipe.
        name: name of the model.
        device: of the session.
        quantised: whether the graph is the int8 one.
    """

    takes_arrays = True
    sample_rate = SAMPLE_RATE
    frame_shift = FRAME_SHIFT

    def __init__(
        self, graph: Graph, header: Mapping[str, Any], name: str, device: str, *, quantised: bool = False
    ) -> None:
        self.header = header
        self.name = name
        self.device = device
        self.precision = "int8" if quantised else "float32"
        self.vocabulary = check_identity(header, name)
        self.spike_delay = float(header.get("spike_delay", 0.0))
        self.unsure: float | None = header.get("unsure")
        self.language: str | None = header.get("language")
        self.licence = str(header.get("licence", "unknown"))
        self.context, self.window = graph.context, graph.window
        self._graph = graph

    def __call__(self, waveform: Samples, lengths: Samples) -> tuple[Any, Any]:
        """(B, N) samples at 16 kHz and (B,) lengths in samples -> (B, T, 29) log-probabilities and (B,) frames.

        Frame t covers the 20 ms from t * 0.02 s; there are ceil((N // 160) / 2) of them. Arrays or tensors, as given.
        """
        return on_arrays(self._run, waveform, lengths)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, {self.precision}, on {self.device}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are loaded again: a session cannot be copied."""
        return load, (self.name.partition(":")[2], self.device, False, self.precision == "int8")

    def _run(
        self, waveform: npt.NDArray[np.float32], lengths: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        parts = []
        for length in sorted({*lengths.tolist()}):  # rows of one length are one batch, without padding
            rows = np.flatnonzero(lengths == length)
            parts.append((rows, self._graph(waveform[rows, :length])))
        frames = np.zeros(len(waveform), np.int64)
        for rows, log_probs in parts:
            frames[rows] = log_probs.shape[1]
        found = np.zeros((len(waveform), int(frames.max(initial=0)), len(self.vocabulary)), np.float32)
        for rows, log_probs in parts:
            found[rows, : log_probs.shape[1]] = log_probs
        return found, frames


def load(
    language: str, device: str = "auto", allow_noncommercial: bool = False, quantised: bool = False
) -> AcousticModel:
    """Load `builtin:en`, or another model in this folder.

    It runs in ONNX Runtime, with "auto" on a CUDA device if there is one. If the installed ONNX Runtime does not
    support the device, the model runs in torch, if torch is installed. With `quantised`, linear layers compute with
    8-bit integers, on the CPU only.

    Raises:
        UsageError: unknown model or device, or `quantised` on another device than the CPU.
        ModelError: its files are missing or damaged.
    """
    name = f"builtin:{language}"
    if language not in NAMES:
        from ctcalign.models.registry import remedy

        raise UsageError(f"model: unknown model {name!r}; {remedy(name)}")
    folder = (FOLDER / language).resolve()
    if quantised and device not in ("auto", "cpu"):
        raise UsageError(f"precision: int8 runs on the CPU only, got the device {device}; use --device cpu or auto")
    if not can_use(device) and is_installed("torch"):
        from ctcalign.models.checkpoint import load_file
        from ctcalign.models.devices import pick_device

        return load_file(folder / WEIGHTS, name, pick_device(device))
    graph = GRAPHS["int8" if quantised else "float32"]
    session, used = open_session(folder / graph, name, "cpu" if quantised else device)
    header = _header(folder / WEIGHTS, name)
    if header.get("architecture") not in _KINDS:
        raise ModelError(f"{name}: {folder / WEIGHTS} is of another version of ctcalign; install ctcalign again")
    kind = _KINDS[header["architecture"]]
    return BuiltinModel(kind(session, header, name), header, name, used, quantised=quantised)


def _header(path: Path, name: str) -> dict[str, Any]:
    try:
        metadata = safetensors_header(path).get("__metadata__")
    except (OSError, ValueError) as error:
        raise ModelError(f"{name}: {path} cannot be read ({error}); install ctcalign again") from error
    return header_object(metadata.get("ctcalign", "{}") if isinstance(metadata, dict) else "{}", name)
