"""`onnx:FILE`: an exported CTC model, run by onnxruntime.

The graph: first input (B, N) float32 samples in [-1, 1]; an optional second input (B,) int64 or int32 lengths in
samples. First output (B, T, C); an optional second output (B,) int64 or int32 frames. B may be fixed to 1; N must be
dynamic.
The description (see `ctcalign.models.header`) is a JSON object, either in the graph's metadata under the key "ctcalign"
or in a file next to it: model.onnx.json or model.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.cards import check_licence
from ctcalign.models.header import ModelHeader, parse_header

_ERRORS = (
    "Fail",
    "InvalidArgument",
    "InvalidGraph",
    "InvalidProtobuf",
    "NoSuchFile",
    "NotImplemented",
    "RuntimeException",
)
_INTEGERS = {"tensor(int64)": torch.int64, "tensor(int32)": torch.int32}
_FLOATS = ("tensor(float)", "tensor(float16)", "tensor(bfloat16)", "tensor(double)")
_PROBE_SECONDS = 2
_SECOND_REMEDY = "export it with the logits alone, or with numbers of frames as the second output"
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}


class OnnxModel:
    """An onnxruntime session as an `AcousticModel`."""

    def __init__(self, name: str, session: Any, header: ModelHeader) -> None:
        self.name = name
        self.vocabulary = header.vocabulary
        self.frame_shift, self.sample_rate = header.frame_shift, header.sample_rate
        self.context, self.spike_delay = header.context, header.spike_delay
        self.language, self.licence = header.language, header.licence
        self._header = header
        self._session = session
        self._inputs = [item.name for item in session.get_inputs()]
        self._length_type = _INTEGERS[session.get_inputs()[1].type] if len(self._inputs) > 1 else torch.int64
        self._outputs = [item.name for item in session.get_outputs()][:2]
        self._single = session.get_inputs()[0].shape[0] == 1

    def __call__(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        samples = waveform.detach().float().cpu()
        counts = lengths.cpu().long()
        if self._header.normalise == "utterance":
            samples = _normalised(samples, counts)
        if self._single and len(samples) > 1:
            parts = [self._run(samples[i : i + 1], counts[i : i + 1]) for i in range(len(samples))]
            output, frames = torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])
        else:
            output, frames = self._run(samples, counts)
        if self._header.output == "probs":
            # Probabilities below the smallest normal number would give -inf, which no path can cross.
            return output.clamp(min=torch.finfo(torch.float32).tiny).log(), frames
        return output.log_softmax(-1), frames

    def _run(self, samples: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        feed = {self._inputs[0]: samples.numpy()}
        if len(self._inputs) > 1:
            feed[self._inputs[1]] = counts.to(self._length_type).numpy()
        try:
            results = self._session.run(self._outputs, feed)
        except _errors() as error:
            text = str(error)
            if any(sign in text.lower() for sign in ("allocate", "bad_alloc", "out of memory")):
                raise MemoryError(text) from None
            raise ModelError(
                f"{self.name}: the graph failed on {samples.shape[1]} samples ({text.splitlines()[0]})"
            ) from None
        output = torch.from_numpy(np.asarray(results[0], dtype=np.float32))
        if output.ndim != 3 or len(output) != len(samples):
            hint = "; transpose it" if output.ndim == 3 and output.shape[1] == len(samples) else ""
            raise ModelError(
                f"{self.name}: expected a first output of shape (batch, frames, symbols), got {tuple(output.shape)} "
                f"for a batch of {len(samples)}{hint}"
            )
        if len(results) > 1:
            frames = torch.from_numpy(np.asarray(results[1]).reshape(-1)).long()
            if len(frames) != len(samples) or (frames < 0).any() or (frames > output.shape[1]).any():
                raise ModelError(
                    f"{self.name}: expected a second output with the number of frames of each input, at most "
                    f"{output.shape[1]}, got {frames.tolist()[:4]}; {_SECOND_REMEDY}"
                )
            return output, frames
        hop = round(self.frame_shift * self.sample_rate)
        missing = torch.div(samples.shape[1] - counts, hop, rounding_mode="floor")
        return output, (output.shape[1] - missing).clamp(min=0)


def load(file: str, device: str, allow_noncommercial: bool) -> OnnxModel:
    """Open a graph and check its description.

    Raises:
        ModelError: onnxruntime is missing, or the file, its description or its inputs are not as described above.
        UsageError: onnxruntime cannot use the device.
    """
    name, path = f"onnx:{file}", Path(file)
    try:
        import onnxruntime
    except ImportError:
        raise ModelError(f"{name}: needs onnxruntime; pip install 'ctcalign[onnx]'") from None
    if not path.is_file():
        raise ModelError(f"{name}: no such file; give the path of an exported model")
    provider = _PROVIDERS[torch.device(device).type]
    if provider not in onnxruntime.get_available_providers():
        raise UsageError(
            f"device: this onnxruntime has no {provider} for {device}; use --device cpu or install onnxruntime-gpu"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=[provider])
    except _errors() as error:
        raise ModelError(f"{name}: cannot be run by onnxruntime ({_first_line(error)}); export it again") from None
    header = parse_header(*_description(path, session, name))
    check_licence(name, header.licence, allow_noncommercial)
    _check_inputs(name, session)
    _check_outputs(name, session)
    model = OnnxModel(name, session, header)
    _probe(model)
    return model


def _probe(model: OnnxModel) -> None:
    """Check shapes, which the graph need not declare, on a short input.

    Raises:
        ModelError: the output is not as described above, or has another number of columns than there are symbols.
    """
    samples = _PROBE_SECONDS * model.sample_rate
    log_probs, frames = model(torch.zeros(1, samples), torch.tensor([samples]))
    columns, symbols = log_probs.shape[-1], len(model.vocabulary)
    if columns != symbols:
        raise ModelError(f"{model.name}: the graph returns {columns} columns but its description has {symbols} symbols")
    expected = _PROBE_SECONDS / model.frame_shift
    if frames.item() < expected / 2:
        raise ModelError(
            f"{model.name}: {_PROBE_SECONDS} s give {frames.item()} frames, but the frame_shift of {model.frame_shift} "
            f"s implies about {expected:.0f}; correct the frame_shift, or the second output of the graph"
        )


def _description(path: Path, session: Any, name: str) -> tuple[dict[str, Any], str]:
    text = session.get_modelmeta().custom_metadata_map.get("ctcalign")
    where = f"{name} (metadata)"
    if text is None:
        beside = [path.with_name(path.name + ".json"), path.with_suffix(".json")]
        found = next((candidate for candidate in beside if candidate.is_file()), None)
        if found is None:
            raise ModelError(
                f"{name}: has no description; add the metadata entry 'ctcalign' or a file {beside[0].name} next to it "
                'with {"symbols": [...], "blank": 0, "frame_shift": 0.02, "licence": "..."}'
            )
        where = str(found)
        text = found.read_text(encoding="utf-8")
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise ModelError(f"{where}: is not JSON ({error})") from None
    if not isinstance(fields, dict):
        raise ModelError(f"{where}: expected a JSON object")
    return fields, where


def _check_inputs(name: str, session: Any) -> None:
    inputs = session.get_inputs()
    shape = inputs[0].shape
    if len(shape) != 2 or inputs[0].type != "tensor(float)" or isinstance(shape[1], int) or len(inputs) > 2:
        raise ModelError(
            f"{name}: expected inputs (batch, samples) float32 of dynamic length and optionally lengths (batch,), "
            f"got {_declared(inputs)}; export it with its features inside"
        )
    if len(inputs) == 2 and not _is_count(inputs[1]):
        raise ModelError(
            f"{name}: expected as second input the lengths in samples, (batch,) int64 or int32, got "
            f"{_declared(inputs[1:])}; export it with lengths instead of a mask or fractions, or with the samples alone"
        )


def _check_outputs(name: str, session: Any) -> None:
    first, *others = session.get_outputs()
    if first.type not in _FLOATS or (first.shape and len(first.shape) != 3):
        raise ModelError(
            f"{name}: expected a first output (batch, frames, symbols) of floats, got {_declared([first])}; "
            "export it with its logits as the first output"
        )
    if others and not _is_count(others[0]):
        raise ModelError(
            f"{name}: expected as second output the number of frames, (batch,) int64 or int32, got "
            f"{_declared(others[:1])}; {_SECOND_REMEDY}"
        )


def _is_count(item: Any) -> bool:
    """Whether an input or output may have one whole number for each row of the batch; a shape may be undeclared."""
    return item.type in _INTEGERS and (not item.shape or len(item.shape) == 1)


def _declared(items: Any) -> str:
    return ", ".join(f"{item.name} {item.shape} {item.type}" for item in items)


def _normalised(samples: Tensor, counts: Tensor) -> Tensor:
    """Zero mean and unit variance of each row, silence beyond its length; 1e-7 as transformers adds it."""
    inside = (torch.arange(samples.shape[1])[None] < counts[:, None]).float()
    number = counts.clamp(min=1)[:, None]
    centred = (samples - (samples * inside).sum(1, keepdim=True) / number) * inside
    return centred / (centred.square().sum(1, keepdim=True) / number + 1e-7).sqrt()


def _errors() -> tuple[type[Exception], ...]:
    """The errors of onnxruntime, which share no base class."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = (getattr(state, name, None) for name in _ERRORS)
    return (*(kind for kind in own if kind is not None), RuntimeError, ValueError)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
