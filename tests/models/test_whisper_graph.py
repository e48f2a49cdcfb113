"""Whisper's encoder in ONNX Runtime: features, graph and windows against torch."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import ctcalign
from ctcalign.aligner.confidence import logistic
from ctcalign.errors import ModelError
from ctcalign.models import load_model
from ctcalign.models.builtin import model as builtin_model
from ctcalign.models.builtin.model import GRAPHS, WEIGHTS
from ctcalign.models.checkpoint import load_file
from ctcalign.models.encoders import WhisperEncoder
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.encoders.recogniser import save_recogniser, write_header
from ctcalign.models.features import whisper, whisper_arrays
from ctcalign.models.training import builtin as training_builtin
from ctcalign.models.training.registry import open_trainable
from ctcalign.text.vocabulary import Vocabulary
from egs.robust_en.local.export import write_model

SYMBOLS = ("<blank>", " ", *"abcdefghijklmnopqrstuvwxyz'")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A built-in model with random weights, in the place of the one that is shipped, of inputs of 6 s at most."""
    pytest.importorskip("onnx")
    from egs.robust_en.local.graph import graph_of

    torch.manual_seed(0)
    network = CtcNetwork(None, WhisperEncoder(dim=16, layers=2, heads=2, hidden=24, positions=300), len(SYMBOLS))
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3) if weight.ndim > 1 else None
    root = tmp_path_factory.mktemp("builtin")
    about = {"licence": "none", "language": "en", "configuration": {"data": "/a/path/of/this/machine"}}
    header = write_header(network, Vocabulary(SYMBOLS, separator=1), about)
    save_recogniser(root / "run.safetensors", network, header)
    model = root / "en-robust" / WEIGHTS
    write_model(root / "run.safetensors", model, -0.04, 1.5, 0.18, "egs/robust_en/run.sh")
    for precision, name in GRAPHS.items():
        model.with_name(name).write_bytes(graph_of(model, quantised=precision == "int8").SerializeToString())
    return root


@pytest.fixture
def shipped(folder, monkeypatch) -> Path:
    for module in (builtin_model, training_builtin, logistic):
        monkeypatch.setattr(module, "FOLDER", folder)
    return folder / "en-robust"


def noise(samples: int, rows: int = 1) -> np.ndarray:
    loudness = np.linspace(0.001, 0.3, samples)
    return (loudness * np.random.default_rng(samples).normal(size=(rows, samples))).astype(np.float32)


@pytest.mark.parametrize("samples", [0, 100, 159, 200, 201, 320, 16_000, 163_840 + 80, 300_001])
def test_features_on_arrays_are_those_on_tensors(samples):
    wave = noise(samples)[0]
    ours, theirs = whisper_arrays.whisper_mel(wave), whisper.whisper_mel(torch.from_numpy(wave))
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=5e-4)


@pytest.mark.parametrize("samples", [100, 201, 480, 8_000, 20_123, 32_000])
def test_the_graph_is_the_network(shipped, samples):
    graph, network = load_model("builtin:en-robust", "cpu"), load_file(shipped / WEIGHTS, "robust", "cpu")
    wave = noise(samples, 2)
    lengths = np.array([samples, samples // 2])
    with torch.inference_mode():
        expected, counts = network(torch.from_numpy(wave), torch.from_numpy(lengths))
    found, frames = graph(wave, lengths)
    assert frames.tolist() == counts.tolist()
    for ours, theirs, count in zip(found, expected.numpy(), frames.tolist(), strict=True):
        np.testing.assert_allclose(ours[:count], theirs[:count], atol=2e-3)
    assert (graph.vocabulary, graph.spike_delay, graph.licence, graph.language) == (
        network.vocabulary,
        -0.04,
        "MIT",
        "en",
    )


def test_eight_bits_are_near(shipped):
    wave = noise(32_000)
    exact, rough = (load_model("builtin:en-robust", "cpu", precision=one) for one in ("float32", "int8"))
    difference = np.abs(exact(wave, np.array([32_000]))[0] - rough(wave, np.array([32_000]))[0])
    assert 0 < difference.mean() < 0.5


def test_the_header_names_no_path(shipped):
    assert b"/a/path" not in (shipped / WEIGHTS).read_bytes()
    assert [(shipped / name).stat().st_size < 60_000 for name in GRAPHS.values()] == [True, True]


def test_long_recordings_come_in_windows_and_too_long_ones_are_refused(shipped, monkeypatch):
    model = load_model("builtin:en-robust", "cpu")
    assert model.unsure == 0.18
    assert (model.window, model.context) == (6.0, 1.92)
    with pytest.raises(ModelError, match=r"takes 6 s at most, got 6\.5 s; use a shorter --window"):
        model(noise(104_000), np.array([104_000]))


def test_it_can_be_trained_further(shipped):
    model = open_trainable("builtin:en-robust")
    assert (model.exported, model.language, model.licence) == ("model.safetensors", "en", "MIT")
    assert all(weight.dtype == torch.float32 for weight in model.network.parameters())


def test_a_header_of_another_architecture(shipped, tmp_path, monkeypatch):
    for name in GRAPHS.values():
        (tmp_path / "en").mkdir(exist_ok=True)
        shutil.copy(shipped / name, tmp_path / "en" / name)
    content = (shipped / WEIGHTS).read_bytes()
    (tmp_path / "en" / WEIGHTS).write_bytes(content.replace(b"encoder-ctc/1", b"encoder-ctc/9"))
    monkeypatch.setattr(builtin_model, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match="of another version of ctcalign; install ctcalign again"):
        load_model("builtin:en", "cpu")
    (tmp_path / "en" / WEIGHTS).write_bytes(content.replace(b"whisper", b"whisker"))
    with pytest.raises(ModelError, match="expected the configuration of Whisper's encoder"):
        load_model("builtin:en", "cpu")


def test_align_with_it(shipped):
    talk = Path(__file__).parents[2] / "egs" / "demo"
    found = ctcalign.align(talk / "talk.ogg", talk / "talk.srt", model="builtin:en-robust")
    assert found.model == "builtin:en-robust"


def test_german_and_french_are_written_with_their_letters():
    model = load_model("builtin:de-fr", "cpu")
    assert set("äöüßéèêàçôûîï") <= set(model.vocabulary.symbols)
    assert model.licence == "MIT"
    log_probs, frames = model(noise(32_000), np.array([32_000]))
    assert (log_probs.shape[1:], frames.tolist()) == ((100, len(model.vocabulary.symbols)), [100])
