"""Whisper's features and encoder against those of transformers, and what padding changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.models.encoders import WhisperEncoder
from ctcalign.models.features.kinds import padded_features
from ctcalign.models.features.whisper import whisper_mel
from ctcalign.train import CTCModule


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(16_000 * seconds)).astype(np.float32)


@pytest.fixture(scope="module")
def peer():
    """A tiny encoder of transformers with random weights."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.WhisperConfig(
        vocab_size=60,
        d_model=16,
        encoder_layers=2,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=24,
        decoder_ffn_dim=24,
        max_source_positions=100,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )
    return transformers.WhisperModel(config).encoder.eval()


def with_weights_of(peer) -> WhisperEncoder:
    own = WhisperEncoder(dim=16, layers=2, heads=2, hidden=24, positions=100).eval()
    theirs, state = peer.state_dict(), {}
    parts = {"attention_norm": "self_attn_layer_norm", "forward_norm": "final_layer_norm", "out": "self_attn.out_proj"}
    parts |= {"expand": "fc1", "contract": "fc2"}
    for name, value in own.state_dict().items():
        if name.startswith("layers.") and "query_key_value" in name:
            head, _, kind = name.partition("query_key_value.")
            rows = [theirs.get(f"{head}self_attn.{one}_proj.{kind}") for one in "qkv"]
            state[name] = torch.cat([torch.zeros(16) if row is None else row for row in rows])
        elif name.startswith("layers."):
            _, number, part, kind = name.split(".")
            state[name] = theirs[f"layers.{number}.{parts[part]}.{kind}"]
        else:
            state[name] = theirs[name.replace("norm.", "layer_norm.").replace("positions", "embed_positions.weight")]
        assert state[name].shape == value.shape
    own.load_state_dict(state)
    return own


def test_features_are_those_of_transformers():
    extractor = pytest.importorskip("transformers").WhisperFeatureExtractor(chunk_length=4)
    for seconds in (4.0, 1.3):
        samples = np.zeros(4 * 16_000, np.float32)
        samples[: int(seconds * 16_000)] = noise(seconds)
        expected = extractor(samples, sampling_rate=16_000, return_tensors="np").input_features[0].T
        np.testing.assert_allclose(whisper_mel(torch.from_numpy(samples)).numpy(), expected, atol=2e-5)


def test_the_encoder_is_that_of_transformers(peer):
    own = with_weights_of(peer)
    features = torch.randn(3, 200, 80, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = peer(features.transpose(1, 2)).last_hidden_state
        found, lengths = own(features, torch.tensor([200, 200, 200]))
    assert lengths.tolist() == [100, 100, 100]
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-4)


def test_padding_changes_nothing(peer):
    own = with_weights_of(peer)
    features = torch.randn(1, 151, 80, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        alone, [frames] = own(features, torch.tensor([151]))
        padded = torch.nn.functional.pad(features, (0, 0, 0, 40), value=3.0).repeat(2, 1, 1)
        both, lengths = own(padded, torch.tensor([0, 151]))
    assert lengths.tolist() == [0, int(frames)] == [0, 76]
    torch.testing.assert_close(both[1, :76], alone[0])
    assert torch.isfinite(both).all()


def test_features_of_a_batch_are_those_of_its_utterances():
    samples = torch.from_numpy(noise(1.0))
    batch = torch.stack([torch.nn.functional.pad(samples, (0, 8000)), torch.from_numpy(noise(1.5, 1))])
    found, lengths = padded_features("whisper", batch, torch.tensor([16_000, 24_000]))
    assert lengths.tolist() == [100, 150]
    torch.testing.assert_close(found[0, :100], whisper_mel(samples))
    assert whisper_mel(torch.zeros(200)).shape == (0, 80)


def test_more_than_thirty_seconds_is_one_clear_line():
    with pytest.raises(UsageError, match=r"takes 0\.2 s at most, got 0\.22 s"):
        WhisperEncoder(dim=4, layers=1, heads=1, hidden=4, positions=10)(torch.zeros(1, 22, 80), torch.tensor([22]))


def test_it_trains_with_its_own_features_and_without_a_front_end():
    module = CTCModule(WhisperEncoder(dim=8, layers=1, heads=2, hidden=8))
    assert module.inputs(noise(0.5)).shape == (50, 80)
    torch.testing.assert_close(module.inputs(noise(0.5)), whisper_mel(torch.from_numpy(noise(0.5))))
    assert module.network.frontend is None
    assert module.network.encoder.longest_frames == 3000
    assert module.model.layers() == ["encoder.conv1.", "encoder.conv2.", "encoder.layers.0.", "encoder.norm.", "head."]
