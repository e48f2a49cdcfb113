"""Precisions of models: which are offered, what they change, and clear lines for the others."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

import ctcalign
from ctcalign.errors import UsageError
from ctcalign.models import load_model, precision
from ctcalign.models.builtin.model import FOLDER

TALK = Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg"
WEIGHTS = f"checkpoint:{FOLDER / 'en' / 'model.safetensors'}"


def speech(seconds: float = 12.0) -> np.ndarray:
    return ctcalign.load_audio(TALK, 16_000)[:1, : round(16_000 * seconds)].astype(np.float32)


def log_probs(model, wave: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        found, _ = model(torch.from_numpy(wave), torch.tensor([wave.shape[1]]))
    assert found.dtype == torch.float32
    return found[0].numpy()


def test_int8_is_another_computation_with_nearly_the_same_output():
    wave = speech()
    usual, quantised = (log_probs(load_model("builtin:en", "cpu", precision=kind), wave) for kind in ("auto", "int8"))
    difference = np.abs(np.exp(usual) - np.exp(quantised))
    assert 1e-4 < difference.mean() < 5e-3
    assert (usual.argmax(1) == quantised.argmax(1)).mean() > 0.99
    np.testing.assert_allclose(np.exp(quantised, dtype=np.float64).sum(1), 1.0, atol=1e-5)


def test_auto_is_float32():
    wave = speech(2.0)
    one, other = (load_model("builtin:en", "cpu", precision=kind) for kind in ("auto", "float32"))
    np.testing.assert_array_equal(log_probs(one, wave), log_probs(other, wave))


def test_words_keep_their_places_in_int8():
    captions = TALK.with_suffix(".srt")
    usual, quantised = (ctcalign.align(TALK, captions, precision=kind) for kind in ("float32", "int8"))
    words = [[word for cue in one.cues for word in cue.words if word.start is not None] for one in (usual, quantised)]
    near = [abs(a.start - b.start) <= 0.2 for a, b in zip(*words, strict=True)]
    assert np.mean(near) > 0.98


def test_int8_stays_int8_in_another_process():
    model = load_model("builtin:en", precision="int8")
    wave = speech(2.0)
    np.testing.assert_array_equal(log_probs(pickle.loads(pickle.dumps(model)), wave), log_probs(model, wave))


def test_bfloat16_of_a_model_in_torch(monkeypatch):
    monkeypatch.setattr(precision, "_computes_in_bfloat16", lambda device: True)
    wave = speech()
    usual, rounded = (load_model(WEIGHTS, "cpu", precision=kind) for kind in ("float32", "bfloat16"))
    assert (rounded.name, rounded.vocabulary, rounded.context) == (usual.name, usual.vocabulary, usual.context)
    exact, found = log_probs(usual, wave), log_probs(rounded, wave)
    assert 1e-5 < np.abs(np.exp(exact) - np.exp(found)).mean() < 2e-3
    assert np.abs(np.exp(found, dtype=np.float64).sum(1) - 1).max() < 1e-5  # the last sum is not rounded
    again = pickle.loads(pickle.dumps(rounded))
    np.testing.assert_array_equal(log_probs(again, wave), found)


def test_features_are_not_rounded_under_autocast():
    from ctcalign.models.features.tensors import log_mel

    wave = torch.from_numpy(speech(1.0))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = log_mel(wave)
    assert torch.equal(found, log_mel(wave))


@pytest.mark.parametrize(
    ("name", "kind", "device", "text"),
    [
        (
            "builtin:en",
            "bfloat16",
            "cpu",
            "builtin:en runs in float32 or int8, got bfloat16; choose one of these",
        ),
        (WEIGHTS, "int8", "cpu", "runs in float32 or bfloat16, got int8; choose one of these or auto"),
        ("hf:no/such", "int8", "cpu", "hf:no/such runs in float32 or bfloat16, got int8"),
        ("torchaudio:MMS_FA", "int8", "cpu", "torchaudio:MMS_FA runs in float32 or bfloat16"),
        ("onnx:a.onnx", "float32", "cpu", "onnx:a.onnx computes as its graph says, got float32; use auto"),
        ("builtin:en", "int8", "cuda", "int8 runs on the CPU only, got the device cuda; use --device cpu or auto"),
        ("builtin:en", "float64", "cpu", "precision: got 'float64', expected one of auto, float32, bfloat16, int8"),
    ],
)
def test_a_precision_that_cannot_be_had_is_one_line(name, kind, device, text):
    with pytest.raises(UsageError, match=text) as caught:
        load_model(name, device, precision=kind)
    assert "\n" not in str(caught.value)


def test_bfloat16_needs_a_processor_with_it(monkeypatch):
    for check in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda: False, raising=False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    with pytest.raises(UsageError, match="cpu has no instructions for bfloat16; use --precision float32 or auto"):
        load_model(WEIGHTS, "cpu", precision="bfloat16")
