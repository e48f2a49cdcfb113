"""Write a model of torch as an ONNX graph with its description, after a comparison with torch."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ctcalign.errors import ModelError
from ctcalign.extras import require
from ctcalign.files import atomic_write
from ctcalign.files.leftovers import temporary_folder
from ctcalign.files.together import together
from ctcalign.models import onnx_file
from ctcalign.models.onnx_export.graphs import graph_of, torch_model
from ctcalign.models.onnx_session import first_line
from ctcalign.models.protocol import AcousticModel

OPSET = 17  # has all operators that the networks need; ONNX Runtime supports it since 1.12
KEY = "ctcalign"  # of the description in the metadata
# Largest difference of a log-probability between torch and ONNX Runtime, nats.
TOLERANCE = 1e-3
# A file of ONNX has at most 2 GB: larger weights are written beside it.
LARGEST = 1_900_000_000
# Durations in seconds of the inputs in each comparison batch; none equals the durations used for tracing.
_COMPARED = ((2.7,), (1.9, 1.3, 0.64))
_TRACED = (1.6, 1.2)


def export_onnx(name: str, output: Path, allow_noncommercial: bool = False) -> float:
    """Write a model as an ONNX graph that `onnx:FILE` loads; nothing is written if it does not compute the same.

    The graph has the inputs "waveform" (B, N) float32 and "lengths" (B,) int64 and the outputs "log_probs" (B, T, C)
    and "frames" (B,) int64.

    Args:
        name: of a model of torch: hf:, torchaudio:, builtin: or checkpoint:.
        output: .onnx file. Weights of more than 1.9 GB are written to a second file, OUTPUT.data.
        allow_noncommercial: accept licences that forbid commercial use.
    Returns:
        The largest difference of a log-probability between torch and ONNX Runtime in the comparison, nats.
    Raises:
        UsageError: there is no such model, or its features are not computed in torch.
        ModelError: it cannot be loaded, or its graph does not compute what torch computes.
        OutputError: the file cannot be written.
    """
    require("onnx")
    model = torch_model(name, allow_noncommercial)
    graph = _traced(graph_of(model), model)
    _describe(graph, model)
    with temporary_folder() as folder:
        first, data = folder / output.name, f"{output.name}.data"
        _save(graph, first, data)
        difference = compare(model, first)
        with together():
            for file, target in ((first, output), (folder / data, output.with_name(data))):
                if file.is_file():
                    with file.open("rb") as source, atomic_write(target, "wb") as sink:
                        shutil.copyfileobj(source, sink)
    return difference


def compare(model: AcousticModel, file: Path) -> float:
    """The largest difference between a model and its graph on noise, in nats.

    Raises:
        ModelError: it is larger than `TOLERANCE`, or symbols or frames differ.
    """
    try:
        graph = onnx_file.load(str(file), "cpu", allow_noncommercial=True)
    except ModelError as error:
        raise _different(model, str(error)) from None
    if graph.vocabulary != model.vocabulary:
        raise ModelError(f"{model.name}: its symbols cannot be described in a graph; nothing was written")
    largest, rng = 0.0, np.random.default_rng(1)
    for seconds in _COMPARED:
        lengths = np.array([round(one * model.sample_rate) for one in seconds])
        # Noise whose loudness changes, as that of speech does.
        loudness = 0.1 * (1 + np.sin(np.arange(lengths.max()) / model.sample_rate * 12)) / 2
        waveform = (loudness * rng.standard_normal((len(lengths), lengths.max()))).astype(np.float32)
        with torch.inference_mode():
            expected, frames = (one.numpy() for one in model(torch.from_numpy(waveform), torch.from_numpy(lengths)))
        try:
            found, counts = graph(waveform, lengths)
        except ModelError as error:
            raise _different(model, str(error)) from None
        if counts.tolist() != frames.tolist():
            raise _different(model, f"{counts.tolist()} frames instead of {frames.tolist()}")
        for ours, theirs, count in zip(found, expected, counts.tolist(), strict=True):
            largest = max(largest, float(np.abs(ours[:count] - theirs[:count]).max(initial=0.0)))
    if not largest <= TOLERANCE:
        raise _different(model, f"log-probabilities differ by up to {largest:.2g}, at most {TOLERANCE:g} expected")
    return largest


def description(model: AcousticModel) -> dict[str, Any]:
    """The description of a model's graph, see `ctcalign.models.header`."""
    vocabulary = model.vocabulary
    return {
        "symbols": list(vocabulary.symbols),
        "blank": vocabulary.blank,
        "separator": vocabulary.separator,
        "unknown": vocabulary.unknown,
        "word_pieces": vocabulary.word_pieces,
        "frame_shift": model.frame_shift,
        "frame_offset": float(getattr(model, "frame_offset", 0.0)),
        "sample_rate": model.sample_rate,
        "context": model.context,
        "spike_delay": model.spike_delay,
        "language": model.language,
        "licence": model.licence,
        "output": "log_probs",
    }


def _different(model: AcousticModel, reason: str) -> ModelError:
    return ModelError(
        f"{model.name}: its graph does not compute what torch computes ({reason}), because its network cannot be "
        "traced for inputs of any length; nothing was written"
    )


def _traced(graph: nn.Module, model: AcousticModel) -> Any:
    """The graph as a ModelProto.

    Raises:
        ModelError: the network uses operations that cannot be exported.
    """
    import onnx

    lengths = torch.tensor([round(seconds * model.sample_rate) for seconds in _TRACED])
    waveform = 0.1 * torch.randn(len(lengths), int(lengths[0]), generator=torch.Generator().manual_seed(0))
    batch = {0: "batch"}
    axes = {"waveform": {**batch, 1: "samples"}, "lengths": batch, "log_probs": {**batch, 1: "time"}, "frames": batch}
    # The exporter that traces: the newer one needs another package, takes minutes, and old versions have none.
    exporter: Any = torch.onnx.export
    options = {"dynamo": False} if "dynamo" in signature(exporter).parameters else {}
    with temporary_folder() as folder, _silence(), torch.inference_mode():
        file = folder / "model.onnx"
        try:
            exporter(
                graph,
                (waveform, lengths),
                str(file),
                input_names=["waveform", "lengths"],
                output_names=["log_probs", "frames"],
                dynamic_axes=axes,
                opset_version=OPSET,
                **options,
            )
        except (RuntimeError, ValueError, TypeError, torch.onnx.errors.OnnxExporterError) as error:
            raise ModelError(f"{model.name}: cannot be exported ({first_line(error)[:200]})") from None
        return onnx.load(str(file))


def _describe(graph: Any, model: AcousticModel) -> None:
    entry = graph.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(description(model), ensure_ascii=False)
    graph.producer_name = "ctcalign"


def _save(graph: Any, file: Path, data: str) -> None:
    """Write the graph; weights that are too large for it to a file `data` beside it."""
    import onnx

    if graph.ByteSize() <= LARGEST:
        onnx.save_model(graph, str(file))
    else:
        onnx.save_model(graph, str(file), save_as_external_data=True, all_tensors_to_one_file=True, location=data)


@contextmanager
def _silence() -> Iterator[None]:
    """Suppress the exporter's warnings, since the comparison finds wrongly traced operations."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
