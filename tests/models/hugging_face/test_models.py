"""Transformers' CTC models: what they give, their licences, and which are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from ctcalign.emission.emission import compute_emission
from ctcalign.errors import ModelError
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from tests.models.hugging_face.small_models import LETTERS, noise, rewrite, save, transformers


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_equals_what_the_processor_and_the_model_give(tmp_path: Path, norm: str) -> None:
    folder = save(tmp_path / "model", norm=norm)
    model = load_model(f"hf:{folder}", device="cpu")
    assert isinstance(model, AcousticModel)
    assert (model.frame_shift, model.sample_rate, model.context) == (0.02, 16_000, None)
    assert model.vocabulary.symbols == tuple(LETTERS)
    assert (model.vocabulary.blank, model.vocabulary.separator, model.vocabulary.unknown) == (0, 4, 3)
    assert not model.vocabulary.word_pieces
    wave = noise(20_000)
    processor = transformers.Wav2Vec2Processor.from_pretrained(folder)
    network = transformers.Wav2Vec2ForCTC.from_pretrained(folder).eval()
    inputs = processor(wave, sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        expected = network(**inputs).logits.log_softmax(-1)
        log_probs, frames = model(torch.from_numpy(wave)[None], torch.tensor([20_000]))
    torch.testing.assert_close(log_probs, expected)
    assert frames.tolist() == [expected.shape[1]] == [(20_000 - 400) // 320 + 1]


def test_an_emission(tmp_path: Path) -> None:
    model = load_model(f"hf:{save(tmp_path / 'model')}", device="cpu")
    for samples in (1, 330, 500, 16_000 * 40 + 3):
        emission = compute_emission(model, noise(samples), batch_size=2)
        assert len(emission.log_probs) == max((samples - 400) // 320 + 1, 0)
    assert emission.offset == pytest.approx(0.0025)


def test_word_pieces_and_a_larger_output_layer(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", symbols=["<unk>", "\u2581the", "\u2581", "a", "<pad>"], pad=4, delimiter="|")
    config = json.loads((folder / "config.json").read_text())
    assert config["vocab_size"] == 5
    model = load_model(f"hf:{folder}", device="cpu")
    assert model.vocabulary.word_pieces
    assert (model.vocabulary.blank, model.vocabulary.separator) == (4, None)
    assert model.vocabulary.symbols[1] == "\u2581the"


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model", "apache-2.0"),
        ("# no front matter\nlicense: mit\n", "unknown (see the model card)"),
        (None, "unknown (see the model card)"),
    ],
)
def test_licence_from_the_card(tmp_path: Path, card: str | None, licence: str) -> None:
    assert load_model(f"hf:{save(tmp_path / 'model', card=card)}", device="cpu").licence == licence


def test_noncommercial_card(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", card="---\nlicense: cc-by-nc-4.0\n---\n")
    with pytest.raises(ModelError, match=r"its licence \(cc-by-nc-4.0\) forbids commercial use; accept that with"):
        load_model(f"hf:{folder}", device="cpu")
    assert load_model(f"hf:{folder}", device="cpu", allow_noncommercial=True).licence == "cc-by-nc-4.0"
    with pytest.raises(ModelError, match="forbids commercial use"):  # its card cannot be read without a network
        load_model("hf:facebook/mms-1b-all", device="cpu")


def test_models_that_were_never_trained_with_ctc(tmp_path: Path) -> None:
    folder = save(tmp_path / "model")
    config = transformers.AutoConfig.from_pretrained(folder)
    transformers.Wav2Vec2Model(config).save_pretrained(folder)
    with pytest.raises(ModelError, match=r"has no trained CTC output \(lm_head.* is missing\)"):
        load_model(f"hf:{folder}", device="cpu")


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"empty: cannot be loaded .*expected a folder written by save_pretrained"):
        load_model(f"hf:{tmp_path / 'empty'}", device="cpu")
    with pytest.raises(
        ModelError, match=r"hf:nobody/nothing: cannot be loaded or downloaded .*use hf:FOLDER or put it into"
    ) as caught:
        load_model("hf:nobody/nothing", device="cpu")
    assert "\n" not in str(caught.value)
    bert = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=9
    )
    transformers.BertModel(bert).save_pretrained(tmp_path / "bert")
    with pytest.raises(ModelError, match="bert: cannot be loaded"):
        load_model(f"hf:{tmp_path / 'bert'}", device="cpu")


def test_models_that_take_features(tmp_path: Path) -> None:
    """The input of Wav2Vec2-BERT is log-mel features; its hop is measured."""
    folder = save(tmp_path / "model")
    torch.manual_seed(0)
    config = transformers.Wav2Vec2BertConfig(
        vocab_size=len(LETTERS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        feature_projection_input_dim=160, conv_depthwise_kernel_size=3, pad_token_id=0,
    )  # fmt: skip
    transformers.Wav2Vec2BertForCTC(config).save_pretrained(folder)
    extractor = transformers.SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80, stride=2)
    extractor.save_pretrained(folder)
    (folder / "processor_config.json").unlink(missing_ok=True)
    model = load_model(f"hf:{folder}", device="cpu")
    assert model.frame_shift == 0.02
    emission = compute_emission(model, noise(16_000 * 35))
    assert len(emission.log_probs) == pytest.approx(35 / 0.02, abs=3)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"hidden_size": "x"}, r"cannot be loaded \(.*hidden_size"),
        ({"conv_kernel": [1, 2]}, "cannot be loaded .*convolutional layers is incorrect"),
        ({"num_attention_heads": 0}, "cannot be loaded .*its weights: ZeroDivisionError"),
        ({"model_type": "nothing"}, "cannot be loaded"),
    ],
)
def test_configurations_that_cannot_be_used(tmp_path: Path, change: dict[str, Any], text: str) -> None:
    folder = save(tmp_path / "model")
    rewrite(folder / "config.json", lambda config: config.update(change))
    with pytest.raises(ModelError, match=text):
        load_model(f"hf:{folder}", device="cpu")


def test_loading_prints_no_bars(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = save(tmp_path / "model")
    capfd.readouterr()
    assert transformers.utils.logging.is_progress_bar_enabled()
    load_model(f"hf:{folder}", device="cpu")
    assert capfd.readouterr() == ("", "")
    assert transformers.utils.logging.is_progress_bar_enabled()
