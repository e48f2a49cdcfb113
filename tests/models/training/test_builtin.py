"""`builtin:en` in training: the same network as for alignment, its checkpoints, and a training that lowers the loss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import ctcalign
from ctcalign.errors import UsageError
from ctcalign.models.builtin.config import NetworkConfig
from ctcalign.models.builtin.network import Network
from ctcalign.models.training.builtin import BuiltinModel
from ctcalign.models.training.registry import open_trainable, read_checkpoint, restore
from ctcalign.train.recogniser.export import export_checkpoint
from ctcalign.train.run import fit
from tests.train.tones import log_of, make_cuts

TALK = Path(ctcalign.__file__).parents[1] / "egs" / "demo" / "talk.ogg"


@pytest.fixture(scope="module")
def talk() -> np.ndarray:
    """Four seconds of speech."""
    import soundfile as sf
    import soxr

    samples, rate = sf.read(TALK, dtype="float32", stop=48_000 * 4)
    return np.asarray(soxr.resample(samples, rate, 16_000), np.float32)[:64_000]


def test_its_log_probabilities_are_those_of_the_aligner_with_padding_too(talk):
    model, aligner = open_trainable("builtin:en"), ctcalign.load_model("builtin:en", "cpu")
    assert (model.vocabulary, model.frame_shift) == (aligner.vocabulary, aligner.frame_shift)
    assert (model.language, model.licence) == ("en", "Apache-2.0")
    parts = [talk, talk[:30_000], talk[1000:9000]]
    features = [model.inputs(part) for part in parts]
    batch = torch.nn.utils.rnn.pad_sequence(features, batch_first=True, padding_value=model.inputs.padding)
    with torch.inference_mode():
        found, frames = model.network.eval()(batch, torch.tensor([len(one) for one in features]))
    for row, count, part in zip(found, frames.tolist(), parts, strict=True):
        expected, length = aligner(part[None], np.array([len(part)]))
        assert count == length[0]
        np.testing.assert_allclose(row[:count], expected[0], atol=2e-3)  # nats; another FFT


def test_the_look_ahead_is_the_furthest_frame_that_an_output_depends_on():
    torch.manual_seed(0)
    network = Network(NetworkConfig(dim=8, blocks=2, stem=4, kernel=5)).double()
    header = {"symbols": [str(number) for number in range(29)], "blank": 0}
    model = BuiltinModel(network, header, "model")
    features = torch.randn(1, 900, 80, dtype=torch.float64, requires_grad=True)
    output, _ = network(features, torch.tensor([900]))
    frame = 100  # the first of its trunk frame, which looks ahead further than the second
    output[0, frame, 3].backward()
    last = int(features.grad[0].abs().sum(1).nonzero().max())
    window_tail = 0.0075  # of a log-mel frame, after its 10 ms
    assert (last + 1) * 0.01 + window_tail == pytest.approx((frame + 1) * model.frame_shift + model.look_ahead)


def test_a_training_lowers_the_loss_and_its_model_is_a_checkpoint(tmp_path, talk):
    cuts = make_cuts(tmp_path / "train", 8)
    config = {
        "model": {"init": "builtin:en", "optimiser": {"lr": 1e-3, "warmup_steps": 3}},
        "data": {"train": str(cuts), "workers": 0, "max_duration": 6},
        "trainer": {"log_every_n_steps": 1, "accelerator": "cpu", "devices": 1, "enable_progress_bar": False},
    }
    (tmp_path / "fit.yaml").write_text(json.dumps(config))
    options = ["--config", str(tmp_path / "fit.yaml")]
    folder = tmp_path / "run"
    written = fit([*options, "--trainer.default_root_dir", str(folder), "--trainer.max_steps", "12"])
    losses = [row["loss"] for row in log_of(folder)]
    assert written == folder / "model.safetensors"
    assert losses[-1] < 0.5 * losses[0]
    files = (folder / "model.safetensors", folder / "last.ckpt")
    own, whole = (ctcalign.load_model(f"checkpoint:{file}", "cpu") for file in files)
    assert (own.spike_delay, own.language, own.licence, own.context) == (0.12, "en", "Apache-2.0", whole.context)
    assert own.header["training"]["model"]["init"] == "builtin:en"
    samples, length = torch.from_numpy(talk)[None], torch.tensor([len(talk)])
    with torch.inference_mode():
        assert torch.equal(own(samples, length)[0], whole(samples, length)[0])
    again = restore(*read_checkpoint(folder / "last.ckpt"), "last.ckpt")
    assert again.header({})["spike_delay"] == 0.12
    second = export_checkpoint(folder / "last.ckpt", tmp_path / "second.safetensors")
    assert second.read_bytes() == written.read_bytes()


def test_objectives_and_preferences_train_it(tmp_path):
    cuts = make_cuts(tmp_path / "train", 4)
    objectives = [
        {"name": "align_with_purpose", "weight": 0.5, "options": {"property": "low_latency"}, "sampler": {"paths": 2}},
        {"name": "mwer", "weight": 0.5, "hypotheses": 2},
    ]
    preference = {"loss": {"name": "tdpo"}, "pairs": {"source": "nbest", "hypotheses": 2}}
    tasks = {"ctc": {"objectives": objectives}, "ctc_preference": {"preference": preference}}
    for task, own in tasks.items():
        config = {
            "task": task,
            "model": {"init": "builtin:en", **own},
            "data": {"train": str(cuts), "workers": 0, "max_duration": 6},
            "trainer": {"max_steps": 2, "log_every_n_steps": 1, "accelerator": "cpu", "devices": 1},
        }
        (tmp_path / f"{task}.yaml").write_text(json.dumps(config))
        written = fit(["--config", str(tmp_path / f"{task}.yaml"), "--trainer.default_root_dir", str(tmp_path / task)])
        assert ctcalign.load_model(f"checkpoint:{written}", "cpu").language == "en"
        [first, last] = log_of(tmp_path / task)
        assert last["loss"] != first["loss"]
    assert {"align_with_purpose/mean_gain", "mwer/loss"} <= set(log_of(tmp_path / "ctc")[0])
    assert "preference/loss" in first


def test_layers_cover_every_parameter_once():
    model = open_trainable("builtin:en")
    for name, _ in model.network.named_parameters():
        assert sum(name.startswith(layer) for layer in model.layers()) == 1, name


def test_names_and_files_that_cannot_be():
    with pytest.raises(UsageError, match="unknown model 'builtin:de'"):
        open_trainable("builtin:de")
    model = open_trainable("builtin:en")
    with pytest.raises(UsageError, match=r"expected a name with the extension .safetensors, got model.onnx"):
        model.save(Path("model.onnx"), model.header({}), model.network.state_dict())
