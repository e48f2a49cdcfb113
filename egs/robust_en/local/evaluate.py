"""Error rates of models on each test set, greedy, as JSON files and a table.

python -m egs.robust_en.local.evaluate --data exp/data --out exp/results --model builtin:en --model checkpoint:FILE
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ctcalign import load_model
from ctcalign.files import atomic_write
from ctcalign.train.data.cuts import open_cuts
from ctcalign.train.evaluation.evaluate import evaluate_cuts
from egs.robust_en.local.prepare import MANIFESTS, TRUTHS
from recipes.errors import one_line

TESTS = [name for name, *_ in (*MANIFESTS, *TRUTHS) if not name.startswith("train")]


def shown(rate: dict[str, float]) -> str:
    """A rate with its interval, in per cent."""
    return f"{100 * rate['value']:.1f} ({100 * rate['low']:.1f}–{100 * rate['high']:.1f})"


def evaluated(data: Path, out: Path, names: list[str]) -> list[list[dict[str, Any]]]:
    """The results of each model on each test set, from their files where these are there."""
    found: list[list[dict[str, Any]]] = []
    for number, name in enumerate(names):
        files = [out / f"{test}.{number}.json" for test in TESTS]
        model = None if all(file.exists() for file in files) else load_model(name)
        for test, file in zip(TESTS, files, strict=True):
            if model is not None and not file.exists():
                result = evaluate_cuts(model, open_cuts("data", str(data / test)))
                with atomic_write(file) as stream:
                    json.dump({"model": name, **result.to_dict()}, stream, indent=2)
        found.append([json.loads(file.read_text(encoding="utf-8")) for file in files])
    return found


def table(names: list[str], results: list[list[dict[str, Any]]]) -> str:
    """Markdown: a row for each test set, with the character and the word error rate of each model."""
    rows = ["| test set | " + " | ".join(f"{rate}, {name}" for rate in ("CER", "WER") for name in names) + " |"]
    rows.append("|---|" + "---|" * 2 * len(names))
    for place, test in enumerate(TESTS):
        cells = [shown(own[place][rate]) for rate in ("cer", "wer") for own in results]
        rows.append(f"| {test} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def short_names(names: list[str]) -> list[str]:
    """What the columns are called: trained models by their folders if there are several."""
    trained = [name for name in names if not name.startswith("builtin:")]
    folders = {name: Path(name.partition(":")[2]).parent.name if len(trained) > 1 else "this model" for name in trained}
    return [folders.get(name, name) for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(table(short_names(args.model), evaluated(args.data, args.out, args.model)))


if __name__ == "__main__":
    one_line(main)
