"""`ctcalign fit` on models of transformers: the steps of a bare loop, objectives, and what becomes of the result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf
import torch

import ctcalign
from ctcalign.train import evaluate_cuts
from ctcalign.train.run import fit
from tests.models.hugging_face.small_models import transformers
from tests.models.training.small_models import saved
from tests.train.tones import log_of, make_cuts

RATE = 1e-3


@pytest.fixture(scope="module")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("tones") / "train", 6)


def run(folder: Path, cuts: Path, init: str, steps: int, *more: str) -> Path:
    """A training without warm-up; all utterances are in each batch."""
    written = fit(
        [
            *("--model.init", init, "--data.train", str(cuts), "--data.max_duration", "60", "--data.workers", "0"),
            *("--data.buckets", "1", "--trainer.default_root_dir", str(folder), "--trainer.max_steps", str(steps)),
            *("--trainer.log_every_n_steps", "1", "--trainer.accelerator", "cpu"),
            *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
            *("--model.optimiser.lr", str(RATE), "--model.optimiser.warmup_steps", "0", *more),
        ]
    )
    assert written is not None
    return written


def bare_loop(folder: Path, cuts: Path, steps: int) -> tuple[Any, list[float]]:
    """Transformers alone: its processor, its loss, AdamW."""
    from lhotse import CutSet

    network = transformers.AutoModelForCTC.from_pretrained(folder).train()
    network.config.ctc_loss_reduction = "mean"
    processor = transformers.AutoProcessor.from_pretrained(folder)
    listed = sorted(CutSet.from_file(cuts), key=lambda cut: (-cut.duration, cut.id))
    rows = [sf.read(cut.recording.sources[0].source, dtype="float32")[0] for cut in listed]
    texts = [cut.supervisions[0].text for cut in listed]
    upper = "A" in processor.tokenizer.get_vocab()
    inputs = processor.feature_extractor(rows, sampling_rate=16_000, padding=True, return_tensors="pt")
    ids = [processor.tokenizer(t.upper() if upper else t, add_special_tokens=False).input_ids for t in texts]
    labels = torch.nn.utils.rnn.pad_sequence([torch.tensor(one) for one in ids], batch_first=True, padding_value=-100)
    parameters = list(network.parameters())
    groups = [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": 0.01},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98))
    losses = []
    for _ in range(steps):
        loss = network(**inputs, labels=labels).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        losses.append(float(loss.detach()))
    return network, losses


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")  # lhotse, one bucket
@pytest.mark.parametrize("family", ["wav2vec2", "wav2vec2_bert", "parakeet"])
def test_twenty_steps_are_those_of_a_bare_loop(tmp_path: Path, cuts: Path, family: str) -> None:
    folder = saved(tmp_path / "model", family)
    written = run(tmp_path / "run", cuts, f"hf:{folder}", 20)
    network, losses = bare_loop(folder, cuts, 20)
    assert losses[-1] < losses[0]
    assert [row["ctc"] for row in log_of(tmp_path / "run")] == pytest.approx(losses, rel=1e-4)
    trained = transformers.AutoModelForCTC.from_pretrained(written).train()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(written)
    tone, _ = sf.read(cuts.parent / "train-000.wav", dtype="float32")
    inputs = extractor(tone, sampling_rate=16_000, return_tensors="pt")
    # In training, the batch normalisation of Parakeet removes biases whose gradients are rounding errors alone.
    with torch.inference_mode():
        found, expected = (one(**inputs).logits.log_softmax(-1) for one in (trained, network))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_a_trained_folder_and_its_checkpoint_align_and_are_evaluated(tmp_path: Path, cuts: Path) -> None:
    folder = saved(tmp_path / "model", "wav2vec2")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    written = run(tmp_path / "run", cuts, f"hf:{folder}", 3, "--data.validation", str(cuts))
    for name in ("config.json", "vocab.json"):
        (folder / name).unlink()
    assert written == tmp_path / "run" / "model"
    tone = cuts.parent / "train-000.wav"
    found = []
    for name in (f"hf:{written}", f"checkpoint:{tmp_path / 'run' / 'last.ckpt'}"):
        assert ctcalign.load_model(name).licence == "mit"
        aligned = ctcalign.align(str(tone), ["ab cab"], model=name)
        assert [word.text for word in aligned.cues[0].words] == ["ab", "cab"]
        from lhotse import CutSet

        evaluation = evaluate_cuts(name, CutSet.from_file(cuts))
        assert len(evaluation.utterances) == 6
        found.append((evaluation.to_dict() | {"model": ""}, aligned.to_dict() | {"model": ""}))
    assert json.dumps(found[0]) == json.dumps(found[1])
    card = (written / "README.md").read_text()
    assert "license: mit" in card
    assert "| WER |" in card
    # A second training goes on from the checkpoint or from the folder.
    for name in (f"hf:{written}", str(tmp_path / "run" / "last.ckpt")):
        run(tmp_path / f"next-{len(name)}", cuts, name, 1)


@pytest.mark.parametrize("objective", ["align_with_purpose", "mwer"])
def test_objectives(tmp_path: Path, cuts: Path, objective: str) -> None:
    folder = saved(tmp_path / "model", "parakeet")
    options = {"align_with_purpose": {"property": "low_latency"}, "mwer": {}}[objective]
    config = [{"name": objective, "weight": 1.0, "options": options}]
    run(tmp_path / "run", cuts, f"hf:{folder}", 2, "--model.objectives", json.dumps(config))
    assert all(f"{objective}/loss" in row for row in log_of(tmp_path / "run"))


def test_a_preference_loss(tmp_path: Path, cuts: Path) -> None:
    folder = saved(tmp_path / "model", "wav2vec2")
    more = ("--task", "ctc_preference", "--model.preference.loss.name", "dpo")
    run(tmp_path / "run", cuts, f"hf:{folder}", 2, *more)
    rows = log_of(tmp_path / "run")
    assert any(name.startswith("preference/") for name in rows[-1])
