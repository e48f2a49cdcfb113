#!/usr/bin/env python3
"""Train and evaluate one run of a plan; awp_runs.py calls it. What is finished is skipped, a stopped training goes on.

The folder must hold request.json, a configuration of `ctcalign fit` without data folders and initial weights; it gets
model.safetensors, run.json and one file of rows for each evaluated part.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import yaml
from awp_cuts import read_shar
from awp_reference import heard
from awp_scoring import summary, without_nan, write_rows

import ctcalign
from ctcalign.train.run import fit

MODEL = "model.safetensors"


def train(args: argparse.Namespace) -> bool:
    """Train, or go on; False in a process that is not the first of its training."""
    config = json.loads((args.folder / "request.json").read_text(encoding="utf-8"))
    config.setdefault("data", {})["train"] = str(args.data / "train")
    config["data"]["validation"] = str(args.data / "dev")
    trainer = {"default_root_dir": str(args.folder), "enable_progress_bar": False, "accelerator": args.accelerator}
    config["trainer"] = {**trainer, "devices": args.devices, **config.get("trainer", {})}
    if args.init:
        config["model"]["init"] = str(args.init / MODEL)
    file = args.folder / "fit.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return fit(["--config", str(file), "--seed", str(args.seed), "--resume", "last"]) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the Shar folders train and dev")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--method", required=True)
    parser.add_argument("--setting", default="")
    parser.add_argument("--init", type=Path, help="folder of the run from whose weights to go on")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"], help="folders of --data to evaluate on")
    parser.add_argument("--min-word-score", type=float, default=-2.0)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--accelerator", default="auto")
    args = parser.parse_args()
    done = args.folder / "run.json"
    if not done.exists():
        began = time.time()
        if not train(args):
            return
        model = ctcalign.load_model(f"checkpoint:{args.folder / MODEL}")
        about = {"method": args.method, "setting": args.setting, "seed": args.seed}
        about |= {"seconds": round(time.time() - began, 1), "look_ahead": model.look_ahead}
        part = done.with_suffix(".part")
        part.write_text(json.dumps(about), encoding="utf-8")
        part.replace(done)
    model = ctcalign.load_model(f"checkpoint:{args.folder / MODEL}")
    look_ahead = json.loads(done.read_text(encoding="utf-8"))["look_ahead"] or 0.0
    for part_name in args.parts:
        file = args.folder / f"{part_name}.jsonl"
        if not file.exists():
            rows = [heard(model, cut, args.min_word_score, "cpu") for cut in read_shar(args.data / part_name)]
            write_rows(file, rows)
            print(part_name, json.dumps(without_nan(summary(rows, look_ahead))))


if __name__ == "__main__":
    main()
