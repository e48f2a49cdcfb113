"""Checkpoints of ctcalign, and pickles: only tensors, never code."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctcalign.emission.emission import compute_emission
from ctcalign.errors import ModelError
from ctcalign.models import load_model
from ctcalign.models.builtin.checkpoint import save_checkpoint
from ctcalign.models.builtin.config import NetworkConfig
from ctcalign.models.builtin.network import Network
from ctcalign.models.header import BUILTIN, FORMAT

CONFIG = NetworkConfig(dim=16, blocks=2, stem=4)
HEADER: dict[str, Any] = {
    "symbols": ["_", " ", *"abcdefghijklmnopqrstuvwxyz'"],
    "blank": 0,
    "separator": 1,
    "spike_delay": 0.05,
    "language": "en",
    "licence": "Apache-2.0",
}


def network() -> Network:
    torch.manual_seed(0)
    return Network(CONFIG)


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(1))


def whole_header() -> dict[str, Any]:
    from dataclasses import asdict

    return {"format": FORMAT, "architecture": BUILTIN, "config": asdict(CONFIG), **HEADER}


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_checkpoint_speaks(tmp_path: Path, suffix: str, as_text: bool) -> None:
    path = tmp_path / f"model{suffix}"
    if suffix == ".safetensors":
        save_checkpoint(path, network(), HEADER)
    else:
        header = json.dumps(whole_header()) if as_text else whole_header()
        torch.save({"ctcalign": header, "state_dict": network().half().state_dict(), "step": 7}, path)
    model = load_model(f"checkpoint:{path}", device="cpu")
    assert (model.spike_delay, model.language, model.licence) == (0.05, "en", "Apache-2.0")
    reference = network().half().float().eval()
    from ctcalign.models.features.tensors import log_mel

    with torch.inference_mode():
        log_probs, frames = model(noise(16_000), torch.tensor([16_000]))
        expected, _ = reference(log_mel(noise(16_000)), torch.tensor([100]))
    assert frames.tolist() == [50]
    torch.testing.assert_close(log_probs, expected[:, :50], atol=1e-4, rtol=1e-4)


def test_windows_of_the_built_in_network_are_the_whole(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "model.safetensors", network(), HEADER)
    model = load_model(f"checkpoint:{tmp_path / 'model.safetensors'}", device="cpu")
    for samples in (16_000 * 40 + 333, 16_000 * 33, 700, 100):
        wave = noise(samples)
        with torch.inference_mode():
            expected, frames = model(wave, torch.tensor([samples]))
        emission = compute_emission(model, wave[0].numpy(), window=15.0)
        assert len(emission.log_probs) == int(frames[0]) if samples >= 320 else len(emission.log_probs) == 0
        if samples >= 320:
            np.testing.assert_allclose(emission.log_probs, expected[0, : int(frames[0])].numpy(), atol=1e-3)


class _Code:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch pwned",)


def test_pickles_with_code_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.ckpt", "c.pth", "d.bin"):
        torch.save({"ctcalign": {}, "state_dict": {}, "extra": _Code()}, tmp_path / name)
    (tmp_path / "b.pt").write_bytes(pickle.dumps(_Code()))
    (tmp_path / "e.safetensors").write_bytes(pickle.dumps(_Code()))
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        load_model(f"checkpoint:{tmp_path / 'e.safetensors'}", device="cpu")
    for name in ("a.ckpt", "b.pt", "c.pth", "d.bin"):
        with pytest.raises(ModelError, match="contains more than weights and was not loaded, since it could run code"):
            load_model(f"checkpoint:{tmp_path / name}", device="cpu")
    assert not (tmp_path / "pwned").exists()


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        load_model(f"checkpoint:{tmp_path / 'none.safetensors'}", device="cpu")
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense" * 100)
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        load_model(f"checkpoint:{tmp_path / 'bad.safetensors'}", device="cpu")
    torch.save({"model": torch.zeros(3)}, tmp_path / "foreign.pt")
    with pytest.raises(
        ModelError, match=r"expected a mapping with 'ctcalign' .*another toolkit to ONNX and use onnx:FILE"
    ):
        load_model(f"checkpoint:{tmp_path / 'foreign.pt'}", device="cpu")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "foreign.pt").read_bytes()[:100])
    with pytest.raises(ModelError, match=r"cannot be read as a checkpoint|contains more than weights"):
        load_model(f"checkpoint:{tmp_path / 'cut.pt'}", device="cpu")
