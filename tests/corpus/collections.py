"""Collections of excerpts of the bundled talk, and runs of the program on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import soundfile as sf

TALK = Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg"
# Recordings of two to four seconds.
TEXTS = {
    "a": "Good evening, and welcome to the harbour museum.",
    "b": "Tonight we hear about a lighthouse",
}


def excerpts(folder: Path, names: str = "ab") -> Path:
    """NAME.wav with NAME.txt for each letter; those after "b" repeat the first two."""
    folder.mkdir(parents=True, exist_ok=True)
    samples, rate = sf.read(TALK, dtype="float32")
    truth = json.loads((TALK.parent / "truth.json").read_text(encoding="utf-8"))["cues"]
    for number, name in enumerate(names):
        text = list(TEXTS.values())[number % 2]
        row = next(row for row in truth if text in row["text"])
        start, end = int(row["start"] * rate), int((row["end"] + 0.2 + 0.1 * number) * rate)
        sf.write(folder / f"{name}.wav", samples[start:end], rate)
        (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    return folder


def kaldi(folder: Path, sources: dict[str, str]) -> Path:
    """A data directory in which each recording is an utterance; `sources`: its line of wav.scp by id."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = {name: list(TEXTS.values())[number % 2] for number, name in enumerate(sorted(sources))}
    (folder / "wav.scp").write_text("".join(f"{id} {source}\n" for id, source in sorted(sources.items())))
    (folder / "text").write_text("".join(f"{id} {text}\n" for id, text in lines.items()))
    (folder / "utt2spk").write_text("".join(f"{id} {id}\n" for id in lines))
    return folder


def results(output: Path) -> dict[str, bytes]:
    """The content of everything that must be the same for the same input."""
    found = {}
    for path in sorted(output.rglob("*")):
        name = path.relative_to(output)
        if path.is_file() and (name.parts[0] in ("alignments", "cuts", "kaldi") or name.name == "cuts.jsonl.gz"):
            found[str(name)] = path.read_bytes()
    return found


def report_of(output: Path) -> dict:
    return json.loads((output / "report.json").read_text(encoding="utf-8"))


def program(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """`ctcalign align-corpus` as a process."""
    environment = {key: value for key, value in os.environ.items() if key != "CTCALIGN_DEBUG"}
    command = [sys.executable, "-m", "ctcalign", "align-corpus", *map(str, arguments), "--fast"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )
