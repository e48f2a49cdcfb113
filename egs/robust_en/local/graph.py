"""Write Whisper's encoder with a CTC output as ONNX graphs whose weights are those of a checkpoint.

python -m egs.robust_en.local.graph ctcalign/models/builtin/en-robust/model.safetensors

As `egs.mini_en.local.graph`: model.onnx and model.int8.onnx beside the checkpoint refer to its float16 weights. There
are no lengths: a batch holds inputs of one length, of at most 30 seconds.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from onnx import ModelProto, TensorProto, helper

from ctcalign.models.builtin.whisper_graph import FEATURES, LOG_PROBS, whisper_options
from ctcalign.models.cards import safetensors_header
from ctcalign.models.features.scale import MELS
from ctcalign.models.header import checked_vocabulary, header_object
from egs.mini_en.local.graph import IR_VERSION, OPSET, Graph, write_graphs
from recipes.errors import one_line


def gelu(graph: Graph, x: str) -> str:
    """x times the normal distribution function of x; ONNX Runtime runs these as one operator."""
    inner = graph.add("Erf", graph.add("Div", x, graph.number("root of two", math.sqrt(2.0))))
    product = graph.add("Mul", x, graph.add("Add", inner, graph.number("one", 1.0)))
    return graph.add("Mul", product, graph.number("half", 0.5))


def attention(graph: Graph, x: str, name: str, dim: int, heads: int) -> str:
    """Self-attention of all frames to all frames, (B, T, D) -> (B, T, D)."""
    parts = graph.add(
        "Reshape",
        graph.linear(x, f"{name}.query_key_value"),
        graph.integers("heads", 0, 0, 3, heads, dim // heads),
    )
    query, key, value = (
        graph.add("Gather", parts, graph.integers(f"part {number}", number, scalar=True), axis=2) for number in range(3)
    )  # (B, T, heads, D / heads)
    scale = graph.number("scale", (dim // heads) ** -0.5)
    query = graph.add("Mul", graph.add("Transpose", query, perm=[0, 2, 1, 3]), scale)
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 2, 3, 1]))
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), graph.add("Transpose", value, perm=[0, 2, 1, 3]))
    mixed = graph.add("Transpose", mixed, perm=[0, 2, 1, 3])
    return graph.linear(graph.add("Reshape", mixed, graph.integers("joined", 0, 0, dim)), f"{name}.out")


def network(graph: Graph, options: dict[str, Any]) -> None:
    """The layers of `ctcalign.models.encoders.WhisperEncoder` and the output layer, without masks."""
    x = graph.add("Transpose", FEATURES, perm=[0, 2, 1])
    x = gelu(graph, graph.conv(x, "encoder.conv1", kernel_shape=[3], pads=[1, 1]))
    x = gelu(graph, graph.conv(x, "encoder.conv2", kernel_shape=[3], strides=[2], pads=[1, 1]))
    x = graph.add("Transpose", x, perm=[0, 2, 1])
    frames = graph.add("Gather", graph.add("Shape", x), graph.integers("time", 1))
    places = [graph.integers("zero", 0), frames, graph.integers("rows", 0)]
    x = graph.add("Add", x, graph.add("Slice", graph.weight("encoder.positions"), *places))
    for number in range(options["layers"]):
        layer = f"encoder.layers.{number}"
        y = attention(graph, graph.norm(x, f"{layer}.attention_norm"), layer, options["dim"], options["heads"])
        x = graph.add("Add", x, y)
        y = gelu(graph, graph.linear(graph.norm(x, f"{layer}.forward_norm"), f"{layer}.expand"))
        x = graph.add("Add", x, graph.linear(y, f"{layer}.contract"))
    graph.add("LogSoftmax", graph.linear(graph.norm(x, "encoder.norm"), "head"), output=LOG_PROBS, axis=-1)


def graph_of(checkpoint: Path, *, quantised: bool = False) -> ModelProto:
    """The graph of a checkpoint; its linear layers in float32, or quantised.

    Raises:
        ModelError: it has another architecture, or its weights are not float16.
    """
    weights = safetensors_header(checkpoint)
    metadata: Any = weights.pop("__metadata__", {})
    header = header_object(metadata.get("ctcalign", "{}"), str(checkpoint))
    options = whisper_options(header.get("config"), str(checkpoint))
    with checkpoint.open("rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
    graph = Graph(weights, start, checkpoint.name, quantised=quantised)
    network(graph, options)
    symbols = len(checked_vocabulary(header, str(checkpoint)))
    whole = helper.make_graph(
        graph.nodes,
        "whisper-ctc",
        [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["batch", "frames", MELS])],
        [helper.make_tensor_value_info(LOG_PROBS, TensorProto.FLOAT, ["batch", "output_frames", symbols])],
        graph.constants,
    )
    return helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="ctcalign"
    )


if __name__ == "__main__":
    one_line(lambda: write_graphs(graph_of, __doc__))
