"""Error rates of the models on each test set, from the JSON of `ctcalign evaluate`, as a table.

python -m egs.robust_en.local.table exp/results clean other
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from recipes.errors import one_line

MODELS = {"builtin": "`builtin:en`", "checkpoint": "this model"}


def shown(rate: dict[str, float]) -> str:
    """A rate with its interval, in per cent."""
    return f"{100 * rate['value']:.1f} ({100 * rate['low']:.1f}–{100 * rate['high']:.1f})"


def table(folder: Path, names: list[str]) -> str:
    """The table in Markdown: a row for each test set, character error rate of each model, then word error rate."""
    rows = ["| test set | " + " | ".join(f"CER, {name}" for name in MODELS.values()) + " | ", "|---|" + "---|" * 4]
    rows[0] += " | ".join(f"WER, {name}" for name in MODELS.values()) + " |"
    for name in names:
        found = [json.loads((folder / f"{name}.{model}.json").read_text(encoding="utf-8")) for model in MODELS]
        cells = [shown(one[rate]) for rate in ("cer", "wer") for one in found]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+", help="of the test sets")
    args = parser.parse_args()
    print(table(args.folder, args.names))


if __name__ == "__main__":
    one_line(main)
