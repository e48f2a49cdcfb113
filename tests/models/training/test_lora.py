"""Adapters of low rank: what is trained, what is saved, and what plain peft makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import ctcalign
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.training.lora import Lora, LoraConfig
from ctcalign.models.training.registry import open_trainable
from ctcalign.train.recogniser.export import export_checkpoint
from ctcalign.train.run import fit
from tests.train.preference.cases import language_model, sums
from tests.train.tones import config, make_cuts

peft = pytest.importorskip("peft", reason="the extra lora is not installed")


class Wrapped(nn.Module):
    """A model of transformers inside a network, as in its family."""

    def __init__(self, norm: bool = False) -> None:
        super().__init__()
        from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

        torch.manual_seed(1)
        sizes = Wav2Vec2Config(
            vocab_size=6, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
            conv_dim=(8, 8), conv_stride=(5, 4), conv_kernel=(10, 8), num_feat_extract_layers=2,
            num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2, mask_time_prob=0.0, layerdrop=0.0,
        )  # fmt: skip
        self.model = Wav2Vec2ForCTC(sizes)
        self.norm = nn.BatchNorm1d(6)

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        return self.norm(self.model(waveforms).logits.transpose(1, 2))


def step(network: nn.Module, x: torch.Tensor) -> None:
    parameters = [one for one in network.parameters() if one.requires_grad]
    network(x).square().mean().backward()
    with torch.no_grad():
        for parameter in parameters:
            parameter -= 0.1 * parameter.grad
            parameter.grad = None


def test_adapters_alone_change_and_plain_peft_loads_them(tmp_path: Path):
    network, x = Wrapped().train(), torch.randn(2, 400)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    original = Wrapped().model
    lora = Lora(network, LoraConfig(["q_proj", "layers.*.v_proj"], r=2, alpha=8, train_also=["lm_head"]))
    for _ in range(3):
        step(network, x)
    names = {name for name, one in network.named_parameters() if one.requires_grad}
    assert names == set(lora.trained(network.state_dict(keep_vars=True)))
    assert len([name for name in names if "lora_" in name]) == 2 * 2 * 2
    for name, value in network.state_dict().items():
        plain = name.replace(".base_layer", "").replace(".original_module", "")
        if plain in before:
            assert torch.equal(value, before[plain]), name  # the statistics of the norm too
    network.eval()
    expected = network.model(x).logits
    lora.save(tmp_path / "adapter")
    assert sorted(path.name for path in (tmp_path / "adapter").glob("adapter_*")) == [
        "adapter_config.json", "adapter_model.safetensors",
    ]  # fmt: skip
    loaded = peft.PeftModel.from_pretrained(original, str(tmp_path / "adapter")).eval()
    torch.testing.assert_close(loaded(x).logits, expected)
    lora.merge()
    assert {name for name, _ in network.named_parameters()} | set(dict(network.named_buffers())) == set(before)
    torch.testing.assert_close(network.model(x).logits, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"modules": ["query"]},
            r"model.lora.modules: no module or parameter is named 'query'; .* names such as",
        ),
        ({"modules": ["layer_norm"]}, r"model.lora.modules: Target module .*Norm.* is not supported"),
        ({"modules": ["q_proj"], "train_also": ["lm_haed"]}, r"model.lora.train_also: .*'lm_haed'; .* such as lm_head"),
        ({"modules": []}, r"model.lora.modules: expected names of layers"),
        ({"modules": ["q_proj"], "r": 0}, r"model.lora.r"),
        ({"modules": ["q_proj"], "dropout": 1.0}, r"model.lora.dropout: got 1.0, expected a number in \[0, 1\)"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str):
    with pytest.raises(UsageError, match=message):
        Lora(Wrapped().model, LoraConfig(**options))


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A recogniser, one adapted from it, and the same with a stop."""
    root = tmp_path_factory.mktemp("lora")
    cuts = make_cuts(root / "cuts", 8)
    data = {"train": str(cuts), "max_duration": 3, "workers": 0}
    fit(["--config", str(config(root / "base", cuts, data=data, trainer={"max_steps": 3}))])
    lora = {"modules": ["expand", "contract"], "r": 2, "dropout": 0.1, "train_also": ["head"]}
    options = ["--model.init", str(root / "base" / "model.safetensors")]
    for name, stops in (("adapted", (4,)), ("stopped", (2, 4))):
        model = {"lora": lora, "optimiser": {"lr": 0.01, "warmup_steps": 0, "ema": 0.9}}
        file = config(root / name, cuts, data=data, model=model)
        for place, stop in enumerate(stops):
            fit(
                [
                    "--config",
                    str(file),
                    *options,
                    "--trainer.max_steps",
                    str(stop),
                    *(["--resume", "last"] * (place > 0)),
                ]
            )
    return root


