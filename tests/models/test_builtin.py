"""The built-in models: features, bounded context, checkpoints, and what `builtin:en` is."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

from ctcalign.edits import edit_distance
from ctcalign.errors import ModelError, UsageError
from ctcalign.models import load_model
from ctcalign.models.builtin import model as builtin_model
from ctcalign.models.builtin.checkpoint import ConvCtcModel, load_checkpoint, save_checkpoint
from ctcalign.models.builtin.chunks import run_network
from ctcalign.models.builtin.config import NetworkConfig
from ctcalign.models.builtin.model import FOLDER
from ctcalign.models.builtin.network import Network
from ctcalign.models.features import arrays
from ctcalign.models.features.scale import MEAN_FRAMES, mel_filters
from ctcalign.models.features.tensors import log_mel, subtract_running_mean

ROOT = Path(__file__).parents[2]
TALK = ROOT / "egs" / "demo" / "talk.ogg"
HEADER = {
    "symbols": ["_", " ", "a", "b", "c"],
    "blank": 0,
    "separator": 1,
    "spike_delay": 0.01,
    "language": "en",
    "licence": "Apache-2.0",
}


@pytest.fixture
def model() -> ConvCtcModel:
    torch.manual_seed(0)
    network = Network(NetworkConfig(symbols=5, dim=16, blocks=2, kernel=5, stem=4))
    return ConvCtcModel(network, HEADER, "tiny").eval()


def test_a_tone_lands_in_its_band_and_frames_are_centred():
    time = torch.arange(16_000) / 16_000
    features = log_mel(0.5 * torch.sin(2 * torch.pi * 1000.0 * time)[None])[0]
    assert features.shape == (100, 80)
    filters = mel_filters()
    centre = int(np.abs((filters * np.arange(257)[:, None] * 31.25).sum(0) / filters.sum(0) - 1000).argmin())
    assert abs(int(features[50].argmax()) - centre) <= 1
    click = torch.zeros(1, 16_000)
    click[0, 16 * 505] = 1.0  # at 0.505 s, the middle of frame 50
    assert int(log_mel(click)[0].mean(1).argmax()) == 50
    assert log_mel(torch.zeros(2, 100)).shape == (2, 0, 80)


def test_the_running_mean_is_the_mean_of_the_frames_around():
    rng = np.random.default_rng(0)
    x = rng.normal(-7, 3, (2, 900, 80)).astype(np.float32)
    lengths = [900, 350]
    found = subtract_running_mean(torch.from_numpy(x), torch.tensor(lengths)).numpy()
    for row, length in enumerate(lengths):
        for t in (0, 5, 200, 349, length - 1):
            window = x[row, max(0, t - MEAN_FRAMES) : min(length, t + MEAN_FRAMES + 1)]
            np.testing.assert_allclose(found[row, t], x[row, t] - window.mean(0), atol=1e-3)
        assert (found[row, length:] == 0).all()


def test_a_frame_depends_on_its_context_alone(model):
    torch.manual_seed(1)
    wave = 0.1 * torch.randn(1, 16_000 * 12)
    whole, counts = model(wave, torch.tensor([wave.shape[1]]))
    assert whole.shape == (1, 600, 5)
    assert counts.tolist() == [600]
    assert torch.allclose(whole.exp().sum(-1), torch.ones(1, 600), atol=1e-4)
    frames = int(model.context / model.frame_shift) + 1
    first = 16_000 * 2
    part, _ = model(wave[:, first:], torch.tensor([wave.shape[1] - first]))
    assert torch.allclose(part[:, frames:], whole[:, 100 + frames :], atol=1e-3)
    other = wave.clone()
    other[:, : 16_000 * 3] = 0  # outside the context of the last frames
    changed, _ = model(other, torch.tensor([wave.shape[1]]))
    assert torch.allclose(changed[:, 150 + frames :], whole[:, 150 + frames :], atol=1e-3)
    assert not torch.allclose(changed[:, :150], whole[:, :150], atol=1e-2)


def test_padding_changes_nothing(model):
    torch.manual_seed(2)
    short, long = 0.1 * torch.randn(16_000), 0.1 * torch.randn(24_000)
    both = torch.zeros(2, 24_000)
    both[0, :16_000], both[1] = short, long
    together, counts = model(both, torch.tensor([16_000, 24_000]))
    alone, _ = model(short[None], torch.tensor([16_000]))
    assert counts.tolist() == [50, 75]
    # Not exactly: pre-emphasis makes one sample out of the step from the last sample to the padding.
    assert torch.allclose(together[0, :50], alone[0, :50], atol=1e-2)


def test_a_checkpoint_gives_the_model_back(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, model.network, HEADER)
    again = load_checkpoint(path, "checkpoint:model.safetensors")
    assert again.vocabulary == model.vocabulary
    assert (again.spike_delay, again.licence, again.language) == (0.01, "Apache-2.0", "en")
    wave = 0.1 * torch.randn(1, 16_000)
    direct, loaded = model(wave, torch.tensor([16_000]))[0], again(wave, torch.tensor([16_000]))[0]
    assert torch.allclose(direct, loaded, atol=0.02)  # float16 weights
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]
    assert load_model(f"checkpoint:{path}").frame_shift == 0.02


def test_files_that_are_no_checkpoints(tmp_path):
    from safetensors.torch import save_file

    with pytest.raises(ModelError, match="no checkpoint at"):
        load_checkpoint(tmp_path / "no.safetensors", "x")
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        load_checkpoint(tmp_path / "text.safetensors", "x")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="no ctcalign/checkpoint/1 header"):
        load_checkpoint(tmp_path / "other.safetensors", "x")


def test_builtin_en_is_small_and_says_what_it_is():
    model = load_model("builtin:en", "cpu")
    folder = ROOT / "ctcalign" / "models" / "builtin" / "en"
    assert (folder / "model.safetensors").stat().st_size <= 12_000_000
    for graph in ("model.onnx", "model.int8.onnx"):
        assert (folder / graph).stat().st_size <= 50_000  # the weights are in the other file alone
    assert (model.frame_shift, model.sample_rate, model.language, model.licence) == (0.02, 16_000, "en", "Apache-2.0")
    assert 0 <= model.spike_delay < 0.15
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{model.spike_delay:.3f}" in card
    assert all(word in card for word in ("Licence", "voices", "Character error rate"))


@pytest.mark.parametrize("samples", [0, 159, 160, 400, 479, 16_000, 163_840 + 80, 500_001])
def test_features_on_arrays_are_those_on_tensors(samples):
    wave = (0.1 * np.random.default_rng(samples).normal(size=samples)).astype(np.float32)
    ours, theirs = arrays.log_mel(wave), log_mel(torch.from_numpy(wave)[None])[0]
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=5e-4)  # nats; rounding in soft bands
    if samples >= 160:
        ours = arrays.subtract_running_mean(ours)
        np.testing.assert_allclose(ours, subtract_running_mean(theirs[None], torch.tensor([len(theirs)]))[0], atol=1e-3)


def test_the_log_mel_of_silence_is_its_floor():
    np.testing.assert_allclose(arrays.log_mel(np.zeros(3200, np.float32)), np.log(1e-6), atol=1e-4)


@pytest.mark.parametrize("samples", [160, 320, 480, 640, 800, 8_000, 16_000 * 7 + 123])
def test_the_graph_of_builtin_en_is_its_network(samples):
    graph, network = load_model("builtin:en", "cpu"), load_checkpoint(FOLDER / "en" / "model.safetensors", "en")
    wave = 0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(samples))
    with torch.inference_mode():
        expected, expected_frames = network(wave, torch.tensor([samples]))
    found, frames = graph(wave.numpy(), np.array([samples]))
    assert isinstance(found, np.ndarray)
    assert frames.tolist() == expected_frames.tolist()
    np.testing.assert_allclose(found, expected, atol=1e-3)  # nats
    assert np.abs(found - expected.numpy()).mean() < 1e-4
    assert (graph.context, graph.spike_delay, graph.vocabulary) == (
        network.context,
        network.spike_delay,
        network.vocabulary,
    )


@pytest.mark.parametrize("frames", [1, 3, 599, 600, 601, 603, 1201, 1803])
def test_chunks_give_what_the_whole_input_gives(frames):
    model = load_model("builtin:en", "cpu")
    session, config = model._graph.session, model._graph.config
    features = np.random.default_rng(frames).normal(size=(2, frames, 80)).astype(np.float32)
    whole = run_network(session, config, features, "en", chunk=4 * frames)
    assert whole.shape == (2, 2 * -(-frames // 4), 29)
    np.testing.assert_allclose(run_network(session, config, features, "en", chunk=600), whole, atol=1e-4)


def test_builtin_en_gives_tensors_for_tensors_and_each_row_by_itself():
    model = load_model("builtin:en", "cpu")
    wave = 0.1 * torch.randn(3, 24_000, generator=torch.Generator().manual_seed(3))
    lengths = torch.tensor([16_000, 24_000, 100])
    together, frames = model(wave, lengths)
    assert isinstance(together, torch.Tensor)
    assert together.shape == (3, 75, 29)
    assert frames.tolist() == [50, 75, 0]
    for row, (length, count) in enumerate(zip(lengths.tolist(), frames.tolist(), strict=True)):
        alone, _ = model(wave[row : row + 1, :length], torch.tensor([length]))
        assert torch.allclose(together[row, :count], alone[0], atol=1e-4)


def test_builtin_en_can_be_sent_to_another_process():
    model = load_model("builtin:en", "cpu")
    wave = (0.1 * np.random.default_rng(0).normal(size=(1, 8000))).astype(np.float32)
    again = pickle.loads(pickle.dumps(model))
    assert (again.name, again.device) == (model.name, model.device)
    np.testing.assert_array_equal(again(wave, np.array([8000]))[0], model(wave, np.array([8000]))[0])


@pytest.mark.parametrize(("quantised", "name"), [(False, "model.onnx"), (True, "model.int8.onnx")])
@pytest.mark.parametrize(("model", "recipe"), [("en", "mini_en"), ("en-robust", "robust_en"), ("de-fr", "robust_en")])
def test_the_graph_is_the_one_that_the_tool_writes(model, recipe, quantised, name):
    pytest.importorskip("onnx")
    graph_of = import_module(f"egs.{recipe}.local.graph").graph_of
    written = graph_of(FOLDER / model / "model.safetensors", quantised=quantised).SerializeToString()
    assert written == (FOLDER / model / name).read_bytes()


def test_a_device_that_onnxruntime_does_not_know(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="cuda was requested but torch finds no CUDA device"):
        load_model("builtin:en", "cuda")
    monkeypatch.setattr(builtin_model, "is_installed", lambda name: False)
    with pytest.raises(UsageError, match="no CUDAExecutionProvider for cuda:1; use --device cpu or install onnxr"):
        load_model("builtin:en", "cuda:1")
    with pytest.raises(UsageError, match="expected auto, cpu, cuda, cuda:N or mps, got 'gpu'"):
        load_model("builtin:en", "gpu")


def test_damaged_files_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(builtin_model, "FOLDER", tmp_path)
    (tmp_path / "en").mkdir()
    with pytest.raises(ModelError, match="builtin:en: cannot be run by onnxruntime"):
        load_model("builtin:en", "cpu")
    shutil.copy(FOLDER / "en" / "model.onnx", tmp_path / "en" / "model.onnx")
    (tmp_path / "en" / "model.safetensors").write_bytes(b"\x10" + bytes(7) + b"nothing")
    with pytest.raises(ModelError, match="builtin:en: "):
        load_model("builtin:en", "cpu")


def test_builtin_en_recognises_the_bundled_talk():
    """Voices of the kind it was trained on, with music and noise. A broken front end or export errs on 80 %."""
    import ctcalign
    from ctcalign.text.words import words_of

    recognised = " ".join(cue.text for cue in ctcalign.transcribe(TALK, "builtin:en", "cpu").cues)
    truth = json.loads((ROOT / "egs" / "demo" / "truth.json").read_text(encoding="utf-8"))
    words = [word for row in truth["cues"] for word in words_of(row["text"]) if word.spoken]
    spoken = " ".join(" ".join(word.readings[0]) for word in words)
    assert edit_distance(recognised, spoken) / len(spoken) < 0.5


def test_onnxruntime_sends_no_telemetry_and_leaves_no_file(tmp_path):
    code = (
        "import os, sys; sys.modules['torch'] = None; from ctcalign.models import load_model; "
        "load_model('builtin:en'); print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    environment["TMPDIR"] = str(tmp_path)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert (done.stdout, done.stderr, list(tmp_path.iterdir())) == ("1\n", "", [])
