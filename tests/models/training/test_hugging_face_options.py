"""Options of models of transformers in training, adapters for languages, and models that cannot be trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from ctcalign.errors import CtcAlignError, ModelError, UsageError
from ctcalign.models import load_model
from ctcalign.models.training.hugging_face.model import open_model
from ctcalign.models.training.registry import open_trainable
from ctcalign.train import CTCModule
from ctcalign.train.recogniser.export import export_checkpoint, header_of
from tests.models.hugging_face.small_models import LETTERS, rewrite, transformers
from tests.models.training.small_models import saved, speech
from tests.train.tones import make_cuts

GERMAN = [*LETTERS[:5], *"abcäöüß"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("options") / "model", "wav2vec2")


def test_options_change_the_configuration(model: Path, tmp_path: Path) -> None:
    options = {"mask_time_prob": 0.3, "attention_dropout": 0.2, "layerdrop": 0}
    module = CTCModule(init=f"hf:{model}", options=options)
    config = module.network.model.config
    assert (config.mask_time_prob, config.attention_dropout, config.layerdrop) == (0.3, 0.2, 0)
    assert module.network.model.wav2vec2.encoder.layers[0].attention.dropout == 0.2
    inputs, lengths = torch.from_numpy(speech((16_000,))[0])[None], torch.tensor([16_000])
    module.network.train()
    torch.manual_seed(0)
    assert not torch.equal(module(inputs, lengths)[0], module(inputs, lengths)[0])
    header = header_of(module.model, {})
    torch.save({"ctcalign": header, "state_dict": module.network.state_dict()}, tmp_path / "last.ckpt")
    again = open_trainable(str(tmp_path / "last.ckpt"), {"mask_time_prob": 0.0})
    assert again.parts.network.config.mask_time_prob == 0.0
    assert again.parts.network.config.attention_dropout == 0.2


def test_utterances_shorter_than_a_mask_can_be_trained_on(model: Path) -> None:
    network = open_model(str(model), {"mask_time_prob": 0.5, "mask_time_length": 40}).network
    network.train()
    log_probs, frames = network(torch.randn(1, 500), torch.tensor([500]))
    assert torch.isfinite(log_probs).all()
    assert frames.tolist() == [1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mask_time_probability": 0.1}, "has no option 'mask_time_probability'; did you mean mask_time_prob"),
        ({"mask_time_prob": "high"}, r"mask_time_prob: expected a value like 0\.0 .*, got 'high'"),
        ({"vocab_size": 7}, "has no option 'vocab_size'"),
        ({"target_lang": "deu"}, "target_lang: hf:.* has no adapters for languages"),
        ({"num_hidden_layers": 3}, "weights are missing and would be random"),
    ],
)
def test_options_that_a_model_does_not_have(model: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises((UsageError, ModelError), match=message) as caught:
        CTCModule(init=f"hf:{model}", options=options)
    assert "\n" not in str(caught.value)


def test_other_families_do_not_have_its_options() -> None:
    with pytest.raises(UsageError, match=r"model.options: builtin:en has no option 'mask_time_prob'"):
        CTCModule(init="builtin:en", options={"mask_time_prob": 0.1})


def mms(folder: Path) -> Path:
    """A model with adapters for two languages, as those of MMS are: each has letters of its own."""
    config = dict(adapter_attn_dim=4, vocab_size=len(LETTERS))
    saved(folder, "wav2vec2", **config)
    from safetensors.torch import save_file

    vocabularies = {"eng": LETTERS, "deu": GERMAN}
    for language, symbols in vocabularies.items():
        torch.manual_seed(len(symbols))
        network = transformers.Wav2Vec2ForCTC(transformers.AutoConfig.from_pretrained(folder, vocab_size=len(symbols)))
        save_file(network._get_adapters(), folder / f"adapter.{language}.safetensors", metadata={"format": "pt"})
    nested = {lang: {symbol: column for column, symbol in enumerate(symbols)} for lang, symbols in vocabularies.items()}
    (folder / "vocab.json").write_text(json.dumps(nested))
    rewrite(folder / "tokenizer_config.json", lambda content: content.update(target_lang="eng"))
    return folder


def test_adapters_for_languages(tmp_path: Path) -> None:
    folder = mms(tmp_path / "mms")
    module = CTCModule(init=f"hf:{folder}", options={"target_lang": "deu"})
    assert module.vocabulary.symbols == tuple(GERMAN)
    assert module.tokenizer.encode("äb ßü") == ([8, 6, 4, 11, 10], ())
    network = transformers.Wav2Vec2ForCTC.from_pretrained(folder)
    network.load_adapter("deu")
    inputs = torch.from_numpy(speech((16_000,))[0])[None]
    with torch.inference_mode():
        expected = network.eval()(inputs).logits.log_softmax(-1)
        found, _ = module.network.eval()(inputs, torch.tensor([16_000]))
        torch.testing.assert_close(found, expected)
    weights = {f"network.{name}": value for name, value in module.network.state_dict().items()}
    torch.save({"ctcalign": header_of(module.model, {}), "state_dict": weights}, tmp_path / "last.ckpt")
    written = export_checkpoint(tmp_path / "last.ckpt", tmp_path / "written")
    assert load_model(f"hf:{written}").vocabulary.symbols == tuple(GERMAN)
    plain = transformers.Wav2Vec2ForCTC.from_pretrained(written)
    plain.load_adapter("deu")  # the adapter is there as a file of its own, too
    with torch.inference_mode():
        torch.testing.assert_close(plain.eval()(inputs).logits.log_softmax(-1), expected)
    with pytest.raises(ModelError, match=r"it has no language 'ger'; did you mean eng or deu"):
        open_model(str(folder), {"target_lang": "ger"})


def test_models_that_forbid_commercial_use(model: Path, tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "wav2vec2")
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    with pytest.raises(ModelError, match=r"forbids commercial use; accept that with"):
        CTCModule(init=f"hf:{folder}")
    module = CTCModule(init=f"hf:{folder}", allow_noncommercial=True)
    weights = {f"network.{name}": value for name, value in module.network.state_dict().items()}
    torch.save({"ctcalign": header_of(module.model, {}), "state_dict": weights}, tmp_path / "last.ckpt")
    written = export_checkpoint(tmp_path / "last.ckpt", tmp_path / "written")
    for name in (f"hf:{written}", f"checkpoint:{tmp_path / 'last.ckpt'}"):
        with pytest.raises(ModelError, match="forbids commercial use"):
            load_model(name)


def without_head(folder: Path) -> None:
    transformers.Wav2Vec2Model(transformers.AutoConfig.from_pretrained(folder)).save_pretrained(folder)


def without_processor(folder: Path) -> None:
    (folder / "processor_config.json").unlink()


def without_tokenizer(folder: Path) -> None:
    for name in ("vocab.json", "tokenizer_config.json"):
        (folder / name).unlink()


def no_ctc(folder: Path) -> None:
    config = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=9
    )
    transformers.BertModel(config).save_pretrained(folder)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_head, r"has no trained CTC output \(lm_head.* is missing\)"),
        (without_processor, "cannot be loaded .*its feature extractor, preprocessor_config.json"),
        (without_tokenizer, "cannot be loaded .*its tokenizer, vocab.json or tokenizer.json"),
        (no_ctc, "cannot be loaded"),
    ],
)
def test_folders_that_cannot_be_trained(tmp_path: Path, damage: Any, message: str) -> None:
    folder = saved(tmp_path / "model", "wav2vec2")
    damage(folder)
    with pytest.raises(ModelError, match=message) as caught:
        CTCModule(init=f"hf:{folder}")
    assert "\n" not in str(caught.value)


def many_layers(header: dict[str, Any]) -> None:
    content = json.loads(header["files"]["config.json"])
    header["files"]["config.json"] = json.dumps(content | {"num_hidden_layers": 900_000})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.update(files={}), "has no config.json"),
        (lambda h: h["files"].update({"../x.json": "{}"}), r"has a file '../x.json', expected a name"),
        (lambda h: h["files"].update({"config.json": "{"}), "describes no model that transformers can build"),
        (lambda h: h["files"].update({"tokenizer.model": "base64:?"}), "tokenizer.model in its header is damaged"),
        (lambda h: h.update(symbols=h["symbols"][1:]), "another number of symbols than its header"),
        (many_layers, "does not fit"),
    ],
)
def test_headers_that_are_damaged(model: Path, tmp_path: Path, change: Any, message: str) -> None:
    module = CTCModule(init=f"hf:{model}")
    header = header_of(module.model, {})
    change(header)
    torch.save({"ctcalign": header, "state_dict": module.network.state_dict()}, tmp_path / "last.ckpt")
    for opened in (open_trainable, load_model):
        with pytest.raises(CtcAlignError, match=message) as caught:
            opened(f"checkpoint:{tmp_path / 'last.ckpt'}")
        assert "\n" not in str(caught.value)


def test_cuts_are_resampled_to_the_rate_of_the_model(tmp_path: Path) -> None:
    from lhotse import CutSet

    from ctcalign.train.data.drawing import ProcessBatch
    from ctcalign.train.data.loading import Reader

    folder = saved(tmp_path / "model", "wav2vec2", rate=8_000)
    model = open_model(str(folder))
    assert (model.inputs.sample_rate, model.frame_shift) == (8_000, 0.04)
    cuts = list(CutSet.from_file(make_cuts(tmp_path / "train", 2)))
    batch = Reader(model.inputs)[ProcessBatch(0, 0, True, cuts, False)]
    assert batch.lengths.tolist() == [pytest.approx(cut.duration * 8_000, abs=1) for cut in cuts]


def test_masks_can_be_turned_on_and_off_from_a_checkpoint(model: Path, tmp_path: Path) -> None:
    name = "model.wav2vec2.masked_spec_embed"
    start = f"hf:{model}"
    for number, probability in enumerate((0.3, 0.0, 0.3)):
        opened = open_trainable(start, {"mask_time_prob": probability})
        assert (name in opened.network.state_dict()) == (probability > 0)
        start = f"checkpoint:{tmp_path / f'{number}.ckpt'}"
        content = {"ctcalign": header_of(opened, {}), "state_dict": opened.network.state_dict()}
        torch.save(content, tmp_path / f"{number}.ckpt")
