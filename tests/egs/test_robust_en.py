"""The recipe of the model on Whisper's encoder, end to end on tones with a tiny model of transformers' as its start."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

import ctcalign
from ctcalign.errors import ModelError
from ctcalign.models.training.registry import read_checkpoint
from egs.robust_en.local.encoder import largest_difference, read_ctranslate2
from tests.egs.corpora import make_digits, make_read
from tests.egs.recipe import run_recipe

TEXTS = ["a tone", "two more tones", "one of many"]


def write_ctranslate2(path: Path, arrays: dict[str, np.ndarray], version: int = 6) -> None:
    """A file as CTranslate2 writes it."""

    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    content = struct.pack("<I", version) + text("WhisperSpec") + struct.pack("<II", 3, len(arrays))
    for name, value in arrays.items():
        kind = {np.dtype(np.float32): 0, np.dtype(np.float16): 4, np.dtype(np.int16): 2}[value.dtype]
        content += text(name) + struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
        content += struct.pack("<BI", kind, value.nbytes) + value.tobytes()
    path.write_bytes(content)


def test_arrays_of_a_model_of_ctranslate2(tmp_path):
    file = tmp_path / "model.bin"
    arrays = {"a/weight": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.ones(4, np.float32)}
    write_ctranslate2(file, {**arrays, "heads": np.zeros((), np.int16)})
    found = read_ctranslate2(file)
    assert set(found) == {"a/weight", "b"}
    np.testing.assert_array_equal(found["a/weight"], arrays["a/weight"])
    write_ctranslate2(file, arrays, version=5)
    with pytest.raises(ModelError, match=r"model\.bin: expected a Whisper model of CTranslate2, version 6, got .* 5"):
        read_ctranslate2(file)
    write_ctranslate2(file, arrays)
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(ModelError, match=r"model\.bin: damaged"):
        read_ctranslate2(file)


def test_the_weight_that_differs_most():
    import torch

    one = {"a": torch.zeros(2), "b": torch.ones(2)}
    assert largest_difference(one, {"a": torch.tensor([0.0, 0.1]), "b": torch.ones(2)}) == ("a", pytest.approx(0.1))


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Path:
    """Whisper's tiny.en with random weights, as a folder of transformers."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.WhisperConfig(
        vocab_size=8,
        d_model=384,
        encoder_layers=4,
        decoder_layers=1,
        encoder_attention_heads=6,
        decoder_attention_heads=6,
        encoder_ffn_dim=1536,
        decoder_ffn_dim=8,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )
    folder = tmp_path_factory.mktemp("whisper")
    transformers.WhisperForConditionalGeneration(config).save_pretrained(folder)
    return folder


def test_the_recipe_runs_and_its_model_can_be_used(tmp_path, hub):
    corpus, exp = tmp_path / "corpus", tmp_path / "exp"
    make_read(corpus / "read_en", TEXTS, {"train": ["ann", "bob"], "dev": ["cid"]})
    make_read(corpus / "read_more" / "en", TEXTS, {"train": ["eve"], "dev": ["dan"]})
    file = corpus / "read_en" / "dev.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for row, name in zip(rows, ("LibriSpeech dev-clean", "LibriSpeech test-other", "speechocean762"), strict=True):
        row["corpus"] = name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    make_digits(corpus / "dev", {"train": [0, 1, 2, 35], "test": [3]})
    for name in ("ljspeech_long", "reader_b_long", "digits_long"):
        make_truth(corpus / "dev" / name)
    options = ["--corpus", corpus, "--exp", exp, "--hub", hub, "--head-steps", "1", "--steps", "3", "--utterances", "3"]
    options += ["--precision", "32-true", "--spike-delay", "-0.04", "--more-steps", "1", "--voices", "hibari:0:0.001"]
    rows = [{"text": text, "source": "austen", "raw": text} for text in TEXTS]
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options += ["--texts", tmp_path / "texts.jsonl", "--student-steps", "1"]
    out = run_recipe("robust_en", *options).stdout
    assert out.count("| reader_b |") == 2  # of the model and of its students
    assert "| CER, builtin:en | CER, student1 | CER, student2 |" in out
    for number in (1, 2):
        student, _ = read_checkpoint(exp / f"student{number}" / "model.safetensors")
        assert student["teacher"]["name"] == f"checkpoint:{exp}/model.safetensors"
        assert student["teacher"]["shift"] == pytest.approx(0.12 + 0.04)
        assert student["spike_delay"] == 0.12
    model = ctcalign.load_model(f"checkpoint:{exp}/model.safetensors")
    assert model.frame_shift == pytest.approx(0.02)
    assert (model.licence, model.spike_delay) == ("MIT", -0.04)
    head = ctcalign.load_model(f"checkpoint:{exp}/head/model.safetensors")
    start = ctcalign.load_model(f"checkpoint:{exp}/start.safetensors")
    for name, value in start.network.encoder.state_dict().items():
        assert value.equal(head.network.encoder.state_dict()[name]), name
    assert not head.network.head.weight.equal(start.network.head.weight)
    assert not run_recipe("robust_en", *options, "--stop-stage", "5").stdout  # every stage is finished


def make_truth(folder: Path) -> None:
    import soundfile as sf

    folder.mkdir(parents=True)
    sf.write(folder / "audio.flac", np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32), 16_000)
    row = {"start": 0.1, "end": 1.4, "clip_start": 0.0, "clip_end": 1.5, "text_norm": "a tone", "speaker": "fay"}
    truth = {"audio": "audio.flac", "utterances": [row, {**row, "clip_start": 1.5, "clip_end": 3.0}]}
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
