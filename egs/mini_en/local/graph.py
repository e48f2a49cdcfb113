"""Write the network of a checkpoint as an ONNX graph whose weights are those of the checkpoint.

python -m egs.mini_en.local.graph ctcalign/models/builtin/en/model.safetensors

The graph, model.onnx beside the checkpoint, has some kilobytes: it refers to the float16 weights by their places in
model.safetensors and converts them to float32. It must be written again whenever the checkpoint changes.
Input "features": log-mel energies less their running mean, divided by `FEATURE_SCALE`, (B, T, 80) float32, T > 0.
Output "log_probs": (B, 2 * ceil(T / 4), symbols). There are no lengths: a batch holds inputs of one length.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from ctcalign.errors import ModelError
from ctcalign.files import atomic_write
from ctcalign.models.builtin.config import NetworkConfig, config_of
from ctcalign.models.builtin.model import GRAPH, INPUT, OUTPUT
from ctcalign.models.cards import safetensors_header
from ctcalign.models.features.scale import MELS
from ctcalign.models.header import header_object
from recipes.errors import one_line

OPSET, IR_VERSION = 17, 8  # 17 has LayerNormalization; ONNX Runtime knows both since 1.12


class Graph:
    """Nodes and constants of a graph under construction; values are known by their names.

    Args:
        weights: entries of the header of the checkpoint: dtype, shape and data_offsets of each.
        start: byte at which the data of the checkpoint begin.
        file: name of the checkpoint.
    """

    def __init__(self, weights: Mapping[str, Any], start: int, file: str) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._weights, self._start, self._file = weights, start, file

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

    def integers(self, name: str, *values: int) -> str:
        """A constant."""
        self.constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def linear(self, x: str, name: str) -> str:
        """A layer of torch.nn.Linear."""
        turned = self.add("Transpose", self.weight(f"{name}.weight"), perm=[1, 0])
        return self.add("Add", self.add("MatMul", x, turned), self.weight(f"{name}.bias"))

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


def network(graph: Graph, config: NetworkConfig) -> None:
    """The layers of `ctcalign.models.builtin.network.Network`, without masks: no input is padded."""
    x = graph.add("Unsqueeze", INPUT, graph.integers("channel", 1))
    for stem in ("stem1", "stem2"):
        x = graph.silu(graph.conv(x, stem, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]))
    x = graph.add("Reshape", graph.add("Transpose", x, perm=[0, 2, 1, 3]), graph.integers("bands", 0, 0, -1))
    x = graph.linear(x, "enter")
    side = config.kernel // 2
    for number in range(config.blocks):
        block = f"blocks.{number}"
        y = graph.add("Transpose", x, perm=[0, 2, 1])
        depthwise = {"kernel_shape": [config.kernel], "pads": [side, side], "group": config.dim}
        y = graph.add("Transpose", graph.conv(y, f"{block}.depthwise", **depthwise), perm=[0, 2, 1])
        y = graph.silu(graph.linear(graph.norm(y, f"{block}.norm"), f"{block}.expand"))
        x = graph.add("Add", x, graph.linear(y, f"{block}.contract"))
    x = graph.linear(graph.norm(x, "norm"), "head")
    x = graph.add("Reshape", x, graph.integers("symbols", 0, -1, config.symbols))
    graph.add("LogSoftmax", x, output=OUTPUT, axis=-1)


def graph_of(checkpoint: Path) -> ModelProto:
    """The graph of a checkpoint.

    Raises:
        ModelError: it is not one of the built-in models' architecture, or its weights are not float16.
    """
    weights = safetensors_header(checkpoint)
    metadata: Any = weights.pop("__metadata__", {})
    config = config_of(header_object(metadata.get("ctcalign", "{}"), str(checkpoint)), str(checkpoint))
    with checkpoint.open("rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
    graph = Graph(weights, start, checkpoint.name)
    network(graph, config)
    floats = TensorProto.FLOAT
    whole = helper.make_graph(
        graph.nodes,
        "conv-ctc",
        [helper.make_tensor_value_info(INPUT, floats, ["batch", "frames", MELS])],
        [helper.make_tensor_value_info(OUTPUT, floats, ["batch", "output_frames", config.symbols])],
        graph.constants,
    )
    return helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="ctcalign"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    checkpoint = parser.parse_args().checkpoint
    out = checkpoint.with_name(GRAPH)
    with atomic_write(out, "wb") as file:
        file.write(graph_of(checkpoint).SerializeToString())
    checker.check_model(str(out))
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    one_line(main)
