"""Write the network of a checkpoint as ONNX graphs whose weights are those of the checkpoint.

python -m egs.mini_en.local.graph ctcalign/models/builtin/en/model.safetensors

The graphs beside the checkpoint, model.onnx and model.int8.onnx, have some kilobytes: they refer to the float16
weights by their places in model.safetensors and convert them to float32 or int8 when they are loaded. They must be
written again whenever the checkpoint changes.
Inputs and outputs are those that `ctcalign.models.builtin.chunks` describes: an utterance is computed in one piece or
in several. There are no lengths: a batch holds inputs of one length.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from ctcalign.errors import ModelError
from ctcalign.files import atomic_write
from ctcalign.models.builtin.chunks import BEYOND, FEATURES, LOG_PROBS, NEXT_PAST, NEXT_ROWS, PAST, ROWS
from ctcalign.models.builtin.config import NetworkConfig, config_of
from ctcalign.models.builtin.model import GRAPHS
from ctcalign.models.cards import safetensors_header
from ctcalign.models.features.scale import MELS
from ctcalign.models.header import header_object
from recipes.errors import one_line

OPSET, IR_VERSION = 17, 8  # 17 has LayerNormalization; ONNX Runtime knows both since 1.12
# Largest quantised weight. Seven bits: processors with AVX2 but without VNNI add two products in 16 bits.
LARGEST = 63


class Graph:
    """Nodes and constants of a graph under construction; values are known by their names.

    Args:
        weights: entries of the header of the checkpoint: dtype, shape and data_offsets of each.
        start: byte at which the data of the checkpoint begin.
        file: name of the checkpoint.
        quantised: whether linear layers compute with 8-bit integers.
    """

    def __init__(self, weights: Mapping[str, Any], start: int, file: str, *, quantised: bool = False) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._weights, self._start, self._file = weights, start, file
        self._quantised = quantised

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """A node with one output; returns its name."""
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def weight(self, name: str) -> str:
        """A weight of the checkpoint as float32."""
        entry = self._weights[name]
        if entry["dtype"] != "F16":
            raise ModelError(f"{name}: expected float16, got {entry['dtype']}; write the checkpoint again")
        first, stop = entry["data_offsets"]
        half = TensorProto(name=f"{name}:half", data_type=TensorProto.FLOAT16, dims=entry["shape"])
        half.data_location = TensorProto.EXTERNAL
        for key, value in (("location", self._file), ("offset", self._start + first), ("length", stop - first)):
            half.external_data.add(key=key, value=str(value))
        self.constants.append(half)
        return self.add("Cast", half.name, output=name, to=TensorProto.FLOAT)

    def integers(self, name: str, *values: int, scalar: bool = False) -> str:
        """A constant with one axis, or without."""
        return self._constant(name, np.array(values[0] if scalar else values, np.int64))

    def number(self, name: str, value: float) -> str:
        """A constant without an axis, float32."""
        return self._constant(name, np.array(value, np.float32))

    def last(self, x: str, count: int, axis: int, output: str | None = None) -> str:
        """The last `count` entries along an axis."""
        return self._slice(x, -count, np.iinfo(np.int64).max, axis, output)

    def between(self, x: str, count: int, axis: int) -> str:
        """What is left without `count` entries at either end of an axis."""
        return self._slice(x, count, -count, axis)

    def _slice(self, x: str, start: int, stop: int, axis: int, output: str | None = None) -> str:
        bounds = [self.integers(f"integer {value}", value) for value in (start, stop, axis)]
        return self.add("Slice", x, *bounds, output=output)

    def linear(self, x: str, name: str) -> str:
        """A layer of torch.nn.Linear."""
        turned = self.add("Transpose", self.weight(f"{name}.weight"), perm=[1, 0])
        product = self._quantised_product(x, turned) if self._quantised else self.add("MatMul", x, turned)
        return self.add("Add", product, self.weight(f"{name}.bias"))

    def _quantised_product(self, x: str, weight: str) -> str:
        """x @ weight in integers: weights with a scale a column, activations with one scale and zero point.

        ONNX Runtime folds what depends on the weights alone, and runs the rest as one operator.
        """
        largest = self.add("ReduceMax", self.add("Abs", weight), axes=[0], keepdims=0)
        scale = self.add("Div", largest, self._constant("largest", np.array(LARGEST, np.float32)))
        whole = self.add("Cast", self.add("Round", self.add("Div", weight, scale)), to=TensorProto.INT8)
        outputs = [f"{kind}_{len(self.nodes)}" for kind in ("quantised", "scale", "zero")]
        self.nodes.append(helper.make_node("DynamicQuantizeLinear", [x], outputs))
        product = self.add("Cast", self.add("MatMulInteger", outputs[0], whole, outputs[2]), to=TensorProto.FLOAT)
        return self.add("Mul", product, self.add("Mul", outputs[1], scale))

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        if not any(known.name == name for known in self.constants):
            self.constants.append(numpy_helper.from_array(value, name))
        return name

    def silu(self, x: str) -> str:
        """x * sigmoid(x)."""
        return self.add("Mul", x, self.add("Sigmoid", x))

    def norm(self, x: str, name: str) -> str:
        """A layer of torch.nn.LayerNorm over the last axis."""
        weight, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=1e-5)

    def conv(self, x: str, name: str, **attributes: Any) -> str:
        """A convolution with its bias."""
        return self.add("Conv", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), **attributes)

    def depthwise(self, x: str, name: str, config: NetworkConfig) -> str:
        """A convolution over time of each channel by itself, (B, T + kernel - 1, D) -> (B, T, D).

        In two dimensions, one of which has one row: ONNX Runtime computes that by blocks of channels, in half the time.
        """
        row = self.integers("row", 1)
        y = self.add("Transpose", self.add("Unsqueeze", x, row), perm=[0, 3, 1, 2])
        weight = self.add("Unsqueeze", self.weight(f"{name}.weight"), self.integers("height", 2))
        shape = {"kernel_shape": [1, config.kernel], "group": config.dim}
        y = self.add("Conv", y, weight, self.weight(f"{name}.bias"), **shape)
        return self.add("Squeeze", self.add("Transpose", y, perm=[0, 2, 3, 1]), row)


def network(graph: Graph, config: NetworkConfig) -> None:
    """The layers of `ctcalign.models.builtin.network.Network`, without masks: no input is padded."""
    stem = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 1, 1, 1]}  # one row before is in the input
    x = graph.add("Unsqueeze", FEATURES, graph.integers("channel", 1))
    x = graph.add("Concat", ROWS, graph.silu(graph.conv(x, "stem1", **stem)), axis=2)
    graph.last(x, 1, axis=2, output=NEXT_ROWS)
    x = graph.silu(graph.conv(x, "stem2", **stem))
    x = graph.add("Reshape", graph.add("Transpose", x, perm=[0, 2, 1, 3]), graph.integers("bands", 0, 0, -1))
    x = graph.linear(x, "enter")
    side = config.kernel // 2
    ends = []
    for number in range(config.blocks):
        block = f"blocks.{number}"
        past = graph.add("Gather", PAST, graph.integers(f"block {number}", number, scalar=True), axis=1)
        x = graph.add("Concat", past, x, BEYOND, axis=1)
        ends.append(graph.add("Unsqueeze", graph.last(x, 2 * side, axis=1), graph.integers("channel", 1)))
        y = graph.depthwise(x, f"{block}.depthwise", config)
        x = graph.between(x, side, axis=1)
        y = graph.silu(graph.linear(graph.norm(y, f"{block}.norm"), f"{block}.expand"))
        x = graph.add("Add", x, graph.linear(y, f"{block}.contract"))
    x = graph.linear(graph.norm(x, "norm"), "head")
    x = graph.add("Reshape", x, graph.integers("symbols", 0, -1, config.symbols))
    graph.add("LogSoftmax", x, output=LOG_PROBS, axis=-1)
    graph.add("Concat", *ends, output=NEXT_PAST, axis=1)


def graph_of(checkpoint: Path, *, quantised: bool = False) -> ModelProto:
    """The graph of a checkpoint; its linear layers in float32, or quantised.

    Raises:
        ModelError: it is not one of the built-in models' architecture, or its weights are not float16.
    """
    weights = safetensors_header(checkpoint)
    metadata: Any = weights.pop("__metadata__", {})
    config = config_of(header_object(metadata.get("ctcalign", "{}"), str(checkpoint)), str(checkpoint))
    with checkpoint.open("rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
    graph = Graph(weights, start, checkpoint.name, quantised=quantised)
    network(graph, config)
    floats = TensorProto.FLOAT
    whole = helper.make_graph(
        graph.nodes,
        "conv-ctc",
        [
            helper.make_tensor_value_info(FEATURES, floats, ["batch", "frames", MELS]),
            helper.make_tensor_value_info(ROWS, floats, ["batch", config.stem, 1, MELS // 2]),
            helper.make_tensor_value_info(PAST, floats, ["batch", config.blocks, "past_frames", config.dim]),
            helper.make_tensor_value_info(BEYOND, floats, ["batch", "beyond_frames", config.dim]),
        ],
        [
            helper.make_tensor_value_info(LOG_PROBS, floats, ["batch", "output_frames", config.symbols]),
            helper.make_tensor_value_info(NEXT_ROWS, floats, ["batch", config.stem, 1, MELS // 2]),
            helper.make_tensor_value_info(NEXT_PAST, floats, ["batch", config.blocks, "next_frames", config.dim]),
        ],
        graph.constants,
    )
    return helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="ctcalign"
    )


def write_graphs(make: Callable[..., ModelProto], description: str | None) -> None:
    """The command of a module: write the graphs of the checkpoint that it is given, beside it.

    Args:
        make: `graph_of` of the module.  description: help of the command.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    checkpoint = parser.parse_args().checkpoint
    if not checkpoint.is_file():
        raise ModelError(f"{checkpoint}: no such file; give the .safetensors of the model")
    for precision, name in GRAPHS.items():
        out = checkpoint.with_name(name)
        with atomic_write(out, "wb") as file:
            file.write(make(checkpoint, quantised=precision == "int8").SerializeToString())
        checker.check_model(str(out))
        print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    one_line(lambda: write_graphs(graph_of, __doc__))
