"""ONNX graphs made by the test, with their description inside or beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctcalign.emission.emission import compute_emission
from ctcalign.errors import ModelError, UsageError
from ctcalign.models import load_model, onnx_session
from ctcalign.models.protocol import AcousticModel

pytest.importorskip("onnxruntime")
onnx: Any = pytest.importorskip("onnx")

HEADER: dict[str, Any] = {
    "symbols": ["_", "|", "a", "b"],
    "frame_shift": 0.02,
    "licence": "CC0-1.0",
    "context": 0.1,
    "spike_delay": 0.03,
    "language": "en",
}


def build(
    path: Path,
    header: dict[str, Any] | str | None = None,
    *,
    beside: Path | None = None,
    lengths: bool | str = False,
    length_type: str = "INT64",
    length_rank: int = 1,
    second: str | None = None,
    layout: str = "BTC",
    batch: int | str = "batch",
    samples: int | str = "samples",
    softmax: bool = False,
) -> Path:
    """One convolution of 320 samples; with `lengths` a second input and output that divides it by 320.

    `second`: another second output: "hidden", "fraction", "samples", "one". `layout`: of the first output.
    """
    from onnx import TensorProto, helper, numpy_helper

    weight = np.random.default_rng(0).standard_normal((4, 1, 320)).astype(np.float32)
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "one"], ["x"]),
        helper.make_node("Conv", ["x", "weight"], ["y"], strides=[320], kernel_shape=[320]),
        helper.make_node(
            "Transpose", ["y"], ["z" if softmax else "logits"], perm=["BCT".index(axis) for axis in layout]
        ),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["z"], ["logits"], axis=-1))
    inputs = [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, [batch, samples])]
    shapes = {"BTC": [batch, "frames", 4], "TBC": ["frames", batch, 4], "BCT": [batch, 4, "frames"]}
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shapes[layout])]
    constants = [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(np.array([1]), "one")]
    if lengths:
        kind = getattr(TensorProto, length_type)
        hop = np.array(320, helper.tensor_dtype_to_np_dtype(kind))
        constants.append(numpy_helper.from_array(hop, "hop"))
        nodes.append(helper.make_node("Div", ["lengths", "hop"], ["frames_out"]))
        inputs.append(helper.make_tensor_value_info("lengths", kind, [batch, samples][:length_rank]))
        if second is None:
            outputs.append(helper.make_tensor_value_info("frames_out", kind, [batch, samples][:length_rank]))
    if second == "hidden":
        outputs.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4, "frames"]))
    elif second == "fraction":
        constants.append(numpy_helper.from_array(np.array([1.0], np.float32), "fraction"))
        nodes.append(helper.make_node("Identity", ["fraction"], ["part"]))
        outputs.append(helper.make_tensor_value_info("part", TensorProto.FLOAT, [1]))
    elif second in ("samples", "one"):
        constants.append(numpy_helper.from_array(np.array([1 if second == "one" else 32_000]), "constant"))
        nodes.append(helper.make_node("Identity", ["constant"], ["length"]))
        outputs.append(helper.make_tensor_value_info("length", TensorProto.INT64, [1]))
    graph = helper.make_graph(nodes, "g", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    text = json.dumps(header) if isinstance(header, dict) else header
    if text is not None and beside is None:
        helper.set_model_props(model, {"ctcalign": text})
    elif beside is not None and text is not None:
        beside.write_text(text)
    onnx.save(model, path)
    return path


def noise(rows: int, samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(rows, samples, generator=torch.Generator().manual_seed(1))


def expected(wave: torch.Tensor) -> torch.Tensor:
    weight = torch.from_numpy(np.random.default_rng(0).standard_normal((4, 1, 320)).astype(np.float32))
    return torch.nn.functional.conv1d(wave[:, None], weight, stride=320).transpose(1, 2).log_softmax(-1)


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("batch", ["batch", 1])
@pytest.mark.parametrize("beside", [None, "m.onnx.json", "m.json"])
def test_a_graph(tmp_path: Path, lengths: bool, batch: int | str, beside: str | None) -> None:
    place = tmp_path / beside if beside else None
    path = build(tmp_path / "m.onnx", HEADER, beside=place, lengths=lengths, batch=batch)
    model = load_model(f"onnx:{path}", device="cpu")
    assert isinstance(model, AcousticModel)
    assert (model.frame_shift, model.context, model.spike_delay, model.language) == (0.02, 0.1, 0.03, "en")
    assert (model.vocabulary.blank, model.vocabulary.separator) == (0, 1)
    wave = noise(2, 3200)
    log_probs, frames = model(wave, torch.tensor([3200, 1600]))
    torch.testing.assert_close(log_probs, expected(wave), atol=1e-4, rtol=1e-4)
    assert frames.tolist() == [10, 5]
    emission = compute_emission(model, noise(1, 16_000 * 9 + 5)[0].numpy(), window=2.0)
    np.testing.assert_allclose(emission.log_probs, expected(noise(1, 16_000 * 9 + 5))[0], atol=1e-3)


def test_probabilities_and_normalisation(tmp_path: Path) -> None:
    wave = noise(1, 3200) + 0.5
    path = build(tmp_path / "p.onnx", HEADER | {"output": "probs"}, softmax=True)
    log_probs, _ = load_model(f"onnx:{path}", device="cpu")(wave, torch.tensor([3200]))
    torch.testing.assert_close(log_probs, expected(wave), atol=1e-4, rtol=1e-4)
    path = build(tmp_path / "n.onnx", HEADER | {"normalise": "utterance"})
    log_probs, _ = load_model(f"onnx:{path}", device="cpu")(wave, torch.tensor([3200]))
    normalised = (wave - wave.mean()) / wave.std(correction=0)
    torch.testing.assert_close(log_probs, expected(normalised), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (None, "has no description; add the metadata entry 'ctcalign' or a file m.onnx.json next to it"),
        ("{not json", "is not JSON"),
        ("[1]", "expected a JSON object"),
        ({**HEADER, "symbol": []}, "unknown field 'symbol'"),
        ({"symbols": ["_"], "licence": "MIT"}, "the field 'frame_shift' is missing"),
        ({"symbols": ["_"], "frame_shift": 0.02}, "the field 'licence' is missing"),
        (HEADER | {"symbols": "abc"}, "symbols: expected a list of strings"),
        (HEADER | {"symbols": []}, "symbols: expected a list of strings"),
        (HEADER | {"blank": 9}, "blank: expected a column from 0 to 3, got 9"),
        (HEADER | {"blank": None}, "blank: expected a column from 0 to 3, got null"),
        (HEADER | {"blank": True}, "blank: expected a column"),
        (HEADER | {"frame_shift": -1}, "frame_shift: expected a number above 0, got -1"),
        (HEADER | {"frame_shift": "20ms"}, "frame_shift: expected a number above 0, got '20ms'"),
        (HEADER | {"frame_shift": 20}, r"frame_shift: expected seconds, less than 1, got 20; milliseconds\?"),
        (HEADER | {"sample_rate": 16}, r"sample_rate: expected a number above 999, got 16 \(Hz\)"),
        (HEADER | {"spike_delay": 50}, "spike_delay: expected seconds, less than 10, got 50"),
        (HEADER | {"frame_offset": 25}, "frame_offset: expected seconds, less than 1, got 25"),
        (HEADER | {"output": "softmax"}, "output: expected logits or log_probs or probs, got 'softmax'"),
        (HEADER | {"licence": "CC-BY-NC-4.0"}, "forbids commercial use"),
    ],
)
def test_descriptions_that_are_wrong(tmp_path: Path, header: dict[str, Any] | str | None, text: str) -> None:
    path = build(tmp_path / "m.onnx", header)
    with pytest.raises(ModelError, match=text):
        load_model(f"onnx:{path}", device="cpu")


def test_files_that_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="no such file; give the path of an exported model"):
        load_model(f"onnx:{tmp_path / 'none.onnx'}", device="cpu")
    (tmp_path / "bad.onnx").write_bytes(b"nonsense" * 100)
    with pytest.raises(ModelError, match="cannot be run by onnxruntime"):
        load_model(f"onnx:{tmp_path / 'bad.onnx'}", device="cpu")
    path = build(tmp_path / "fixed.onnx", HEADER, samples=3200)
    with pytest.raises(
        ModelError, match=r"expected inputs \(batch, samples\) float32 of dynamic length .*export it with its features"
    ):
        load_model(f"onnx:{path}", device="cpu")
    path = build(tmp_path / "m.onnx", HEADER)
    monkeypatch.setitem(onnx_session._PROVIDERS, "cpu", "OtherExecutionProvider")
    with pytest.raises(UsageError, match="this onnxruntime has no OtherExecutionProvider"):
        load_model(f"onnx:{path}", device="cpu")


def test_memory_errors_are_memory_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(f"onnx:{build(tmp_path / 'm.onnx', HEADER)}", device="cpu")
    from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

    class Session:
        def __init__(self, text: str) -> None:
            self.text = text

        def run(self, *_: object) -> None:
            raise RuntimeException(self.text)

    monkeypatch.setattr(model, "_session", Session("Failed to allocate memory for requested buffer of size 99"))
    with pytest.raises(MemoryError):
        model(noise(1, 3200), torch.tensor([3200]))
    monkeypatch.setattr(model, "_session", Session("Non-zero status code"))
    with pytest.raises(ModelError, match=r"the graph failed on 3200 samples \(Non-zero status code\)"):
        model(noise(1, 3200), torch.tensor([3200]))


def test_lengths_of_32_bits(tmp_path: Path) -> None:
    path = build(tmp_path / "m.onnx", HEADER, lengths=True, length_type="INT32")
    _, frames = load_model(f"onnx:{path}", device="cpu")(noise(2, 3200), torch.tensor([3200, 1600]))
    assert frames.tolist() == [10, 5]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"lengths": True, "length_rank": 2},
            r"second input the lengths in samples, \(batch,\) int64 or int32, got leng",
        ),
        (
            {"lengths": True, "length_type": "FLOAT"},
            r"second input the lengths .*got lengths \['batch'\] tensor\(float\)",
        ),
        ({"second": "hidden"}, r"second output the number of frames, \(batch,\) int64 or int32, got y \['batch', 4"),
        ({"second": "fraction"}, r"second output the number of frames.*got part \[1\] tensor\(float\); export it with"),
        ({"second": "samples"}, r"second output with the number of frames of each input, at most 100, got \[32000\]"),
        ({"second": "one"}, "2 s give 1 frames, but the frame_shift of 0.02 s implies about 100"),
        ({"layout": "TBC"}, r"shape \(batch, frames, symbols\), got \(100, 1, 4\) for a batch of 1; transpose it"),
        ({"layout": "BCT"}, "the graph returns 100 columns but its description has 4 symbols"),
    ],
)
def test_inputs_and_outputs_that_are_wrong(tmp_path: Path, options: dict[str, Any], text: str) -> None:
    path = build(tmp_path / "m.onnx", HEADER, **options)
    with pytest.raises(ModelError, match=text):
        load_model(f"onnx:{path}", device="cpu")


def test_symbols_and_columns_that_differ(tmp_path: Path) -> None:
    path = build(tmp_path / "m.onnx", HEADER | {"symbols": ["_", "|", "a"]})
    with pytest.raises(ModelError, match="the graph returns 4 columns but its description has 3 symbols"):
        load_model(f"onnx:{path}", device="cpu")


@pytest.mark.parametrize(
    ("symbols", "text"),
    [
        (["_", "\u0120th", "es", "Ã©"], "thes thé"),
        (["_", "th", "##es", "##é"], "thes thé"),
        (["_", "\u2581th", "es", "é"], "thes thé"),
    ],
)
def test_symbols_of_sub_words(tmp_path: Path, symbols: list[str], text: str) -> None:
    path = build(tmp_path / "m.onnx", HEADER | {"symbols": symbols})
    vocabulary = load_model(f"onnx:{path}", device="cpu").vocabulary
    assert vocabulary.word_pieces
    assert vocabulary.text([1, 2, 1, 3]) == text


def test_symbols_that_mark_ends_of_words(tmp_path: Path) -> None:
    path = build(tmp_path / "m.onnx", HEADER | {"symbols": ["_", "the</w>", "a", "b"]})
    with pytest.raises(ModelError, match="symbols: its tokenizer marks the ends of words"):
        load_model(f"onnx:{path}", device="cpu")
