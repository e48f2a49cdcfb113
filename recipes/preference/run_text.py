"""Train and evaluate every run of a plan for a small language model; finished runs are skipped.

A run's folder gets request.json (its configuration), the log, the folder `model` that transformers loads, run.json, and
for each part PART.jsonl (one line per prompt: the answer and whether it is right) and PART.drift.json. --data contains
`start` (model and tokenizer) and PART.jsonl with prompt, chosen and rejected.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml

from ctcalign.train.preference.examples import Example, read_examples
from ctcalign.train.preference.scorer import Models
from ctcalign.train.preference.term import LossConfig, PreferenceTerm
from ctcalign.train.preference.text.data import preferences_of
from ctcalign.train.preference.text.models import PromptedModel, TextTokenizer, load_causal_model
from ctcalign.train.preference.text.scorer import TextScorer
from ctcalign.train.run import fit
from recipes.awp.evaluation import Row, write_rows
from recipes.awp.plan import Run, add_plan_options, execute, is_finished, read_plan, runs_of, write_json
from recipes.errors import one_line

PROMPTS = 64  # in a batch
LONGEST = 64  # tokens


def train(run: Run, folder: Path, args: argparse.Namespace) -> None:
    """Train or resume."""
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
    """Greedy continuations of the prompts, up to the end token or `most` tokens."""
    found = []
    for begin in range(0, len(prompts), PROMPTS):
        rows = [tokenizer.prompt(one) for one in prompts[begin : begin + PROMPTS]]
        generated: list[list[int]] = [[] for _ in rows]
        unfinished = set(range(len(rows)))
        for _ in range(most):
            ids, mask = tokenizer.padded([[*row, *more] for row, more in zip(rows, generated, strict=True)])
            logits = network(input_ids=ids, attention_mask=mask).logits
            nexts = logits[torch.arange(len(rows)), mask.sum(1) - 1].argmax(-1).tolist()
            for place in sorted(unfinished):
                if nexts[place] == tokenizer.end:
                    unfinished.discard(place)
                else:
                    generated[place].append(nexts[place])
            if not unfinished:
                break
        found += [tokenizer.text(one) for one in generated]
    return found


def evaluate(folder: Path, parent: Path, examples: list[Example], part: str) -> None:
    """Write the answers of a run, and its drift from the run that it started from."""
    tokenizer, network = TextTokenizer(str(folder / "model"), LONGEST), load_causal_model(str(folder / "model")).eval()
    chosen = [str(one.chosen.content) for one in examples if one.chosen is not None]
    most = max(map(len, chosen)) + 2
    generated = answers(network, tokenizer, [one.key for one in examples], most)
    rows = [
        Row(e.key, good, text, int(text != good), 1, int(text != good), 1, [], None, None, 0, 0, [])
        for e, good, text in zip(examples, chosen, generated, strict=True)
    ]
    write_rows(folder / f"{part}.jsonl", rows)
    term = PreferenceTerm(LossConfig("tdpo"))
    reference = PromptedModel(load_causal_model(str(parent)).eval())
    sums = dict.fromkeys(("kl", "tokens", "margin", "right", "pairs"), 0.0)
    for begin in range(0, len(examples), PROMPTS):
        some = examples[begin : begin + PROMPTS]
        prompts = [tokenizer.prompt(one.key) for one in some]
        preferences, _ = preferences_of(some, prompts, tokenizer, 1)
        with torch.inference_mode():
            found = TextScorer(term, tokenizer)(preferences, PromptedModel(network), Models(reference), prompts)
        if not found:
            continue
        margins = found["chosen_log_probs"].sum(-1) - found["rejected_log_probs"].sum(-1)
        sums["kl"] += float(found["chosen_kl"].sum())
        sums["tokens"] += float(found["chosen_mask"].sum())
        sums["margin"] += float(margins.sum())
        sums["right"] += float((margins > 0).sum())
        sums["pairs"] += len(margins)
    write_json(folder / f"{part}.drift.json", sums)


def start(run: Run, examples: dict[str, list[Example]], args: argparse.Namespace) -> bool:
    """Carry out the unfinished parts of a run."""
    folder = args.out / run.name
    if is_finished(run, folder, [f"{part}.{kind}" for part in args.parts for kind in ("jsonl", "drift.json")]):
        return True
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "request.json", run.config)
    if not (folder / "run.json").exists():
        train(run, folder, args)
    parent = args.out / (run.parent or run.name) / "model"
    for part in args.parts:
        evaluate(folder, parent, examples[part], part)
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {run.name}: done\n")
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_plan_options(parser)
    args = parser.parse_args(arguments)
    examples = {part: read_examples(str(args.data / f"{part}.jsonl"), "prompt") for part in args.parts}
    runs = runs_of(read_plan(args.plan), args.seeds, args.only)
    execute(runs, lambda group: [start(run, examples, args) for run in group])


if __name__ == "__main__":
    one_line(main)
