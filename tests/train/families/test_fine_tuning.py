"""Fine-tuning of a model of transformers: frozen parts, rates by layer, gradient checkpointing, adapters."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ctcalign.train.run import fit, prepared
from tests.models.hugging_face.small_models import transformers
from tests.models.training.small_models import saved
from tests.train.tones import make_cuts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tuned")
    make_cuts(root / "cuts", 5)
    saved(root / "start", "wav2vec2")
    return root


def options(folder: Path, name: str, *more: str) -> list[str]:
    return [
        *("--model.init", f"hf:{folder / 'start'}", "--data.train", str(folder / "cuts" / "cuts.jsonl.gz")),
        *("--data.max_duration", "60", "--data.workers", "0", "--data.buckets", "1", "--trainer.accelerator", "cpu"),
        *("--trainer.default_root_dir", str(folder / name), "--trainer.max_steps", "2"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
        *("--model.optimiser.lr", "0.01", "--model.optimiser.warmup_steps", "0", *more),
    ]


def weights(folder: Path, name: str) -> dict[str, torch.Tensor]:
    model = transformers.AutoModelForCTC.from_pretrained(folder / name)
    found: dict[str, torch.Tensor] = model.state_dict()
    return found


def test_frozen_parts_and_gradient_checkpointing(folder):
    freeze = ["--model.freeze", "[feature_extractor, 'encoder.layers.0']"]
    fit(options(folder, "frozen", *freeze))
    fit(options(folder, "recomputed", *freeze, "--model.gradient_checkpointing", "true"))
    start, frozen, again = (weights(folder, name) for name in ("start", "frozen/model", "recomputed/model"))
    for name, value in start.items():
        kept = ".feature_extractor." in name or ".layers.0." in name or name.endswith("masked_spec_embed")
        assert torch.equal(value, frozen[name]) == kept, name
        torch.testing.assert_close(frozen[name], again[name])


def test_rates_of_layers(folder):
    cli = prepared(options(folder, "rates", "--model.optimiser.layer_decay", "0.5"))
    rates = {name: group["lr"] for group in cli.model._optimiser().param_groups for name in group["names"]}
    assert rates["model.lm_head.weight"] == 0.01
    upper, lower = (rates[f"model.wav2vec2.encoder.layers.{n}.attention.q_proj.weight"] for n in (1, 0))
    assert 0.01 > upper == 2 * lower
    assert rates["model.wav2vec2.feature_extractor.conv_layers.0.conv.weight"] < lower


def test_plain_peft_loads_the_adapters(folder):
    peft = pytest.importorskip("peft", reason="the extra lora is not installed")
    fit(options(folder, "lora", "--model.lora", "{modules: [q_proj, v_proj], r: 2, train_also: [lm_head]}"))
    start = transformers.AutoModelForCTC.from_pretrained(folder / "start")
    plain = peft.PeftModel.from_pretrained(start, str(folder / "lora" / "adapter")).eval()
    exported = transformers.AutoModelForCTC.from_pretrained(folder / "lora" / "model").eval()
    x = 0.1 * torch.randn(1, 4000, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(plain(x).logits, exported(x).logits, atol=1e-5, rtol=1e-4)
    before, after = weights(folder, "start"), exported.state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert {name.split(".")[-2] for name in changed} == {"q_proj", "v_proj", "lm_head"}
    stored = torch.load(folder / "lora" / "last.ckpt", weights_only=True)["state_dict"]
    assert all("lora_" in name or "lm_head" in name for name in stored)
