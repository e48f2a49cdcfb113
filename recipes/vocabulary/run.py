"""Train one model on new symbols, with the rows of its output layer from one of several places, and write its curve.

Rows: "random"; "carried" (`model.tokenizer`: the rows of the same symbols, of letters without accents, and the means of
the letters of a word piece); "aligned" (the same, then a first alignment, as `ctcalign fit` does).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from ctcalign.train.recogniser.begin import begin
from ctcalign.train.run import prepared
from recipes.errors import one_line

ROWS = ("random", "carried", "aligned")
_STEP, _CER = "step", "val_cer"


def tokenizer_of(symbols: str) -> list[str]:
    """Options for letters, or for a sentencepiece model."""
    if symbols == "letters":
        return ["--model.vocabulary", "from-data"]
    return ["--model.tokenizer", "SentencePieceTokenizer", "--model.tokenizer.model", symbols]


def train(
    init: str, symbols: str, rows: str, data: Path, folder: Path, config: Path, seed: int, updates: int | None
) -> None:
    """Train, and log the error rates of validation."""
    more = [] if updates is None else ["--trainer.max_steps", str(updates)]
    cli = prepared(
        [
            *("--config", str(config), "--model.init", init, *tokenizer_of(symbols), "--seed", str(seed)),
            *("--data.train", str(data / "train"), "--data.validation", str(data / "dev")),
            *("--trainer.default_root_dir", str(folder), "--trainer.enable_progress_bar", "false"),
            *more,
        ]
    )
    head: Any = cli.model.network.get_submodule(cli.model.model.head)
    if rows == "random":
        assert isinstance(head, nn.Linear | nn.Conv1d)
        head.reset_parameters()
    if rows == "aligned":
        begin(cli.model, cli.datamodule)
    cli.trainer.fit(cli.model, cli.datamodule)


def curve_of(folder: Path) -> list[tuple[int, float]]:
    """Updates and character error rates of the newest log of a run."""
    newest = max((folder / "log").glob("version_*"), key=lambda path: int(path.name.split("_")[1]))
    with (newest / "metrics.csv").open(encoding="utf-8") as file:
        rows = [(int(row[_STEP]) + 1, float(row[_CER])) for row in csv.DictReader(file) if row.get(_CER)]
    return sorted(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--init", default="builtin:en", help="model that training starts from, as model.init")
    parser.add_argument("--symbols", default="letters", help="letters of the transcripts, or a sentencepiece model")
    parser.add_argument("--rows", choices=ROWS, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the Shar folders train and dev")
    parser.add_argument("--config", type=Path, required=True, help="configuration of `ctcalign fit`")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a finished one is left as it is")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--updates", type=int, help="instead of trainer.max_steps of the configuration")
    parser.add_argument("--name", help="of the symbols in tables; default: letters or pieces")
    args = parser.parse_args(arguments)
    curve = args.out / "curve.json"
    if curve.exists():
        return
    train(args.init, args.symbols, args.rows, args.data, args.out, args.config, args.seed, args.updates)
    symbols = args.name or ("letters" if args.symbols == "letters" else "pieces")
    found = {"symbols": symbols, "rows": args.rows, "seed": args.seed, "curve": curve_of(args.out)}
    curve.write_text(json.dumps(found), encoding="utf-8")
    sys.stderr.write(f"{args.out}: CER {found['curve'][-1][1]:.4f}\n")


if __name__ == "__main__":
    one_line(main)
