"""Bundles of torchaudio in training, small and with random weights: logits, normalisation, files, and a training."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import ctcalign
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.torchaudio_bundle import import_torchaudio
from ctcalign.models.training.registry import open_trainable, read_checkpoint, restore
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.models.training.torchaudio import WaveformNetwork
from ctcalign.train.recogniser.export import header_of
from ctcalign.train.run import fit
from tests.models.test_torchaudio_bundle import CONV, noise
from tests.train.tones import log_of, make_cuts

# A bundle of each kind: without and with normalisation.
BASE, LARGE = "WAV2VEC2_ASR_BASE_960H", "HUBERT_ASR_LARGE"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the bundles of this file small; gives the network of a bundle as torchaudio builds it."""
    torchaudio = import_torchaudio()
    networks: dict[str, Any] = {}
    for name in (BASE, LARGE):
        bundle = getattr(torchaudio.pipelines, name)
        options = {
            **bundle._params,
            "extractor_conv_layer_config": CONV,
            "encoder_embed_dim": 16,
            "encoder_pos_conv_kernel": 8,
            "encoder_pos_conv_groups": 2,
            "encoder_num_layers": 2,
            "encoder_num_heads": 2,
            "encoder_ff_interm_features": 32,
        }
        monkeypatch.setattr(bundle, "_params", options)
        torch.manual_seed(0)
        networks[name] = torchaudio.models.wav2vec2_model(**options).eval()
        for parameter in networks[name].parameters():  # random weights of this size hardly change the output otherwise
            parameter.data *= 3
    weights = {id(getattr(torchaudio.pipelines, name)): network for name, network in networks.items()}
    kind = type(getattr(torchaudio.pipelines, BASE))
    monkeypatch.setattr(kind, "_get_state_dict", lambda bundle, *_: weights[id(bundle)].state_dict())
    return networks


