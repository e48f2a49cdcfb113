"""Torchaudio's bundles, small and with random weights: geometry, labels, normalisation, download failures."""

from __future__ import annotations

import os
import urllib.error
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctcalign.emission.emission import compute_emission
from ctcalign.errors import ModelError
from ctcalign.models import load_model
from ctcalign.models.cards import TORCHAUDIO_BUNDLES
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.torchaudio_bundle import conv_geometry, import_torchaudio

CONV = [(16, 10, 5), *[(16, 3, 2)] * 4, *[(16, 2, 2)] * 2]


def tiny(labels: int, mode: str = "layer_norm", layers: int = 1) -> Any:
    torchaudio = import_torchaudio()
    torch.manual_seed(0)
    network = torchaudio.models.wav2vec2_model(
        extractor_mode=mode,
        extractor_conv_layer_config=CONV,
        extractor_conv_bias=False,
        encoder_embed_dim=16,
        encoder_projection_dropout=0.0,
        encoder_pos_conv_kernel=8,
        encoder_pos_conv_groups=2,
        encoder_num_layers=layers,
        encoder_num_heads=2,
        encoder_attention_dropout=0.0,
        encoder_ff_interm_features=32,
        encoder_ff_interm_dropout=0.0,
        encoder_dropout=0.0,
        encoder_layer_norm_first=False,
        encoder_layer_drop=0.0,
        aux_num_out=labels,
    )
    for parameter in network.parameters():  # random weights of this size hardly change the output otherwise
        parameter.data *= 3
    return network.eval()


def load(monkeypatch: pytest.MonkeyPatch, name: str, **options: Any) -> AcousticModel:
    torchaudio = import_torchaudio()
    bundle = getattr(torchaudio.pipelines, name)
    normalises = bundle._normalize_waveform

    def get_model(self: Any, **given: Any) -> Any:
        network = tiny(self._params["aux_num_out"], **options)
        assert given.pop("dl_kwargs", {"weights_only": True}) == {"weights_only": True}
        assert given == ({"with_star": False} if name == "MMS_FA" else {})
        if normalises or name == "MMS_FA":
            extend = torchaudio.pipelines._wav2vec2.utils._extend_model
            return extend(network, normalize_waveform=normalises, apply_log_softmax=name == "MMS_FA").eval()
        return network

    monkeypatch.setattr(type(bundle), "get_model", get_model)
    return load_model(f"torchaudio:{name}", device="cpu", allow_noncommercial=True)


def noise(samples: int, scale: float = 0.1) -> np.ndarray:
    return (scale * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)


def test_the_table_covers_torchaudio() -> None:
    torchaudio = import_torchaudio()
    pipelines = torchaudio.pipelines
    asr = {name for name in dir(pipelines) if isinstance(getattr(pipelines, name), pipelines.Wav2Vec2ASRBundle)}
    assert {name for name, *_ in TORCHAUDIO_BUNDLES} == asr
    for name, _, licence, parameters in TORCHAUDIO_BUNDLES:
        bundle = getattr(pipelines, name)
        with torch.device("meta"):
            network = torchaudio.models.wav2vec2_model(**bundle._params)
        assert sum(p.numel() for p in network.parameters()) == pytest.approx(parameters, rel=0.01), name
        stated = bundle.__doc__ if name == "MMS_FA" else bundle.__doc__.replace("CC BY-NC 4.0", "CC-BY-NC-4.0")
        assert licence.replace("-4.0", "") in stated, name


@pytest.mark.parametrize("name", ["WAV2VEC2_ASR_BASE_960H", "HUBERT_ASR_LARGE", "VOXPOPULI_ASR_BASE_10K_DE"])
def test_labels_and_geometry(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    model = load(monkeypatch, name)
    assert isinstance(model, AcousticModel)
    assert model.frame_shift == 0.02
    assert model.sample_rate == 16_000
    assert model.vocabulary.blank == 0
    assert model.vocabulary.separator is not None
    assert model.vocabulary.symbols[model.vocabulary.separator] == "|"
    assert "-" not in model.vocabulary.symbols  # a hyphen in a text must not become the blank
    log_probs, frames = model(torch.from_numpy(noise(16_000))[None], torch.tensor([16_000]))
    assert log_probs.shape == (1, 49, len(model.vocabulary))
    assert frames.tolist() == [49]
    torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(1, 49))