def test_a_checkpoint_has_the_trained_weights_alone(runs):
    content = torch.load(runs / "adapted" / "last.ckpt", weights_only=True)
    assert all("lora_" in name or "head." in name for name in content["state_dict"])
    assert content["ctcalign"]["lora"]["base"] == str(runs / "base" / "model.safetensors")
    assert content["ctcalign"]["lora"]["r"] == 2
    again = torch.load(runs / "stopped" / "last.ckpt", weights_only=True)
    for part in (lambda one: one["state_dict"], lambda one: one["ctcalign_average"]["weights"]):
        for name, value in part(content).items():
            assert torch.equal(value, part(again)[name])


def test_the_exported_model_has_the_adapters_in_its_weights(runs):
    files = [runs / name / "model.safetensors" for name in ("base", "adapted")]
    base, adapted = (ctcalign.load_model(f"checkpoint:{file}") for file in files)
    changed = {
        name
        for name, value in base.network.state_dict().items()
        if not torch.equal(value, adapted.network.state_dict()[name])
    }
    weights = {f"encoder.blocks.{n}.{layer}.weight" for n in range(2) for layer in ("expand", "contract")}
    assert changed == weights | {"head.weight", "head.bias"}
    assert (runs / "adapted" / "adapter" / "adapter_model.safetensors").is_file()
    again = export_checkpoint(runs / "adapted" / "last.ckpt", runs / "again.safetensors")
    for name, value in ctcalign.load_model(f"checkpoint:{again}").network.state_dict().items():
        torch.testing.assert_close(value, adapted.network.state_dict()[name])
    start = open_trainable(f"checkpoint:{runs / 'adapted' / 'last.ckpt'}").network.state_dict()
    assert set(start) == set(base.network.state_dict())
    with pytest.raises(ModelError, match="contains only the adapters of a training"):
        ctcalign.load_model(f"checkpoint:{runs / 'adapted' / 'last.ckpt'}")


def test_other_weights_below_the_adapters_are_refused(runs, tmp_path):
    model = open_trainable(str(runs / "base" / "model.safetensors"))
    with torch.no_grad():
        model.network.encoder.stem.norm.bias[0] += 1
    other = model.save(tmp_path / "other.safetensors", model.header({}), model.network.state_dict())
    with pytest.raises(ModelError, match=r"resume: its adapters were trained with other weights"):
        fit(["--config", str(runs / "stopped" / "train.yaml"), "--resume", "last", "--model.init", str(other)])
    content = torch.load(runs / "adapted" / "last.ckpt", weights_only=True)
    content["ctcalign"]["lora"]["base"] = str(other)
    torch.save(content, tmp_path / "last.ckpt")
    with pytest.raises(ModelError, match=r"last.ckpt: its adapters were trained with other weights"):
        export_checkpoint(tmp_path / "last.ckpt", tmp_path / "model.safetensors")


def test_a_run_with_adapters_is_protected(runs):
    (runs / "held").mkdir()
    (runs / "adapted" / "adapter").rename(runs / "held" / "adapter")
    with pytest.raises(UsageError, match=r"holds a run \(adapter\)"):
        fit(
            ["--config", str(runs / "adapted" / "train.yaml"), "--trainer.default_root_dir", str(runs / "held"),
             "--model.init", str(runs / "base" / "model.safetensors"), "--trainer.max_steps", "1"]
        )  # fmt: skip


def test_a_new_network_has_nothing_to_adapt(tmp_path):
    file = config(tmp_path, tmp_path, model={"lora": {"modules": ["expand"]}})
    with pytest.raises(UsageError, match=r"model.lora: adapters need a trained model; give model.init"):
        fit(["--config", str(file)])


def test_a_language_model(tmp_path):
    import json

    from transformers import AutoModelForCausalLM

    base = language_model(tmp_path / "start")
    content = json.loads(config(tmp_path / "run", tmp_path).read_text())
    content |= {"task": "text_preference", "data": {"train": sums(tmp_path / "sums.jsonl"), "batch_size": 3}}
    content["model"] = {
        "model": base, "loss": {"name": "dpo"}, "optimiser": {"lr": 0.05, "warmup_steps": 0},
        "lora": {"modules": ["c_attn"], "r": 2},
    }  # fmt: skip
    (tmp_path / "text.yaml").write_text(json.dumps(content))
    fit(["--config", str(tmp_path / "text.yaml"), "--trainer.max_steps", "3"])
    tokens = torch.tensor([[1, 2, 3, 4]])
    start, below = (AutoModelForCausalLM.from_pretrained(base) for _ in range(2))
    plain = peft.PeftModel.from_pretrained(below, str(tmp_path / "run" / "adapter"))
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "model")
    torch.testing.assert_close(plain(tokens).logits, merged(tokens).logits, atol=1e-5, rtol=1e-5)
    assert float((merged(tokens).logits - start(tokens).logits).abs().max()) > 1e-3
