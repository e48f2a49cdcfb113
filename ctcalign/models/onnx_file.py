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
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ctcalign.errors import ModelError
from ctcalign.models.cards import check_licence
from ctcalign.models.header import ModelHeader, parse_header
from ctcalign.models.inference import on_arrays
from ctcalign.models.onnx_session import log_softmax, open_session, run_session

if TYPE_CHECKING:
    from ctcalign.models.protocol import Samples

_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_FLOATS = ("tensor(float)", "tensor(float16)", "tensor(bfloat16)", "tensor(double)")
_PROBE_SECONDS = 2
_SECOND_REMEDY = "export it with the logits alone, or with numbers of frames as the second output"

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]


class OnnxModel:
    """An onnxruntime session as an `AcousticModel` that computes on arrays."""

    takes_arrays = True

    def __init__(self, name: str, session: Any, header: ModelHeader, device: str = "cpu") -> None:
        self.name = name
        self.device = device
        self.vocabulary = header.vocabulary
        self.frame_shift, self.frame_offset = header.frame_shift, header.frame_offset
        self.sample_rate = header.sample_rate
        self.context, self.spike_delay = header.context, header.spike_delay
        self.language, self.licence = header.language, header.licence
        self._header = header
        self._session = session
        self._inputs = [item.name for item in session.get_inputs()]
        self._length_type = _INTEGERS[session.get_inputs()[1].type] if len(self._inputs) > 1 else np.int64
        self._outputs = [item.name for item in session.get_outputs()][:2]
        self._single = session.get_inputs()[0].shape[0] == 1

    def __call__(self, waveform: Samples, lengths: Samples) -> tuple[Any, Any]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames; of the same kind."""
        return on_arrays(self._run, waveform, lengths)

    def _run(self, samples: Floats, counts: Counts) -> tuple[Floats, Counts]:
        if self._header.normalise == "utterance":
            samples = _normalised(samples, counts)
        if self._single and len(samples) > 1:
            parts = [self._outputs_of(samples[i : i + 1], counts[i : i + 1]) for i in range(len(samples))]
            output, frames = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        else:
            output, frames = self._outputs_of(samples, counts)
        if self._header.output == "probs":
            # Probabilities below the smallest normal number would give -inf, which no path can cross.
            return np.log(np.maximum(output, np.finfo(np.float32).tiny)), frames
        return log_softmax(output), frames

    def _outputs_of(self, samples: Floats, counts: Counts) -> tuple[Floats, Counts]:
        feed: dict[str, npt.NDArray[Any]] = {self._inputs[0]: samples}
        if len(self._inputs) > 1:
            feed[self._inputs[1]] = counts.astype(self._length_type)
        results = run_session(self._session, self._outputs, feed, self.name)
        output = np.asarray(results[0], dtype=np.float32)
        if output.ndim != 3 or len(output) != len(samples):
            hint = "; transpose it" if output.ndim == 3 and output.shape[1] == len(samples) else ""
            raise ModelError(
                f"{self.name}: expected a first output of shape (batch, frames, symbols), got {output.shape} "
                f"for a batch of {len(samples)}{hint}"
            )
        if len(results) > 1:
            frames = np.asarray(results[1]).reshape(-1).astype(np.int64)
            if len(frames) != len(samples) or (frames < 0).any() or (frames > output.shape[1]).any():
                raise ModelError(
                    f"{self.name}: expected a second output with the number of frames of each input, at most "
                    f"{output.shape[1]}, got {frames.tolist()[:4]}; {_SECOND_REMEDY}"
                )
            return output, frames
        hop = round(self.frame_shift * self.sample_rate)
        missing = (samples.shape[1] - counts) // hop
        return output, np.maximum(output.shape[1] - missing, 0)


def load(file: str, device: str, allow_noncommercial: bool) -> OnnxModel:
    """Open a graph and check its description.

    Raises:
        ModelError: the file, its description or its inputs are not as described above.
        UsageError: onnxruntime cannot use the device.
    """
    name, path = f"onnx:{file}", Path(file)
    if not path.is_file():
        raise ModelError(f"{name}: no such file; give the path of an exported model")
    session, used = open_session(path, name, device)
    header = parse_header(*_description(path, session, name))
    check_licence(name, header.licence, allow_noncommercial)
    _check_inputs(name, session)
    _check_outputs(name, session)
    model = OnnxModel(name, session, header, used)
    _probe(model)
    return model


def _probe(model: OnnxModel) -> None:
    """Check shapes, which the graph need not declare, on a short input.

    Raises:
        ModelError: the output is not as described above, or has another number of columns than there are symbols.
    """
    samples = _PROBE_SECONDS * model.sample_rate
    log_probs, frames = model(np.zeros((1, samples), np.float32), np.array([samples]))
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


def _normalised(samples: Floats, counts: Counts) -> Floats:
    """Zero mean and unit variance of each row, silence beyond its length; 1e-7 as transformers adds it."""
    inside = np.arange(samples.shape[1])[None] < counts[:, None]
    number = np.maximum(counts, 1)[:, None]
    centred = (samples - (samples * inside).sum(1, keepdims=True, dtype=np.float64) / number) * inside
    variance = np.square(centred).sum(1, keepdims=True) / number
    return np.asarray(centred / np.sqrt(variance + 1e-7), np.float32)
