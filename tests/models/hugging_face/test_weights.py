"""Weights of Transformers' models: precision, missing and damaged ones, and code in their files."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from ctcalign.errors import ModelError
from ctcalign.models import load_model
from tests.models.hugging_face.small_models import LETTERS, emission_of, rewrite, save, tokenizer, transformers


@pytest.mark.parametrize(
    ("weights", "field"),
    [("float16", "dtype"), ("bfloat16", "dtype"), ("float32", "dtype"), ("bfloat16", "torch_dtype")],
)
def test_models_of_half_precision_run_in_single(tmp_path: Path, weights: str, field: str) -> None:
    folder = save(tmp_path / "model")
    expected = emission_of(folder)
    network = transformers.Wav2Vec2ForCTC.from_pretrained(folder).to(getattr(torch, weights))
    network.save_pretrained(folder)
    named = "float16" if weights == "float32" else weights  # the configuration alone decides how it would be loaded

    def name(config: dict[str, Any]) -> None:
        config.pop("dtype", None)
        config[field] = named

    rewrite(folder / "config.json", name)
    found = emission_of(folder)
    assert found.dtype == torch.float32
    tolerance = 1e-6 if weights == "float32" else 0.02
    torch.testing.assert_close(found, expected, atol=tolerance, rtol=tolerance)


def test_feature_models_of_half_precision(tmp_path: Path) -> None:
    folder = save(tmp_path / "model")
    config = transformers.Wav2Vec2BertConfig(
        vocab_size=len(LETTERS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        feature_projection_input_dim=160, conv_depthwise_kernel_size=3, pad_token_id=0,
    )  # fmt: skip
    transformers.Wav2Vec2BertForCTC(config).bfloat16().save_pretrained(folder)
    transformers.SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80, stride=2).save_pretrained(folder)
    (folder / "processor_config.json").unlink()
    assert torch.isfinite(emission_of(folder)).all()


def test_parakeet_in_bfloat16(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    pieces = tokenizer("metaspace", folder)
    encoder = {
        "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
        "conv_kernel_size": 5, "subsampling_conv_channels": 16, "num_mel_bins": 80,
    }  # fmt: skip
    blank = len(pieces)
    config = transformers.ParakeetCTCConfig(vocab_size=blank + 1, encoder_config=encoder, pad_token_id=blank)
    transformers.ParakeetForCTC(config).bfloat16().save_pretrained(folder)
    transformers.ParakeetFeatureExtractor(feature_size=80).save_pretrained(folder)
    model = load_model(f"hf:{folder}", device="cpu")
    assert (model.vocabulary.blank, model.vocabulary.word_pieces, model.frame_shift) == (blank, True, 0.08)
    assert torch.isfinite(emission_of(folder)).all()


def test_older_names_of_weights(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = save(tmp_path / "model")
    expected = emission_of(folder)
    weights = load_file(folder / "model.safetensors")
    normed = "parametrizations.weight.original"
    older = {k.replace(f"{normed}0", "weight_g").replace(f"{normed}1", "weight_v"): v for k, v in weights.items()}
    assert older.keys() != weights.keys()
    torch.save(older, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    torch.testing.assert_close(emission_of(folder), expected)


def without_weights(folder: Path, part: str) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if part not in name}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("layers.0.attention", r"8 of 48 weights are missing and would be random \(wav2vec2\.encoder\.layers\.0\.att"),
        ("feature_projection.projection.bias", r"1 of 48 weights .*\(wav2vec2\.feature_projection\.projection\.bias\)"),
        ("pos_conv_embed", r"3 of 48 weights are missing"),
        ("wav2vec2", r"46 of 48 weights are missing .* and 43 more\); copy or download the model again"),
        ("lm_head.weight", r"has no trained CTC output \(lm_head\.weight is missing\)"),
    ],
)
def test_missing_weights_are_named(tmp_path: Path, part: str, text: str) -> None:
    folder = save(tmp_path / "model")
    without_weights(folder, part)
    with pytest.raises(ModelError, match=text):
        load_model(f"hf:{folder}", device="cpu")


def test_weights_by_other_names_and_of_another_shape(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = save(tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    renamed = {name.replace("wav2vec2.", "encoder."): value for name, value in weights.items()}
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"46 of 48 weights are missing .*its file has encoder\."):
        load_model(f"hf:{folder}", device="cpu")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    rewrite(folder / "config.json", lambda config: config.update(vocab_size=40))
    with pytest.raises(
        ModelError, match=r"2 weights have another shape than config.json implies \(lm_head.bias, lm_head"
    ):
        load_model(f"hf:{folder}", device="cpu")


def test_weights_that_inference_does_not_use_may_be_missing(tmp_path: Path) -> None:
    folder = save(tmp_path / "model")
    expected = emission_of(folder)
    without_weights(folder, "masked_spec_embed")
    torch.testing.assert_close(emission_of(folder), expected)


@pytest.mark.parametrize("content", [b"", b"junk" * 99, None])
def test_damaged_weights(tmp_path: Path, content: bytes | None) -> None:
    file = save(tmp_path / "model") / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2] if content is None else content)
    with pytest.raises(ModelError, match=r"model: cannot be loaded \(its weights: "):
        load_model(f"hf:{tmp_path / 'model'}", device="cpu")


class _Code:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch pwned",)


def test_folders_run_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, write in enumerate((torch.save, lambda code, file: file.write_bytes(pickle.dumps(code)))):
        folder = save(tmp_path / f"pickle{number}")
        (folder / "model.safetensors").unlink()
        write(_Code(), folder / "pytorch_model.bin")
        with pytest.raises(ModelError, match="contains more than weights and was not loaded, since it could run code"):
            load_model(f"hf:{folder}", device="cpu")
    monkeypatch.setattr("builtins.input", lambda *_: "y")  # transformers would ask whether to run the code
    for number, kind in enumerate(("wav2vec2", "unknown")):
        folder = save(tmp_path / f"code{number}")
        (folder / "own.py").write_text("import os\nos.system('touch pwned')\n")
        own = {"AutoConfig": "own.Config", "AutoModelForCTC": "own.Model", "AutoTokenizer": "own.Tokenizer"}
        rewrite(folder / "config.json", lambda config, kind=kind, own=own: config.update(auto_map=own, model_type=kind))
        if kind == "unknown":
            with pytest.raises(ModelError, match="it needs Python code of its own, which ctcalign does not run"):
                load_model(f"hf:{folder}", device="cpu")
        else:
            load_model(f"hf:{folder}", device="cpu")  # with transformers' own class
    assert not (tmp_path / "pwned").exists()
