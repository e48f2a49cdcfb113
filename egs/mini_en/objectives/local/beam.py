"""Decode the tests again with the n-gram model: runs/NAME/PART-lm.jsonl beside the rows of greedy decoding.

python -m egs.mini_en.objectives.local.beam --runs exp/runs --data exp/data --lm exp/words.arpa --parts test lj

Runs without greedy rows of a part, such as those with a setting that was not chosen, are left out. Finished parts are
skipped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import ctcalign
from recipes.awp.evaluation import decoder_of, evaluate, write_rows
from recipes.errors import one_line

SUFFIX = "-lm"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of Shar folders")
    parser.add_argument("--lm", type=Path, required=True, help="n-gram model")
    parser.add_argument("--parts", nargs="+", required=True)
    parser.add_argument("--methods", nargs="+", required=True, help="of the runs that are decoded")
    parser.add_argument("--min-word-score", type=float, default=-2.0)
    args = parser.parse_args(arguments)
    decoder = None
    for folder in sorted(file.parent for file in args.runs.glob("*/run.json")):
        if json.loads((folder / "run.json").read_text(encoding="utf-8"))["method"] not in args.methods:
            continue
        for part in args.parts:
            file = folder / f"{part}{SUFFIX}.jsonl"
            if file.exists() or not (folder / f"{part}.jsonl").exists():
                continue
            decoder = decoder or decoder_of(str(args.lm))
            model = ctcalign.load_model(f"checkpoint:{folder / 'model.safetensors'}")
            rows = evaluate(model, args.data / part, args.min_word_score, "cpu", decoder)
            write_rows(file, rows)
            rate = sum(row.errors for row in rows) / max(1, sum(row.words for row in rows))
            sys.stderr.write(f"{folder.name}: {part}, with the language model: {100 * rate:.2f} %\n")


if __name__ == "__main__":
    one_line(main)
