"""A table of the alignments of several models: captions with both ends within 0.5 s, in per cent.

python -m egs.robust_en.local.compared exp/0/scores.json exp/1/scores.json --models builtin:en "this model"
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from recipes.errors import one_line

BOUNDS = "tolerant"


def table(scores: list[dict[str, list[dict[str, object]]]], models: list[str]) -> str:
    """Markdown: a row for each recording and caption file, and for all recordings together."""
    lines = ["| recording | captions | spoken | " + " | ".join(models) + " |", "|---|---|---|" + "---|" * len(models)]
    for kind, name in (("cells", "recording"), ("rows", "")):
        for rows in zip(*(one[kind] for one in scores), strict=True):
            first = rows[0]
            found = [row[BOUNDS] for row in rows]
            cells = [str(first[name]) if name else "all", str(first["variant"]), str(found[0]["spoken"])]
            lines.append("| " + " | ".join(cells + [f"{100 * one['within']:.1f}" for one in found]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path, nargs="+", help="of recipes.noisy.scores")
    parser.add_argument("--models", nargs="+", required=True, help="their names, as many")
    args = parser.parse_args()
    if len(args.models) != len(args.scores):
        raise SystemExit(f"--models: got {len(args.models)} names for {len(args.scores)} files; give one for each")
    print(table([json.loads(file.read_text(encoding="utf-8")) for file in args.scores], args.models))


if __name__ == "__main__":
    one_line(main)