def test_mms_has_no_separator_and_no_star(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(monkeypatch, "MMS_FA")
    assert model.vocabulary.separator is None
    assert "*" not in model.vocabulary.symbols
    assert len(model.vocabulary) == 28
    assert model.language is None
    assert model.licence == "CC-BY-NC-4.0"


def test_each_row_is_normalised_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(monkeypatch, "HUBERT_ASR_LARGE")
    loud, soft = torch.from_numpy(noise(8000, 0.5)), torch.from_numpy(noise(8000, 0.01)).flip(0)
    lengths = torch.tensor([8000, 8000])
    both, _ = model(torch.stack([loud, soft]), lengths)
    for row, wave in zip(both, (loud, soft), strict=True):
        alone, _ = model(wave[None], lengths[:1])
        torch.testing.assert_close(row, alone[0], atol=1e-5, rtol=1e-4)


def test_windows_of_an_unpadded_model_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its transformer the network is bounded, so that windows must give what the whole gives."""
    model = load(monkeypatch, "WAV2VEC2_ASR_BASE_960H", layers=0)
    model.context = 0.5
    wave = noise(16_000 * 13 + 77)
    with torch.inference_mode():
        expected, frames = model(torch.from_numpy(wave)[None], torch.tensor([len(wave)]))
    emission = compute_emission(model, wave, window=4.0)
    assert emission.log_probs.shape[0] == int(frames[0]) == (len(wave) - 400) // 320 + 1
    np.testing.assert_allclose(emission.log_probs, expected[0].numpy(), atol=1e-3)
    assert np.ptp(emission.log_probs, axis=0).max() > 0.05  # the output does depend on the sound
    assert emission.offset == pytest.approx(0.0025)


@pytest.mark.parametrize("samples", [1, 319, 321, 400, 5000, 16_000 * 70 + 5])
def test_lengths_with_the_transformer(monkeypatch: pytest.MonkeyPatch, samples: int) -> None:
    model = load(monkeypatch, "WAV2VEC2_ASR_BASE_960H")
    emission = compute_emission(model, noise(samples), batch_size=2)
    assert len(emission.log_probs) == max((samples - 400) // 320 + 1, 0)


def test_conv_geometry() -> None:
    assert conv_geometry([(kernel, stride) for _, kernel, stride in CONV]) == (400, 320)
    assert conv_geometry([]) == (1, 1)


def test_a_failed_download_is_one_line_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    torchaudio = import_torchaudio()

    def fail(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(torchaudio.pipelines._wav2vec2.utils, "load_state_dict_from_url", fail)
    monkeypatch.setattr(torchaudio.pipelines._wav2vec2.utils, "_get_model", lambda *_: None)
    with pytest.raises(ModelError) as caught:
        load_model("torchaudio:WAV2VEC2_ASR_BASE_960H", device="cpu")
    message = str(caught.value)
    assert "Name or service not known" in message
    assert "put https://download.pytorch.org/torchaudio/models/wav2vec2_fairseq_base_ls960_asr_ls960.pth as" in message
    assert "checkpoints (or set TORCH_HOME)" in message
    assert "\n" not in message


def test_import_leaves_torch_as_it_was() -> None:
    before = torch.version.cuda
    import_torchaudio()
    assert torch.version.cuda == before


class _Code:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch pwned",)


@pytest.mark.parametrize("name", ["WAV2VEC2_ASR_BASE_10M", "MMS_FA"])
def test_weights_with_code_in_the_cache_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipelines = import_torchaudio().pipelines
    path = getattr(pipelines, name)._path
    monkeypatch.setattr(pipelines._wav2vec2.utils, "_get_model", lambda *given: tiny(29))
    (tmp_path / "checkpoints").mkdir()
    torch.save({"weight": _Code()}, tmp_path / "checkpoints" / Path(path).name)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="contains more than weights and was not loaded, since it could run code"):
        load_model(f"torchaudio:{name}", device="cpu", allow_noncommercial=True)
    assert not (tmp_path / "pwned").exists()
