"""Write the rows of a model that trainings start from as a run of its own, so that tables show it beside them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recipes.awp.evaluation import evaluate, summary, write_rows
from recipes.awp.plan import write_json
from recipes.errors import one_line


def main(arguments: Sequence[str] | None = None) -> None:
    import ctcalign
    from ctcalign.models.training.registry import open_trainable

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="as model.init of the plan names it")
    parser.add_argument("--data", type=Path, required=True, help="folder with the parts")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"], help="folders of --data to evaluate on")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the runs' folders")
    parser.add_argument(
        "--min-word-score", type=float, default=-2.0, help="times of words below this score are ignored"
    )
    args = parser.parse_args(arguments)
    folder = args.runs / "start"
    folder.mkdir(parents=True, exist_ok=True)
    model = ctcalign.load_model(args.model)
    look_ahead = open_trainable(args.model).look_ahead
    about = {"method": "start", "setting": "", "seed": 0, "seconds": 0.0, "look_ahead": look_ahead}
    for part in args.parts:
        file = folder / f"{part}.jsonl"
        if not file.exists():
            rows = evaluate(model, args.data / part, args.min_word_score)
            write_rows(file, rows)
            sys.stderr.write(f"{part}: {args.model} WER {summary(rows, look_ahead or 0.0)['wer']:.4f}\n")
    write_json(folder / "run.json", about)


if __name__ == "__main__":
    one_line(main)
