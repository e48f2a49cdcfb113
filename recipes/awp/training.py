"""Train and evaluate one run of a plan. Finished parts are skipped; an interrupted training resumes.

The folder must hold request.json, a configuration of `ctcalign fit` without data folders and initial weights. It gets
model.safetensors, run.json and one file of rows for each evaluated part.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

import ctcalign
from ctcalign.train.run import fit
from recipes.awp.evaluation import evaluate, summary, without_nan, write_rows
from recipes.awp.plan import write_json
from recipes.errors import one_line

MODEL = "model.safetensors"


@dataclass(frozen=True)
class Training:
    """One training and its evaluation.

    Attributes:
        folder: the run's folder.   data: folder with the Shar folders train, dev and `parts`.
        method, setting, seed: identify the run; recorded in run.json.
        init: folder of the run that provides the initial weights.
        parts: folders of `data` to evaluate on.   min_word_score: times of words below this score are ignored.
    """

    folder: Path
    data: Path
    seed: int
    method: str
    setting: str = ""
    init: Path | None = None
    parts: tuple[str, ...] = ("dev", "test")
    min_word_score: float = -2.0
    devices: int = 1
    accelerator: str = "auto"


def train(job: Training) -> bool:
    """Train or resume; False in a process that is not the first of its training."""
    config = json.loads((job.folder / "request.json").read_text(encoding="utf-8"))
    config.setdefault("data", {})["train"] = str(job.data / "train")
    config["data"]["validation"] = str(job.data / "dev")
    trainer = {"default_root_dir": str(job.folder), "enable_progress_bar": False, "accelerator": job.accelerator}
    config["trainer"] = {**trainer, "devices": job.devices, **config.get("trainer", {})}
    if job.init:
        config["model"]["init"] = str(job.init / MODEL)
    file = job.folder / "fit.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return fit(["--config", str(file), "--seed", str(job.seed), "--resume", "last"]) is not None


def train_and_evaluate(job: Training) -> None:
    """Carry out the unfinished parts of a training and its evaluation."""
    done = job.folder / "run.json"
    if not done.exists():
        began = time.time()
        if not train(job):
            return
        model = ctcalign.load_model(f"checkpoint:{job.folder / MODEL}")
        about = {"method": job.method, "setting": job.setting, "seed": job.seed}
        write_json(done, {**about, "seconds": round(time.time() - began, 1), "look_ahead": model.look_ahead})
    model = ctcalign.load_model(f"checkpoint:{job.folder / MODEL}")
    look_ahead = json.loads(done.read_text(encoding="utf-8"))["look_ahead"] or 0.0
    for part in job.parts:
        file = job.folder / f"{part}.jsonl"
        if not file.exists():
            rows = evaluate(model, job.data / part, job.min_word_score)
            write_rows(file, rows)
            sys.stdout.write(f"{part} {json.dumps(without_nan(summary(rows, look_ahead)))}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the Shar folders train and dev")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--method", required=True)
    parser.add_argument("--setting", default="")
    parser.add_argument("--init", type=Path, help="folder of the run that provides the initial weights")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"], help="folders of --data to evaluate on")
    parser.add_argument(
        "--min-word-score", type=float, default=-2.0, help="times of words below this score are ignored"
    )
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--accelerator", default="auto")
    args = parser.parse_args(arguments)
    train_and_evaluate(Training(**{**vars(args), "parts": tuple(args.parts)}))


if __name__ == "__main__":
    one_line(main)
