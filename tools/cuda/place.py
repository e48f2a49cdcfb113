"""Data, small models and runs of `ctcalign fit` in a folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import soundfile as sf
import torch
from torch import Tensor

from tests.models.training.small_models import saved
from tests.train.preference.cases import language_model, sums
from tests.train.tones import make_cuts

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000


def sentences(folder: Path, copies: int = 12) -> Path:
    """The sentences of the bundled talk as WAV files, each several times, and a manifest of their cuts."""
    from lhotse import CutSet, Recording, SupervisionSegment

    folder.mkdir(parents=True)
    samples, _ = sf.read(ROOT / "egs" / "demo" / "talk.ogg", dtype="float32")
    truth = json.loads((ROOT / "egs" / "demo" / "truth.json").read_text(encoding="utf-8"))
    cuts = []
    for row in truth.get("cues") or truth["utterances"]:
        if not row.get("spoken", True):
            continue
        name = f"sentence-{row['index']:02d}"
        begin, end = (round(row[key] * RATE) for key in ("start", "end"))
        sf.write(folder / f"{name}.wav", samples[begin:end], RATE)
        recording = Recording.from_file(folder / f"{name}.wav", recording_id=name)
        for copy in range(copies):
            cut = recording.to_cut()
            cut.id = f"{name}-{copy}"
            cut.supervisions = [SupervisionSegment(cut.id, name, 0.0, recording.duration, text=row["text_norm"])]
            cuts.append(cut)
    manifest = folder / "cuts.jsonl.gz"
    CutSet.from_cuts(cuts).to_file(manifest)
    return manifest


class Place:
    """Folders of data, models and runs."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder, self.device = folder, device

    def make(self) -> None:
        """Write data and models."""
        sentences(self.folder / "talk")
        make_cuts(self.folder / "tones", 40)
        for family in ("wav2vec2", "wav2vec2_bert", "parakeet"):
            saved(self.folder / family, family)
        language_model(self.folder / "text" / "start")
        sums(self.folder / "text" / "sums.jsonl")

    def config(self, name: str, *parts: dict[str, Any]) -> Path:
        """A configuration of `ctcalign fit`; later parts override earlier ones."""
        found: dict[str, Any] = {
            "model": {"init": "builtin:en", "optimiser": {"lr": 1e-4, "warmup_steps": 0}},
            "data": {"train": str(self.folder / "talk" / "cuts.jsonl.gz"), "max_duration": 48, "workers": 0},
            "trainer": {
                "max_steps": 10,
                "log_every_n_steps": 1,
                "accelerator": "gpu" if self.device.startswith("cuda") else "cpu",
                "devices": 1,
                "enable_progress_bar": False,
                "enable_model_summary": False,
                "callbacks": [
                    {"class_path": "tools.cuda.watch.Watch", "init_args": {"file": str(self.run(name) / "steps")}}
                ],
            },
        }
        for part in parts:
            found = merged(found, part)
        if self.device == "cpu":  # to try the checks
            found["data"]["max_duration"] /= 10
            found["trainer"]["max_steps"] = min(4, found["trainer"]["max_steps"])
        found["trainer"]["default_root_dir"] = str(self.run(name))
        self.run(name).mkdir(parents=True, exist_ok=True)
        file = self.run(name) / "fit.yaml"
        file.write_text(json.dumps(found), encoding="utf-8")
        return file

    def run(self, name: str) -> Path:
        """The folder of a run."""
        return self.folder / "runs" / name

    def trained(self, name: str, *parts: dict[str, Any]) -> list[dict[str, float]]:
        """Train; the steps."""
        from ctcalign.train.run import fit

        fit(["--config", str(self.config(name, *parts))])
        return self.steps(name)

    def steps(self, name: str) -> list[dict[str, float]]:
        """What `Watch` wrote."""
        lines = (self.run(name) / "steps").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def weights(self, name: str) -> dict[str, Tensor]:
        """Of the last checkpoint, in double precision."""
        found = torch.load(self.run(name) / "last.ckpt", weights_only=True, map_location="cpu")["state_dict"]
        return {key: value.double() for key, value in found.items() if value.is_floating_point()}

    def log(self, name: str) -> list[dict[str, float]]:
        """The rows of the newest log, each with what it has."""
        newest = max((self.run(name) / "log").glob("version_*"), key=lambda path: int(path.name.split("_")[1]))
        with (newest / "metrics.csv").open(encoding="utf-8") as file:
            return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]

    def moved(self, one: str, other: str) -> float:
        """Largest difference of the weights of two runs, over their largest value."""
        a, b = self.weights(one), self.weights(other)
        gap = max(float((a[name] - b[name]).abs().max()) for name in a)
        return gap / max(float(value.abs().max()) for value in a.values())


def merged(base: Any, over: Any) -> Any:
    """`base` overridden by `over`; a class replaces what was there."""
    if isinstance(base, dict) and isinstance(over, dict) and "class_path" not in over:
        return {key: merged(base.get(key), over[key]) if key in over else base[key] for key in {**base, **over}}
    return over


def trainer(**options: Any) -> dict[str, Any]:
    """Options of `trainer` in a configuration."""
    return {"trainer": options}


def hf(place: Place, family: str = "wav2vec2") -> dict[str, Any]:
    """A small model of transformers, trained on tones."""
    return {
        "model": {"init": f"hf:{place.folder / family}", "optimiser": {"lr": 1e-3, "warmup_steps": 0}},
        "data": {"train": str(place.folder / "tones" / "cuts.jsonl.gz"), "max_duration": 12},
    }
