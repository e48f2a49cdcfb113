"""Transformers' CTC models, small and with random weights, saved to a folder as a user has them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctcalign.errors import ModelError
from ctcalign.models import load_model
from ctcalign.models.torchaudio_bundle import import_torchaudio

with contextlib.suppress(ModelError):  # transformers fails to import when torchaudio refuses this torch
    import_torchaudio()
transformers: Any = pytest.importorskip("transformers")

LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]


TRAINED = ["the café is closed today", "these cafés là bas"] * 9


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


def rewrite(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a JSON file."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def emission_of(folder: Path) -> torch.Tensor:
    model = load_model(f"hf:{folder}", device="cpu")
    with torch.inference_mode():
        return model(torch.from_numpy(noise(16_000))[None], torch.tensor([16_000]))[0]


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
