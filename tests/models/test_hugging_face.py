"""Transformers' CTC models, small and with random weights, saved to a folder as a user has them."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctcalign.emission.emission import compute_emission
from ctcalign.errors import ModelError
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.torchaudio_bundle import import_torchaudio

with contextlib.suppress(ModelError):  # transformers fails to import when torchaudio refuses this torch
    import_torchaudio()
transformers: Any = pytest.importorskip("transformers")

LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]


def save(
    folder: Path, symbols: list[str] = LETTERS, norm: str = "layer", card: str | None = None, **changes: Any
) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({symbol: column for column, symbol in enumerate(symbols)}))
    tokenizer = transformers.Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"), word_delimiter_token=changes.pop("delimiter", "|")
    )
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=norm == "layer")
    transformers.Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(symbols), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        conv_dim=[16] * 7, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2, feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer", pad_token_id=changes.pop("pad", 0), **changes,
    )  # fmt: skip
    transformers.Wav2Vec2ForCTC(config).save_pretrained(folder)
    if card is not None:
        (folder / "README.md").write_text(card)
    return folder


def noise(samples: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)


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


def rewrite(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a JSON file."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def emission_of(folder: Path) -> torch.Tensor:
    model = load_model(f"hf:{folder}", device="cpu")
    with torch.inference_mode():
        return model(torch.from_numpy(noise(16_000))[None], torch.tensor([16_000]))[0]


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


def damage_tokenizer(folder: Path, content: str | None) -> None:
    if content is None:
        (folder / "vocab.json").unlink()
    else:
        (folder / "vocab.json").write_text(content)


COLUMNS = {symbol: column for column, symbol in enumerate(LETTERS)}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "its tokenizer, vocab.json or tokenizer.json: there is neither"),
        (
            json.dumps({"eng": COLUMNS, "fra": COLUMNS}),
            r"vocab.json has a vocabulary for each of 2 languages: eng, fra\); set \"target_lang\" in tokenizer_config",
        ),
        (json.dumps(LETTERS), "its tokenizer, vocab.json or tokenizer.json: AttributeError"),
        ("{broken", "its tokenizer, vocab.json or tokenizer.json"),
        ("{}", "its tokenizer has no symbol for the 32 outputs"),
        (json.dumps({symbol: str(column) for symbol, column in COLUMNS.items()}), "ids that are not whole numbers"),
    ],
)
def test_tokenizers_that_cannot_be_used(tmp_path: Path, content: str | None, text: str) -> None:
    folder = save(tmp_path / "model")
    damage_tokenizer(folder, content)
    with pytest.raises(ModelError, match=text):
        load_model(f"hf:{folder}", device="cpu")


def test_a_nested_vocabulary_with_its_language(tmp_path: Path) -> None:
    folder = save(tmp_path / "model")
    damage_tokenizer(folder, json.dumps({"eng": COLUMNS, "fra": COLUMNS}))
    rewrite(folder / "tokenizer_config.json", lambda config: config.update(target_lang="fra"))
    assert load_model(f"hf:{folder}", device="cpu").vocabulary.symbols == tuple(LETTERS)


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


def test_loading_prints_no_bars(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = save(tmp_path / "model")
    capfd.readouterr()
    assert transformers.utils.logging.is_progress_bar_enabled()
    load_model(f"hf:{folder}", device="cpu")
    assert capfd.readouterr() == ("", "")
    assert transformers.utils.logging.is_progress_bar_enabled()


def test_blanks_that_differ_are_told(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", pad=5)
    model = load_model(f"hf:{folder}", device="cpu")
    assert model.vocabulary.blank == 5
    [warning] = model.warnings
    assert (
        "the blank is symbol 5 ('E') by pad_token_id in config.json but 0 ('<pad>') by the tokenizer; 5 is used"
        in warning
    )
    assert load_model(f"hf:{save(tmp_path / 'other')}", device="cpu").warnings == []


TRAINED = ["the café is closed today", "these cafés là bas"] * 9


def tokenizer(kind: str, folder: Path) -> Any:
    """A tokenizer of the library tokenizers, trained on a few words and saved to the folder."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    parts: dict[str, tuple[Any, Any, Any, Any]] = {
        "byte level": (
            models.BPE(), pre_tokenizers.ByteLevel(), decoders.ByteLevel(),
            trainers.BpeTrainer(vocab_size=300, special_tokens=["<pad>", "<unk>", "BOS"],
                                initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
        ),
        "word pieces": (
            models.WordPiece(unk_token="<unk>"), pre_tokenizers.Whitespace(), decoders.WordPiece(),
            trainers.WordPieceTrainer(vocab_size=60, special_tokens=["<pad>", "<unk>", "BOS"]),
        ),
        "metaspace": (
            models.Unigram(), pre_tokenizers.Metaspace(), decoders.Metaspace(),
            trainers.UnigramTrainer(vocab_size=60, special_tokens=["<pad>", "<unk>", "BOS"], unk_token="<unk>"),
        ),
        "word ends": (
            models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), pre_tokenizers.Whitespace(),
            decoders.BPEDecoder(),
            trainers.BpeTrainer(vocab_size=60, special_tokens=["<pad>", "<unk>", "BOS"], end_of_word_suffix="</w>"),
        ),
    }  # fmt: skip
    model, pre, decoder, trainer = parts[kind]
    found = Tokenizer(model)
    found.pre_tokenizer, found.decoder = pre, decoder
    found.train_from_iterator(TRAINED, trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=found, pad_token="<pad>", unk_token="<unk>", bos_token="BOS"
    )
    fast.save_pretrained(folder)
    return fast


