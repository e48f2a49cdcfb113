#!/usr/bin/env python3
"""Train and evaluate every run of a plan for a small language model; what is finished is skipped.

A run's folder gets request.json (its settings), the log, the folder `model` that transformers loads, run.json, and for
each part PART.jsonl (one line a prompt: the answer and whether it is right) and PART.drift.json. --data holds `start`
(model and tokenizer) and PART.jsonl with prompt, chosen and rejected.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
import yaml
from awp_plan import Run, read_plan, runs_of
from awp_runs import is_done
from awp_scoring import Row, write_rows
from preference_drift import write_json

from ctcalign.train.preference.examples import Example, read_examples
from ctcalign.train.preference.scorer import Models
from ctcalign.train.preference.term import LossConfig, PreferenceTerm
from ctcalign.train.preference.text.data import choices_of
from ctcalign.train.preference.text.models import Speaker, TextScorer, load_causal_model
from ctcalign.train.preference.text.tokens import TextTokenizer
from ctcalign.train.run import fit

PROMPTS = 64  # at a time
LONGEST = 64


def train(run: Run, folder: Path, args: argparse.Namespace) -> None:
    """Train, or go on."""
    config = json.loads(json.dumps(run.config))
    parent = args.out / run.parent / "model" if run.parent else args.data / "start"
    config["model"]["model"] = str(parent)
    config["data"] = {**config.get("data", {}), "train": str(args.data / "train.jsonl")}
    config["data"]["validation"] = str(args.data / "dev.jsonl")
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu", "devices": 1}
    config["trainer"] = {"default_root_dir": str(folder), **quiet, **config.get("trainer", {})}
    file = folder / "fit.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    began = time.time()
    fit(["--config", str(file), "--seed", str(run.seed), "--resume", "last"])
    about = {"method": run.method, "setting": run.setting, "seed": run.seed, "look_ahead": 0.0}
    steps = config["trainer"]["max_steps"]
    write_json(folder / "run.json", {**about, "seconds": round(time.time() - began, 1), "steps": steps})


@torch.inference_mode()
def answers(network: Any, tokenizer: TextTokenizer, prompts: list[str], most: int) -> list[str]:
    """The likeliest next tokens after each prompt, until the end or `most` tokens."""
    found = []
    for begin in range(0, len(prompts), PROMPTS):
        rows = [tokenizer.prompt(one) for one in prompts[begin : begin + PROMPTS]]
        said: list[list[int]] = [[] for _ in rows]
        open_ones = set(range(len(rows)))
        for _ in range(most):
            ids, mask = tokenizer.padded([[*row, *more] for row, more in zip(rows, said, strict=True)])
            logits = network(input_ids=ids, attention_mask=mask).logits
            nexts = logits[torch.arange(len(rows)), mask.sum(1) - 1].argmax(-1).tolist()
            for place in sorted(open_ones):
                if nexts[place] == tokenizer.end:
                    open_ones.discard(place)
                else:
                    said[place].append(nexts[place])
            if not open_ones:
                break
        found += [tokenizer.text(one) for one in said]
    return found


def evaluate(folder: Path, parent: Path, examples: list[Example], part: str) -> None:
    """Answers of a run, and how far it is from the run that it began with."""
    tokenizer, network = TextTokenizer(str(folder / "model"), LONGEST), load_causal_model(str(folder / "model")).eval()
    chosen = [str(one.chosen.content) for one in examples if one.chosen is not None]
    most = max(map(len, chosen)) + 2
    said = answers(network, tokenizer, [one.key for one in examples], most)
    rows = [
        Row(e.key, good, text, int(text != good), 1, int(text != good), 1, [], None, None, 0, 0, [])
        for e, good, text in zip(examples, chosen, said, strict=True)
    ]
    write_rows(folder / f"{part}.jsonl", rows)
    term = PreferenceTerm(LossConfig("tdpo"))
    reference = Speaker(load_causal_model(str(parent)).eval())
    sums = dict.fromkeys(("kl", "tokens", "margin", "right", "pairs"), 0.0)
    for begin in range(0, len(examples), PROMPTS):
        some = examples[begin : begin + PROMPTS]
        prompts = [tokenizer.prompt(one.key) for one in some]
        choices, _ = choices_of(some, prompts, tokenizer, 1)
        with torch.inference_mode():
            found = TextScorer(term, tokenizer)(choices, Speaker(network), Models(reference), prompts)
        if not found:
            continue
        margins = found["chosen_log_probs"].sum(-1) - found["rejected_log_probs"].sum(-1)
        sums["kl"] += float(found["chosen_kl"].sum())
        sums["tokens"] += float(found["chosen_mask"].sum())
        sums["margin"] += float(margins.sum())
        sums["right"] += float((margins > 0).sum())
        sums["pairs"] += len(margins)
    write_json(folder / f"{part}.drift.json", sums)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", help="methods to run; all without it")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"])
    args = parser.parse_args()
    examples = {part: read_examples(str(args.data / f"{part}.jsonl"), "prompt") for part in args.parts}
    for run in runs_of(read_plan(args.plan), args.seeds, args.only):
        folder = args.out / run.name
        if is_done(run, folder, args.parts) and all((folder / f"{p}.drift.json").exists() for p in args.parts):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "request.json", run.config)
        if not (folder / "run.json").exists():
            train(run, folder, args)
        parent = args.out / (run.parent or run.name) / "model"
        for part in args.parts:
            evaluate(folder, parent, examples[part], part)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {run.name}: done\n")


if __name__ == "__main__":
    main()
