"""CTC models of transformers of several families, small and with random weights, saved to folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.models.hugging_face.small_models import LETTERS, transformers
from tests.train.tones import WORDS

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "pad_token_id": 0,
    "hidden_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0, "feat_proj_dropout": 0.0,
    "final_dropout": 0.0, "layerdrop": 0.0, "mask_time_prob": 0.0,
}  # fmt: skip
STACK = {
    "conv_dim": [16] * 7, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2, "vocab_size": len(LETTERS)
}  # fmt: skip


def letters(folder: Path, **options: Any) -> Any:
    """The tokenizer of wav2vec 2.0 with the letters A to Z."""
    (folder / "vocab.json").write_text(json.dumps({symbol: column for column, symbol in enumerate(LETTERS)}))
    return transformers.Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), word_delimiter_token="|", **options)


def pieces(folder: Path) -> Any:
    """The tokenizer of Parakeet, trained on the words of the tones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    found = Tokenizer(models.BPE(unk_token="<unk>"))
    found.pre_tokenizer, found.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=20, special_tokens=["<unk>"], show_progress=False)
    found.train_from_iterator([" ".join(WORDS)] * 3, trainer)
    found.add_special_tokens(["<pad>"])
    kind = transformers.ParakeetTokenizer if hasattr(transformers, "ParakeetTokenizer") else None
    return (kind or transformers.PreTrainedTokenizerFast)(tokenizer_object=found, pad_token="<pad>", unk_token="<unk>")


def waveforms(folder: Path, config: Any, kind: Any, masked: bool, rate: int = 16_000) -> None:
    """Save a model that takes waveforms, with its processor."""
    extractor = transformers.Wav2Vec2FeatureExtractor(
        do_normalize=True, return_attention_mask=masked, sampling_rate=rate
    )
    transformers.Wav2Vec2Processor(feature_extractor=extractor, tokenizer=letters(folder)).save_pretrained(folder)
    kind(config).save_pretrained(folder)


def wav2vec2(folder: Path, rate: int = 16_000, **changes: Any) -> None:
    config = transformers.Wav2Vec2Config(
        **{**SIZES, **STACK, "feat_extract_norm": "layer", "do_stable_layer_norm": True, **changes}
    )
    waveforms(folder, config, transformers.Wav2Vec2ForCTC, True, rate)


def group_norm(folder: Path) -> None:
    config = transformers.Wav2Vec2Config(**SIZES, **STACK, feat_extract_norm="group")
    waveforms(folder, config, transformers.Wav2Vec2ForCTC, False)


def hubert(folder: Path) -> None:
    config = transformers.HubertConfig(**SIZES, **STACK, feat_extract_norm="layer", do_stable_layer_norm=True)
    waveforms(folder, config, transformers.HubertForCTC, True)


def wavlm(folder: Path) -> None:
    config = transformers.WavLMConfig(**SIZES, **STACK, feat_extract_norm="layer", do_stable_layer_norm=True)
    waveforms(folder, config, transformers.WavLMForCTC, True)


def data2vec(folder: Path) -> None:
    config = transformers.Data2VecAudioConfig(**SIZES, **{**STACK, "num_conv_pos_embeddings": 2})
    waveforms(folder, config, transformers.Data2VecAudioForCTC, True)


def wav2vec2_bert(folder: Path) -> None:
    config = transformers.Wav2Vec2BertConfig(
        **SIZES, vocab_size=len(LETTERS), feature_projection_input_dim=160, conv_depthwise_kernel_size=3,
        conformer_conv_dropout=0.0,
    )  # fmt: skip
    extractor = transformers.SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80, stride=2)
    processor = transformers.Wav2Vec2BertProcessor(feature_extractor=extractor, tokenizer=letters(folder))
    processor.save_pretrained(folder)
    transformers.Wav2Vec2BertForCTC(config).save_pretrained(folder)


def parakeet(folder: Path) -> None:
    tokenizer = pieces(folder)
    encoder = {
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
        "conv_kernel_size": 5, "subsampling_conv_channels": 16, "num_mel_bins": 80, "subsampling_factor": 4,
        "dropout": 0.0, "dropout_positions": 0.0, "layerdrop": 0.0, "activation_dropout": 0.0, "attention_dropout": 0.0,
    }  # fmt: skip
    blank = tokenizer.pad_token_id
    config = transformers.ParakeetCTCConfig(vocab_size=blank + 1, encoder_config=encoder, pad_token_id=blank)
    transformers.ParakeetProcessor(
        feature_extractor=transformers.ParakeetFeatureExtractor(feature_size=80), tokenizer=tokenizer
    ).save_pretrained(folder)
    transformers.ParakeetForCTC(config).save_pretrained(folder)


FAMILIES: dict[str, Callable[[Path], None]] = {
    one.__name__: one for one in (wav2vec2, group_norm, hubert, wavlm, data2vec, wav2vec2_bert, parakeet)
}


def saved(folder: Path, family: str, **options: Any) -> Path:
    """Save a small model of a family."""
    folder.mkdir(exist_ok=True, parents=True)
    torch.manual_seed(0)
    FAMILIES[family](folder, **options)
    return folder


def speech(lengths: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [(0.1 * rng.standard_normal(n)).astype(np.float32) for n in lengths]
