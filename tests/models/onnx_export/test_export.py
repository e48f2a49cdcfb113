"""Models of torch as ONNX graphs: the same log-probabilities, frames and description, or no file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ctcalign
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.encoders import ConformerEncoder, ConvEncoder, StreamingEncoder, WhisperEncoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.encoders.recogniser import save_recogniser, write_header
from ctcalign.models.features.tensors import log_mel
from ctcalign.models.onnx_export import export, graphs
from ctcalign.models.onnx_export.export import export_onnx
from ctcalign.models.onnx_export.log_mel import LogMelByConvolution
from ctcalign.models.torchaudio_bundle import BundleInfo, import_torchaudio
from ctcalign.models.training.torchaudio import BundleInTraining
from ctcalign.text.vocabulary import Vocabulary
from tests.models.test_torchaudio_bundle import tiny
from tests.models.training.small_models import saved

ROOT = Path(ctcalign.__file__).parents[1]
DEMO = ROOT / "egs" / "demo"
VOCABULARY = Vocabulary(("<blank>", " ", "a", "b"), separator=1)


def own(encoder: Any, folder: Path) -> str:
    torch.manual_seed(0)
    network = CtcNetwork(Frontend() if encoder.features == "log_mel" else None, encoder, 4)
    about = {"licence": "MIT", "language": "de", "spike_delay": 0.03}
    save_recogniser(folder / "own.safetensors", network, write_header(network, VOCABULARY, about))
    return f"checkpoint:{folder / 'own.safetensors'}"


def bundle(normalises: bool, folder: Path) -> str:
    options = dict(import_torchaudio().pipelines.HUBERT_ASR_LARGE._params)
    network = tiny(4)
    options |= {
        "extractor_conv_layer_config": [(16, 10, 5), *[(16, 3, 2)] * 4, *[(16, 2, 2)] * 2],
        "encoder_embed_dim": 16, "encoder_pos_conv_kernel": 8, "encoder_pos_conv_groups": 2, "encoder_num_layers": 1,
        "encoder_num_heads": 2, "encoder_ff_interm_features": 32, "encoder_layer_norm_first": False,
        "extractor_conv_bias": False, "aux_num_out": 4,
    }  # fmt: skip
    model = BundleInTraining(network, BundleInfo(options, normalises, VOCABULARY, 16_000, "en", "MIT"), "bundle")
    model.save(folder / "bundle.safetensors", model.header({}), model.network.state_dict())
    return f"checkpoint:{folder / 'bundle.safetensors'}"


MODELS = {
    "builtin": lambda folder: "builtin:en",
    "conv": lambda folder: own(ConvEncoder(dim=16, blocks=2, kernel=5), folder),
    "whisper": lambda folder: own(WhisperEncoder(dim=16, layers=1, heads=2, hidden=16), folder),
    "streaming": lambda folder: own(StreamingEncoder(dim=16, layers=1, heads=2), folder),
    "torchaudio": lambda folder: bundle(False, folder),
    "torchaudio, normalised": lambda folder: bundle(True, folder),
    **{
        name: lambda folder, name=name: f"hf:{saved(folder / name, name)}"
        for name in ("wav2vec2", "group_norm", "hubert", "wavlm", "data2vec", "wav2vec2_bert", "parakeet")
    },
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_graph_computes_what_torch_computes(kind, tmp_path) -> None:
    name = MODELS[kind](tmp_path)
    assert export_onnx(name, tmp_path / "model.onnx") <= 1e-3
    assert [file.name for file in tmp_path.glob("model*")] == ["model.onnx"]
    graph, model = ctcalign.load_model(f"onnx:{tmp_path / 'model.onnx'}", "cpu"), graphs.torch_model(name, False)
    for field in ("vocabulary", "frame_shift", "sample_rate", "context", "spike_delay", "language", "licence"):
        assert getattr(graph, field) == getattr(model, field), field
    assert graph.frame_offset == getattr(model, "frame_offset", 0.0)
    rng = np.random.default_rng(5)
    for lengths in ([8000], [50_123], [33_000, 20_000, 9600, 33_000]):
        waveform = (0.1 * rng.standard_normal((len(lengths), max(lengths)))).astype(np.float32)
        with torch.inference_mode():
            expected, frames = model(torch.from_numpy(waveform), torch.tensor(lengths))
        found, counts = graph(waveform, np.array(lengths))
        assert counts.tolist() == frames.tolist()
        for row, theirs, count in zip(found, expected.numpy(), counts.tolist(), strict=True):
            np.testing.assert_allclose(row[:count], theirs[:count], atol=1e-3)
    assert np.ptp(found[0], axis=0).max() > 1e-3  # the output does depend on the sound


def test_the_graph_of_builtin_en_aligns_as_builtin_en_does(tmp_path) -> None:
    export_onnx("builtin:en", tmp_path / "en.onnx")
    words = [
        [
            (word.text, word.start, word.end)
            for cue in ctcalign.align(DEMO / "talk.ogg", DEMO / "talk.srt", model=name).cues
            for word in cue.words
        ]
        for name in ("builtin:en", f"onnx:{tmp_path / 'en.onnx'}")
    ]
    assert [word[0] for word in words[0]] == [word[0] for word in words[1]]
    times = [[[np.nan if time is None else time for time in word[1:]] for word in one] for one in words]
    np.testing.assert_allclose(times[0], times[1], atol=1e-3)


def test_log_mel_by_convolution_is_log_mel() -> None:
    import soundfile as sf

    speech, _ = sf.read(DEMO / "talk.ogg", dtype="float32", stop=64_000)
    loud = np.random.default_rng(0).uniform(-1, 1, 64_000).astype(np.float32)
    waveform = torch.from_numpy(np.stack([speech, loud, np.zeros_like(loud)]))
    found, frames = LogMelByConvolution()(waveform, torch.tensor([64_000, 64_000, 100]))
    assert found.shape == (3, 400, 80)
    assert frames.tolist() == [400, 400, 0]
    torch.testing.assert_close(found, log_mel(waveform), atol=1e-3, rtol=0)


def test_networks_that_cannot_be_traced_give_no_file(tmp_path) -> None:
    output = tmp_path / "model.onnx"
    with pytest.raises(ModelError, match=r"its graph does not compute what torch computes .* nothing was written"):
        export_onnx(own(ConformerEncoder(dim=16, layers=1, heads=2, hidden=16), tmp_path), output)
    assert not output.exists()


def test_operations_that_onnx_does_not_have_are_one_line(tmp_path, monkeypatch) -> None:
    class Fourier(torch.nn.Module):
        def forward(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.fft.rfft(waveform).abs()[:, None], lengths

    monkeypatch.setattr(export, "graph_of", lambda model: Fourier())
    with pytest.raises(ModelError, match=r"own.safetensors: cannot be exported \(.*\)") as caught:
        export_onnx(own(ConvEncoder(dim=16, blocks=1, kernel=3), tmp_path), tmp_path / "model.onnx")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize("part", ["log_probs", "frames"])
def test_a_graph_that_differs_from_torch_is_not_written(part, tmp_path, monkeypatch) -> None:
    class Wrong(torch.nn.Module):
        def __init__(self, right: torch.nn.Module) -> None:
            super().__init__()
            self.right = right

        def forward(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            log_probs, frames = self.right(waveform, lengths)
            return (log_probs * 1.01, frames) if part == "log_probs" else (log_probs, frames - 1)

    output = tmp_path / "model.onnx"
    output.write_text("before")
    monkeypatch.setattr(export, "graph_of", lambda model: Wrong(graphs.graph_of(model)))
    reason = "log-probabilities differ by up to 0" if part == "log_probs" else "frames instead of"
    with pytest.raises(ModelError, match=f"does not compute what torch computes .*{reason}"):
        export_onnx(own(ConvEncoder(dim=16, blocks=1, kernel=3), tmp_path), output)
    assert output.read_text() == "before"


def test_weights_that_are_too_large_for_a_file_of_onnx_go_beside_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(export, "LARGEST", 1000)
    export_onnx(own(ConvEncoder(dim=32, blocks=1, kernel=3), tmp_path), tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx.data").stat().st_size > 10_000
    assert (tmp_path / "model.onnx").stat().st_size < 100_000
    assert ctcalign.load_model(f"onnx:{tmp_path / 'model.onnx'}", "cpu").language == "de"


def test_names_that_have_no_network_in_torch(tmp_path) -> None:
    for name, message in {"onnx:a.onnx": "is a graph already", "builtin:de": "unknown model 'builtin:de'"}.items():
        with pytest.raises(UsageError, match=message):
            export_onnx(name, tmp_path / "model.onnx")