def save_with(kind: str, folder: Path) -> tuple[Path, Any]:
    """A model with the outputs of such a tokenizer."""
    made = tokenizer(kind, folder)
    size = len(made)
    save(folder, symbols=[f"<{column}>" for column in range(size)])
    for name in ("vocab.json", "processor_config.json", "tokenizer_config.json"):
        (folder / name).unlink(missing_ok=True)
    made.save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    return folder, made


@pytest.mark.parametrize("kind", ["byte level", "word pieces", "metaspace"])
def test_sub_words_are_read_as_text(tmp_path: Path, kind: str) -> None:
    folder, made = save_with(kind, tmp_path / "model")
    vocabulary = load_model(f"hf:{folder}", device="cpu").vocabulary
    assert vocabulary.word_pieces
    for text in TRAINED[:2]:
        assert vocabulary.text(made.encode(text, add_special_tokens=False)) == text
        labels = [label for word in text.split() for label in vocabulary.encode(word)[0]]
        assert vocabulary.text(labels) == text
    whole = {"byte level": "\u0120the", "word pieces": "the", "metaspace": "\u2581the"}[kind]
    assert vocabulary.encode("the") == ((made.get_vocab()[whole],), ())
    bos = made.get_vocab()["BOS"]
    assert vocabulary.text([bos]) == ""
    assert bos not in vocabulary.encode("BOS")[0]


def test_bytes_that_are_no_text_are_joined(tmp_path: Path) -> None:
    folder, made = save_with("byte level", tmp_path / "model")
    vocabulary = load_model(f"hf:{folder}", device="cpu").vocabulary
    for text in ("日本 the", "ñandú"):
        labels = made.encode(text, add_special_tokens=False)
        assert len(labels) > len(text)
        assert vocabulary.text(labels) == text


def test_sub_words_that_cannot_be_represented_are_refused(tmp_path: Path) -> None:
    folder, _ = save_with("word ends", tmp_path / "model")
    with pytest.raises(ModelError, match=r"its tokenizer marks the ends of words \('.*</w>'\); expected characters"):
        load_model(f"hf:{folder}", device="cpu")
