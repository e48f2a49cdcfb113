"""The recipe of the built-in model from end to end on a tiny scale: training, resuming, export and evaluation."""

from __future__ import annotations

import json
import random
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.egs.recipe import run_recipe

TEXTS = ["the cat sat on the mat", "a dog ran over the hill", "we walked along the river", "she sang an old song"]


@pytest.fixture(scope="module")
def read_en(tmp_path_factory) -> Path:
    """Synthetic speech in place of recorded speech, in the layout of the recipe's tars."""
    from egs.mini_en.local.engines import Hibari

    folder = tmp_path_factory.mktemp("read_en")
    spoken = Hibari().speak(TEXTS, random.Random(0))
    for part in ("train", "dev"):
        rows = []
        with tarfile.open(folder / f"{part}.tar", "w") as archive:
            for number, (text, one) in enumerate(zip(TEXTS, spoken, strict=True)):
                assert one is not None
                file = folder / f"{part}-{number}.flac"
                sf.write(file, one.samples, one.rate)
                archive.add(file, f"{part}/{number}.flac")
                row = {"path": f"{part}/{number}.flac", "text": text, "speaker": "s", "corpus": "LibriSpeech"}
                rows.append(json.dumps(row) + "\n")
        (folder / f"{part}.jsonl").write_text("".join(rows))
    return folder


def test_the_recipe_runs_learns_resumes_and_exports(read_en, tmp_path):
    exp = tmp_path / "exp"
    exp.mkdir()
    rows = [{"text": text, "source": "wordnet-example", "raw": text} for text in TEXTS * 3]
    (exp / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    small = ["--exp", str(exp), "--read-en", str(read_en), "--shard-hours", "0.01", "--hibari", "1", "--flite", "0"]
    small += ["--festival", "0", "--espeak", "0", "--processes", "1", "--seconds", "8", "--dim", "48", "--blocks", "2"]
    run_recipe("mini_en", *small, "--total-hours", "0.06", "--stop-stage", "3")
    first = [json.loads(line) for line in (exp / "model" / "log.jsonl").read_text().splitlines()]
    assert {"hibari", "librispeech"} & set(first[-1]["cer"]), first[-1]
    run_recipe("mini_en", *small, "--total-hours", "0.14", "--stage", "3")
    log = [json.loads(line) for line in (exp / "model" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] > first[-1]["step"]  # resumed, not restarted
    losses = [row["ctc"] for row in log if "ctc" in row]
    assert losses[-1] < 4.0  # an untrained network is above 6
    from ctcalign.models.builtin.checkpoint import load_checkpoint
    from ctcalign.models.builtin.chunks import run_network
    from ctcalign.models.onnx_session import open_session

    model = load_checkpoint(exp / "model.safetensors", "tiny")
    session, _ = open_session(exp / "model.onnx", "tiny", "cpu")
    features = np.random.default_rng(0).normal(0, 1, (1, 40, 80)).astype(np.float32)
    found = run_network(session, model.network.config, features, "tiny")
    assert found.shape == (1, 20, len(model.vocabulary))
    assert model.header["audio_hours"] == pytest.approx(0.1, abs=0.1)
    assert set(json.loads((exp / "cer.json").read_text())) == set(log[-1]["cer"])
