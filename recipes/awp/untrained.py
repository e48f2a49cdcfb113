"""Runs that are not trained: the rows of a model on each part, so that tables show it beside the trained ones."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from recipes.awp.evaluation import evaluate, summary, write_rows
from recipes.awp.plan import write_json


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of what is evaluated, and how."""
    parser.add_argument("--data", type=Path, required=True, help="folder with the parts")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"], help="folders of --data to evaluate on")
    parser.add_argument(
        "--min-word-score", type=float, default=-2.0, help="times of words below this score are ignored"
    )


def write_run(
    folder: Path, model: Any, look_ahead: float | None, method: str, setting: str, args: argparse.Namespace
) -> None:
    """Write the rows of a model that are not there yet, and run.json.

    Args:
        args: of `add_options`.
    """
    for part in args.parts:
        file = folder / f"{part}.jsonl"
        if not file.exists():
            rows = evaluate(model, args.data / part, args.min_word_score)
            write_rows(file, rows)
            sys.stderr.write(f"{part}: {folder.name} WER {summary(rows, look_ahead or 0.0)['wer']:.4f}\n")
    about = {"method": method, "setting": setting, "seed": 0, "seconds": 0.0, "look_ahead": look_ahead}
    write_json(folder / "run.json", about)
