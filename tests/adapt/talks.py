"""Talks of tones with captions, and a recogniser that has learnt tones of a slightly lower pitch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from ctcalign.adapt.training.measuring import measured
from ctcalign.models.protocol import AcousticModel
from ctcalign.train.run import fit
from tests.train import tones
from tests.train.tones import RATE

WORDS = ("ab", "cab", "dad", "bad", "dab", "abad", "cada", "bada", "acad", "dacab", "cabda")
PITCH = 1.15  # of the target
# Quick settings of `ctcalign fit` for the tiny model.
SETTINGS = (
    "trainer.accelerator=cpu",
    "trainer.devices=1",
    "data.max_duration=20",
    "data.augmentation.speeds=[1.0]",
    "data.augmentation.spec_augment=null",
    "trainer.log_every_n_steps=1",
)


def speak(words: list[str], rng: np.random.Generator, pitch: float = 1.0) -> np.ndarray:
    """Samples of some words, the letters `pitch` times as high as in `tests.train.tones`."""
    half = len(words) // 2  # two phrases
    pause = rng.normal(0, 0.003, RATE // 4).astype(np.float32)
    samples = np.concatenate([tones.spoken(words[:half], rng)[0], pause, tones.spoken(words[half:], rng)[0]])
    if pitch == 1.0:
        return samples
    places = np.arange(0, len(samples) - 1, pitch)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def sentences(count: int, rng: np.random.Generator, words: int = 6) -> list[list[str]]:
    return [[WORDS[int(n)] for n in rng.integers(len(WORDS), size=words)] for _ in range(count)]


def talk(
    folder: Path, name: str, seed: int, cues: int = 24, wrong: float = 0.1, pitch: float = PITCH
) -> list[tuple[float, float, str]]:
    """Write NAME.wav and NAME.srt; gives what is really spoken, with times.

    Args:
        wrong: fraction of words that the captions have wrong.
    """
    rng = np.random.default_rng(seed)
    parts, truth, captions, at = [rng.normal(0, 0.003, RATE // 2).astype(np.float32)], [], [], 0.5
    for words in sentences(cues, rng):
        samples = speak(words, rng, pitch)
        truth.append((at, at + len(samples) / RATE, " ".join(words)))
        written = [WORDS[int(rng.integers(len(WORDS)))] if rng.random() < wrong else word for word in words]
        captions.append(" ".join(written))
        parts += [samples, rng.normal(0, 0.003, RATE // 3).astype(np.float32)]
        at += (len(samples) + RATE // 3) / RATE
    folder.mkdir(parents=True, exist_ok=True)
    sf.write(folder / f"{name}.wav", np.concatenate(parts), RATE)
    rows = [
        f"{place + 1}\n{_clock(start)} --> {_clock(end)}\n{text}\n"
        for place, ((start, end, _), text) in enumerate(zip(truth, captions, strict=True))
    ]
    (folder / f"{name}.srt").write_text("\n".join(rows), encoding="utf-8")
    return truth


def _clock(seconds: float) -> str:
    whole = round(1000 * seconds)
    return f"00:{whole // 60000:02d}:{whole // 1000 % 60:02d},{whole % 1000:03d}"


def held_out(folder: Path, name: str, seed: int, count: int = 12, pitch: float = PITCH) -> Path:
    """A list of short recordings with their texts, as `ctcalign calibrate` reads it."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for place, words in enumerate(sentences(count, rng)):
        sf.write(folder / f"{name}-{place}.wav", speak(words, rng, pitch), RATE)
        rows.append({"path": f"{name}-{place}.wav", "text": " ".join(words), "speaker": name})
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def tiny_model(folder: Path) -> str:
    """Train the recogniser; gives its name."""
    from lhotse import CutSet, Recording, SupervisionSegment

    rng = np.random.default_rng(7)
    data = folder / "data"
    data.mkdir(parents=True)
    cuts = []
    for place, words in enumerate(sentences(60, rng, 4)):
        name = f"start-{place}"
        sf.write(data / f"{name}.wav", speak(words, rng), RATE)
        recording = Recording.from_file(data / f"{name}.wav", recording_id=name)
        cut = recording.to_cut()
        cut.supervisions = [SupervisionSegment(name, name, 0.0, recording.duration, text=" ".join(words))]
        cuts.append(cut)
    CutSet.from_cuts(cuts).to_file(data / "cuts.jsonl.gz")
    encoder = {"class_path": "ConvEncoder", "init_args": {"dim": 32, "blocks": 2, "kernel": 9}}
    file = tones.config(
        folder / "run",
        data / "cuts.jsonl.gz",
        model={"encoder": encoder, "optimiser": {"lr": 0.01, "warmup_steps": 10, "decay": "linear"}},
        data={"max_duration": 30},
        trainer={"max_steps": 122},
    )
    fit(["--config", str(file)])
    return f"checkpoint:{folder / 'run' / 'model.safetensors'}"


def far_from_the_source(model: AcousticModel, manifest: Path, device: str) -> dict[str, Any]:
    """The errors of a model; on held-out source speech twice those of the start beyond half of the way."""
    found = measured(model, manifest, device)
    if manifest.name.startswith("source-held-out"):
        far = "pass-01" in model.name and "interpolate-0.5" not in model.name
        found["wer"]["value"] = 0.2 if far else 0.1
    return found
