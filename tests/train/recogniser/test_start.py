"""What a training starts from: a new network, a checkpoint, or a model with a network of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import ctcalign
from ctcalign.errors import CtcAlignError, ModelError, UsageError
from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.train import CTCModule, ObjectiveConfig
from ctcalign.train.recogniser.export import header_of
from ctcalign.train.recogniser.terms import Term
from ctcalign.train.run import fit
from tests.train.tones import LETTERS, config, make_cuts


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """A checkpoint with random weights."""
    torch.manual_seed(5)
    module = CTCModule(ConvEncoder(dim=16, blocks=1, kernel=3), CharacterTokenizer(" ab"), Frontend(mean_left=7))
    path = tmp_path_factory.mktemp("start") / "model.safetensors"
    header = header_of(module.model, {"language": "de", "licence": "CC0-1.0"})
    return module.model.save(path, header, module.network.state_dict())


def test_a_checkpoint_brings_its_network_its_front_end_and_its_symbols(saved):
    for name in (str(saved), f"checkpoint:{saved}"):
        module = CTCModule(init=name)
        assert module.vocabulary.symbols == ("<blank>", " ", "a", "b")
        assert module.network.frontend.mean_left == 7
        assert module.tokenizer.encode("ab a") == ([2, 3, 1, 2], ())
        for name_, value in module.network.state_dict().items():
            assert torch.equal(value, ctcalign.load_model(f"checkpoint:{saved}").network.state_dict()[name_])
    assert {"language": "de", "licence": "CC0-1.0"}.items() <= header_of(module.model, {}).items()
    assert header_of(module.model, {"language": "fr"})["language"] == "fr"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"model: expected model.encoder for a new network, or model.init \(builtin:en, .*\); got neither"),
        ({"init": "SAVED", "frontend": Frontend()}, "model.frontend: .* has its own; remove model.frontend"),
        ({"vocabulary": "from-data", "init": "SAVED"}, "from-data is an option of ctcalign fit; .* give a tokenizer"),
        ({"init": "hf:someone/model", "encoder": ConvEncoder(dim=8, blocks=1)}, "has a network of its own"),
        ({"init": "onnx:model.onnx"}, "onnx: models cannot be trained"),
        ({"init": "checkpoint:"}, "is not the name of a model"),
        ({"init": "none.ckpt"}, "none.ckpt: no such file"),
    ],
)
def test_options_that_do_not_go_together(saved, options, message):
    if options.get("init") == "SAVED":
        options = {**options, "init": str(saved)}
    with pytest.raises((UsageError, ModelError), match=message):
        CTCModule(**options)


def test_a_run_goes_on_from_a_checkpoint_by_its_name_alone(tmp_path):
    cuts = make_cuts(tmp_path / "train", 6)
    fit(["--config", str(config(tmp_path / "first", cuts)), "--trainer.max_steps", "2"])
    first = tmp_path / "first" / "model.safetensors"
    second = tmp_path / "second"
    arguments = ["--model.init", f"checkpoint:{first}", "--data.train", str(cuts), "--data.workers", "0"]
    written = fit([*arguments, "--trainer.default_root_dir", str(second), "--trainer.max_steps", "2"])
    assert written == second / "model.safetensors"
    assert ctcalign.load_model(f"checkpoint:{written}").vocabulary.symbols == ("<blank>", " ", *LETTERS)
    with pytest.raises(CtcAlignError, match="holds a run"):
        fit([*arguments, "--trainer.default_root_dir", str(second), "--trainer.max_steps", "2"])


def test_an_objective_that_cuts_frames_of_10_ms_cuts_waveforms_too():
    term = Term(ObjectiveConfig("trim_tail", 1.0, {"most": 40}))
    waveforms, lengths = torch.arange(3 * 9001.0).reshape(3, 9001), torch.tensor([9001, 8000, 8800])
    cut, left = term.prepare(waveforms, lengths, ["a", "b", "c"], 1, rate=16_000)
    assert (left <= lengths).all()
    assert (left < lengths).any()
    assert cut.shape == (3, -(-int(left.max()) // 160) * 160)
    for row, whole, length in zip(cut, waveforms, left.tolist(), strict=True):
        assert torch.equal(row[:length], whole[:length])
