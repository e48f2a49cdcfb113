"""Tokenizers of Transformers' models: those that cannot be used, nested ones, blanks, and sub-words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ctcalign.errors import ModelError
from ctcalign.models import load_model
from tests.models.hugging_face.small_models import LETTERS, TRAINED, rewrite, save, tokenizer, transformers


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
