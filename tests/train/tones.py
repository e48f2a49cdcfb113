"""A corpus of tones: every letter has a pitch, a word is its letters' tones. A tiny network learns it in seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

RATE = 16_000
LETTERS = "abcd"
WORDS = ("ab", "cab", "dad", "bad", "ca")
LETTER_SECONDS = 0.1


def make_cuts(folder: Path, count: int, seed: int = 0, words: int = 2) -> Path:
    """Write `count` wav files and a manifest of their cuts with word times; gives the manifest."""
    from lhotse import CutSet, Recording, SupervisionSegment
    from lhotse.supervision import AlignmentItem

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    cuts = []
    for number in range(count):
        name = f"{folder.name}-{number:03d}"
        chosen = [WORDS[int(i)] for i in rng.integers(len(WORDS), size=int(rng.integers(1, words + 1)))]
        samples, times = spoken(chosen, rng)
        sf.write(folder / f"{name}.wav", samples, RATE)
        recording = Recording.from_file(folder / f"{name}.wav", recording_id=name)
        items = [AlignmentItem(word, start, end - start) for word, start, end in times]
        cut = recording.to_cut()
        cut.id = name
        cut.supervisions = [
            SupervisionSegment(name, name, 0.0, recording.duration, text=" ".join(chosen), alignment={"word": items})
        ]
        cuts.append(cut)
    manifest = folder / "cuts.jsonl.gz"
    CutSet.from_cuts(cuts).to_file(manifest)
    return manifest


def spoken(words: list[str], rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """Samples of words and their times; a letter is a tone with a short gap after it."""
    pieces, times, at = [], [], 0.0

    def add(samples: np.ndarray) -> None:
        nonlocal at
        pieces.append(samples)
        at += len(samples) / RATE

    add(np.zeros(int(rng.uniform(0.1, 0.2) * RATE)))
    for word in words:
        start = at
        for letter in word:
            t = np.arange(int(LETTER_SECONDS * RATE)) / RATE
            add(0.3 * np.sin(2 * np.pi * (300 + 450 * LETTERS.index(letter)) * t))
            add(np.zeros(int(0.03 * RATE)))
        times.append((word, round(start, 4), round(at, 4)))
        add(np.zeros(int(0.12 * RATE)))
    samples = np.concatenate(pieces)
    return (samples + rng.normal(0, 0.003, len(samples))).astype(np.float32), times


def config(folder: Path, cuts: Path, validation: Path | None = None, **more: Any) -> Path:
    """A configuration of `ctcalign fit` for a tiny network; `more` is laid upon its parts."""
    found: dict[str, Any] = {
        "model": {
            "tokenizer": {"class_path": "CharacterTokenizer", "init_args": {"characters": " " + LETTERS}},
            "frontend": {"mean_left": 0, "mean_right": 0},
            "encoder": {"class_path": "ConvEncoder", "init_args": {"dim": 32, "blocks": 2, "kernel": 5}},
            "optimiser": {"lr": 0.005, "warmup_steps": 5},
        },
        "data": {"train": str(cuts), "max_duration": 12, "workers": 0},
        "trainer": {
            "default_root_dir": str(folder),
            "max_steps": 20,
            "log_every_n_steps": 1,
            "accelerator": "cpu",
            "devices": 1,
            "enable_progress_bar": False,
            "enable_model_summary": False,
        },
    }
    if validation is not None:
        found["data"]["validation"] = str(validation)
    for part, values in more.items():
        found[part] = {**found[part], **values} if isinstance(found.get(part), dict) else values
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "train.yaml"
    file.write_text(json.dumps(found), encoding="utf-8")  # JSON is YAML
    return file


def log_of(folder: Path) -> list[dict[str, float]]:
    """The rows of the newest log of a run, each with what it has, without speed."""
    import csv

    newest = max((folder / "log").glob("version_*"), key=lambda path: int(path.name.split("_")[1]))
    with (newest / "metrics.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{k: float(v) for k, v in row.items() if v and not k.startswith("speed/")} for row in rows]