def batch_of(model: Any, parts: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    made = [model.inputs(part) for part in parts]
    padded = torch.nn.utils.rnn.pad_sequence(made, batch_first=True, padding_value=model.inputs.padding)
    return padded, torch.tensor([len(one) for one in made])


@pytest.mark.parametrize("name", [BASE, LARGE])
def test_logits_are_those_of_torchaudio_with_padding(small, name) -> None:
    model = open_trainable(f"torchaudio:{name}")
    model.network.eval()
    parts = [noise(16_000), noise(9000, 0.02), noise(12_345, 0.5)]
    waveforms, lengths = batch_of(model, parts)
    with torch.inference_mode():
        found, frames = model.network(waveforms, lengths)
        given = [torch.from_numpy(part) for part in parts]
        if name == LARGE:
            given = [torch.nn.functional.layer_norm(one, one.shape) for one in given]
        theirs, counts = small[name](torch.nn.utils.rnn.pad_sequence(given, batch_first=True), lengths)
    assert frames.tolist() == counts.tolist() == [(n - 400) // 320 + 1 for n in lengths.tolist()]
    for row, expected, count in zip(found, theirs.log_softmax(-1), counts.tolist(), strict=True):
        torch.testing.assert_close(row[:count], expected[:count], atol=1e-5, rtol=0)
    assert float(theirs[0].std(0).max()) > 0.05  # the output does depend on the sound


@pytest.mark.parametrize("name", [BASE, LARGE])
def test_an_utterance_gets_the_log_probabilities_of_the_aligner(small, name) -> None:
    model, aligner = open_trainable(f"torchaudio:{name}"), ctcalign.load_model(f"torchaudio:{name}", "cpu")
    assert (model.vocabulary, model.frame_shift, model.licence) == (aligner.vocabulary, 0.02, "MIT")
    samples = noise(12_000, 0.03)
    with torch.inference_mode():
        found, _ = model.network.eval()(*batch_of(model, [samples]))
        expected, _ = aligner(torch.from_numpy(samples)[None], torch.tensor([len(samples)]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_the_input_is_sent_to_other_processes_and_short_utterances_are_empty(small) -> None:
    base, large = (open_trainable(f"torchaudio:{name}").inputs for name in (BASE, LARGE))
    again = pickle.loads(pickle.dumps(large))
    assert again == large != base
    assert len(base(noise(399))) == len(large(noise(399))) == 0
    made = large(noise(8000, 0.5))
    assert abs(float(made.mean())) < 1e-5
    assert float(made.std()) == pytest.approx(1.0, abs=1e-3)
    assert torch.equal(base(noise(8000)), torch.from_numpy(noise(8000)))
    assert len(base(base.silence().numpy())) > 400


@pytest.mark.parametrize("name", [BASE, LARGE])
def test_a_training_and_its_file_for_ctcalign_and_for_plain_torchaudio(small, name, tmp_path: Path) -> None:
    cuts = make_cuts(tmp_path / "train", 8)
    config = {
        "model": {"init": f"torchaudio:{name}", "optimiser": {"lr": 3e-3, "warmup_steps": 2}},
        "data": {"train": str(cuts), "workers": 0, "max_duration": 6},
        "trainer": {"log_every_n_steps": 1, "accelerator": "cpu", "devices": 1, "enable_progress_bar": False},
    }
    (tmp_path / "fit.yaml").write_text(json.dumps(config))
    folder = tmp_path / "run"
    written = fit(
        ["--config", str(tmp_path / "fit.yaml"), "--trainer.default_root_dir", str(folder), "--trainer.max_steps", "15"]
    )
    losses = [row["loss"] for row in log_of(folder)]
    assert losses[-1] < 0.7 * losses[0]
    assert written == folder / "model.safetensors"
    models = [ctcalign.load_model(f"checkpoint:{folder / file}", "cpu") for file in ("model.safetensors", "last.ckpt")]
    header, weights = read_checkpoint(written)
    plain = import_torchaudio().models.wav2vec2_model(**header["config"])
    plain.load_state_dict(load_file(written))
    samples = torch.from_numpy(noise(16_000))[None]
    with torch.inference_mode():
        first, second = (model(samples, torch.tensor([16_000]))[0] for model in models)
        given = torch.nn.functional.layer_norm(samples, samples.shape) if name == LARGE else samples
        theirs, _ = plain.eval()(given)
    assert torch.equal(first, second)
    torch.testing.assert_close(first, theirs.log_softmax(-1), atol=1e-5, rtol=0)
    assert (models[0].frame_offset, models[0].licence, models[0].language) == (0.0025, "MIT", "en")
    again = restore(header, weights, "model")
    assert again.inputs.normalises == (name == LARGE)
    assert again.header({})["config"] == header["config"]


def test_layers_cover_every_parameter_once_and_none_is_dropped(small) -> None:
    model = open_trainable(f"torchaudio:{LARGE}")
    for name, _ in model.network.named_parameters():
        assert sum(name.startswith(layer) for layer in model.layers()) == 1, name
    assert isinstance(model.network, WaveformNetwork)
    waveforms, lengths = batch_of(model, [noise(8000), noise(6000)])
    assert all(module.training for module in model.network.modules())  # dropout is that of the bundle
    for seed in range(20):
        torch.manual_seed(seed)
        model.network(waveforms, lengths)[0].sum().backward()
        assert all(parameter.grad is not None for parameter in model.network.parameters())
        model.network.zero_grad(set_to_none=True)


def test_what_cannot_be_restored(small, tmp_path: Path) -> None:
    model = open_trainable(f"torchaudio:{BASE}")
    header, weights = model.header({}), model.network.state_dict()
    with pytest.raises(ModelError, match="its weights are those of another network"):
        restore({**header, "config": {**header["config"], "encoder_num_layers": 1}}, weights, "model")
    with pytest.raises(ModelError, match="encoder_num_layers: got 1000000"):
        restore({**header, "config": {**header["config"], "encoder_num_layers": 10**6}}, weights, "model")
    with pytest.raises(ModelError, match="its header describes no network"):
        restore({**header, "config": None}, weights, "model")
    with pytest.raises(UsageError, match="unknown bundle torchaudio:WAV2VEC"):
        open_trainable("torchaudio:WAV2VEC")
    with pytest.raises(UsageError, match=r"expected a name with the extension .safetensors, got folder"):
        model.save(Path("folder"), header, weights)


def test_other_letters_are_stored(small, tmp_path: Path) -> None:
    model = open_trainable(f"torchaudio:{BASE}")
    tokenizer = model.with_symbols(CharacterTokenizer(" abcé"))
    header = header_of(model, {})
    assert header["config"]["aux_num_out"] == 6
    path = model.save(tmp_path / "model.safetensors", header, model.network.state_dict())
    loaded = ctcalign.load_model(f"checkpoint:{path}", "cpu")
    assert loaded.vocabulary == tokenizer.vocabulary
    with torch.inference_mode():
        assert loaded(torch.randn(1, 8_000), torch.tensor([8_000]))[0].shape[-1] == 6
