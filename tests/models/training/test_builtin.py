"""`builtin:en` in training: the same network as for alignment, its checkpoints, and a training that lowers the loss."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ctcalign
from ctcalign.errors import UsageError
from ctcalign.models.builtin.config import NetworkConfig
from ctcalign.models.builtin.network import Network, with_look_ahead
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


@pytest.mark.parametrize("look_ahead", [None, 0, 1, 3, 4, 8])
def test_the_look_ahead_is_the_furthest_frame_that_an_output_depends_on(look_ahead):
    torch.manual_seed(0)
    network = Network(NetworkConfig(dim=8, blocks=2, stem=4, kernel=5, look_ahead=look_ahead)).double()
    header = {"symbols": [str(number) for number in range(29)], "blank": 0}
    model = BuiltinModel(network, header, "model")
    features = torch.randn(1, 900, 80, dtype=torch.float64, requires_grad=True)
    output, _ = network(features, torch.tensor([900]))
    frame = 100  # the first of its trunk frame, which looks ahead further than the second
    output[0, frame, 3].backward()
    last = int(features.grad[0].abs().sum(1).nonzero().max())
    window_tail = 0.0075  # of a log-mel frame, after its 10 ms
    assert (last + 1) * 0.01 + window_tail == pytest.approx((frame + 1) * model.frame_shift + model.look_ahead)


def test_a_network_with_less_look_ahead_keeps_the_taps_that_it_may_see():
    torch.manual_seed(0)
    config = NetworkConfig(dim=6, blocks=3, stem=4, kernel=5)
    network = Network(config)
    streaming = with_look_ahead(network, replace(config, look_ahead=4))
    assert replace(config, look_ahead=4).right_contexts == [1, 1, 2]
    x = torch.randn(1, 12, 6)
    mask = torch.ones(1, 12, 1)
    for before, after, right in zip(network.blocks, streaming.blocks, [1, 1, 2], strict=True):
        with torch.no_grad():
            before.depthwise.weight[..., 3 + right :] = 0  # the taps beyond the look-ahead
        torch.testing.assert_close(after(x, mask), before(x, mask))
    back = with_look_ahead(streaming, replace(config, look_ahead=6))  # more again: the same function
    torch.testing.assert_close(back.blocks[0](x, mask), network.blocks[0](x, mask))


@pytest.mark.parametrize("seconds", [0.32, 0.64, 1.28])
def test_the_look_ahead_of_the_built_in_model_can_be_chosen(tmp_path, talk, seconds):
    model = open_trainable("builtin:en", {"look_ahead": seconds})
    assert seconds - 0.04 < model.look_ahead <= seconds
    assert model.spike_delay is None
    path = model.save(tmp_path / "model.safetensors", model.header({}), model.network.state_dict())
    loaded = ctcalign.load_model(f"checkpoint:{path}", "cpu")
    assert loaded.look_ahead == pytest.approx(model.look_ahead)
    whole, _ = loaded(torch.from_numpy(talk)[None], torch.tensor([len(talk)]))
    frame = 50
    heard = int(((frame + 1) * 0.02 + seconds) * 16_000)
    changed = talk.copy()
    changed[heard:] = 0
    other, _ = loaded(torch.from_numpy(changed)[None], torch.tensor([len(talk)]))
    torch.testing.assert_close(other[:, : frame + 1], whole[:, : frame + 1], atol=1e-4, rtol=0)
    assert not torch.allclose(other[:, frame + 40 :], whole[:, frame + 40 :], atol=1e-2)
    again = open_trainable(str(path), {"look_ahead": 0.16})
    assert again.look_ahead == pytest.approx(0.1475)


def test_the_last_blocks_of_the_built_in_model_can_be_drawn_anew():
    before = open_trainable("builtin:en").network.state_dict()
    torch.manual_seed(5)
    open_trainable("builtin:en", {"look_ahead": 0.16})
    expected = torch.rand(1)
    torch.manual_seed(5)
    model = open_trainable("builtin:en", {"look_ahead": 0.16, "new_blocks": 2})
    assert torch.rand(1) == expected  # of the generator that everything else draws from
    assert model.look_ahead == pytest.approx(0.1475)
    assert model.spike_delay is None
    after = model.network.state_dict()
    changed = {name.rsplit(".", 1)[0] for name, one in before.items() if not torch.equal(one, after[name])}
    new = [f"blocks.{n}.{part}" for n in (7, 8) for part in ("depthwise", "expand", "contract")]
    moved = [f"blocks.{n}.depthwise" for n in range(7)]  # by the look-ahead
    assert changed == {*new, *moved, "blocks.7.norm", "blocks.8.norm", "norm", "head"}
    again = open_trainable("builtin:en", {"new_blocks": 2}).network.state_dict()
    assert torch.equal(again["head.weight"], after["head.weight"])
    assert torch.equal(again["blocks.0.depthwise.weight"], before["blocks.0.depthwise.weight"])


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("builtin:en", {"look_ahead": -1}, r"look_ahead of builtin:en: got -1 s, expected 0.0275 to 5.0675 s"),
        ("builtin:en", {"look_ahead": "wide"}, "got 'wide', expected a number of seconds"),
        ("builtin:en", {"dropout": 0.1}, "builtin:en has no option 'dropout', only look_ahead"),
        ("builtin:en", {"new_blocks": 10}, "new_blocks of builtin:en: got 10, expected 0 to 9"),
        ("builtin:en", {"new_blocks": True}, "got True"),
        ("builtin:en-robust", {"look_ahead": 1}, "has none; its look-ahead is that of Whisper's encoder"),
    ],
)
def test_wrong_options_of_the_built_in_models_are_refused(name, options, message):
    with pytest.raises(UsageError, match=message):
        open_trainable(name, options)


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
