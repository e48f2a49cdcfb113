"""Synthetic corpora for the tests of recipes: tones instead of words, in the layout of the real corpora."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 16_000
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def tone(hertz: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """A tone with an overtone and a little noise, (N,) float32."""
    t = np.arange(int(seconds * RATE)) / RATE
    sound = 0.3 * np.sin(2 * np.pi * hertz * t) + 0.1 * np.sin(4 * np.pi * hertz * t) + rng.normal(0, 0.002, len(t))
    return sound.astype(np.float32)


def speech(text: str, rng: np.random.Generator) -> np.ndarray:
    """One tone a word, its pitch derived from the word's letters, with pauses between them."""
    pieces = [rng.normal(0, 0.002, RATE // 4).astype(np.float32)]
    for word in text.lower().split():
        pieces += [tone(200 + 37 * (sum(map(ord, word)) % 60), 0.08 * len(word), rng), np.zeros(RATE // 20, np.float32)]
    return np.concatenate([*pieces, pieces[0]])


def make_digits(root: Path, takes: dict[str, list[int]]) -> None:
    """Folders digits_train and digits_test in the layout of the free-spoken-digit recordings; two speakers."""
    rng = np.random.default_rng(0)
    for part, numbers in takes.items():
        folder = root / f"digits_{part}"
        folder.mkdir(parents=True)
        rows = []
        with tarfile.open(folder / f"digits_{part}.tar", "w") as archive:
            for value, text in enumerate(DIGITS):
                for speaker, pitch in (("ann", 1.0), ("bob", 0.7)):
                    for take in numbers:
                        name = f"flac/{value}_{speaker}_{take}.flac"
                        silence = np.zeros(RATE // 20, np.float32)
                        sound = tone(pitch * (250 + 170 * value), 0.3, rng)
                        sf.write(folder / "one.flac", np.concatenate([silence, sound, silence]), RATE)
                        archive.add(folder / "one.flac", name)
                        rows.append(json.dumps({"path": name, "text": text, "speaker": speaker, "duration": 0.4}))
        (folder / "one.flac").unlink()
        (folder / "manifest.jsonl").write_text("\n".join(rows) + "\n")


def make_read(root: Path, texts: list[str], speakers: dict[str, list[str]]) -> None:
    """train.tar, train.jsonl, dev.tar and dev.jsonl: every speaker of a part reads every text."""
    rng = np.random.default_rng(0)
    root.mkdir(parents=True, exist_ok=True)
    for part, names in speakers.items():
        rows = []
        with tarfile.open(root / f"{part}.tar", "w") as archive:
            for speaker in names:
                for number, text in enumerate(texts):
                    name = f"{part}/{speaker}/{number}.flac"
                    sf.write(root / "one.flac", speech(text, rng), RATE)
                    archive.add(root / "one.flac", name)
                    rows.append(json.dumps({"path": name, "text": text.title(), "text_norm": text, "speaker": speaker}))
        (root / "one.flac").unlink()
        (root / f"{part}.jsonl").write_text("\n".join(rows) + "\n")


def make_librispeech(root: Path, texts: list[str], parts: tuple[str, ...]) -> None:
    """LibriSpeech's layout: part/speaker/chapter/*.flac and one .trans.txt a chapter; two readers a part."""
    rng = np.random.default_rng(0)
    for number, part in enumerate(parts):
        for reader in (10 + number, 50 + number):
            folder = root / part / str(reader) / "100"
            folder.mkdir(parents=True)
            lines = []
            for place, text in enumerate(texts):
                name = f"{reader}-100-{place:04d}"
                sf.write(folder / f"{name}.flac", speech(text, rng), RATE)
                lines.append(f"{name} {text.upper()}\n")
            (folder / f"{reader}-100.trans.txt").write_text("".join(lines))
