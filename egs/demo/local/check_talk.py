"""Errors of an alignment of the talk against its ground truth.

python -m egs.demo.local.check_talk truth.json talk.json [--within 0.2]

Prints a table. With --within the exit status is 1 if a caption is missing or one of its ends is further off.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from recipes.errors import one_line


def errors(truth: dict[str, Any], alignment: dict[str, Any]) -> dict[str, list[float]]:
    """Errors (found - true) in seconds of caption starts and ends and of word starts; infinite where not placed.

    "given start" is the error of the times in the caption file, if it has any.
    """
    found: dict[str, list[float]] = {"given start": [], "caption start": [], "caption end": [], "word start": []}
    cues = {cue["index"]: cue for cue in alignment["cues"]}
    for row in truth["cues"]:
        if not row["spoken"]:
            continue
        cue = cues.get(row["index"], {})
        if cue.get("input_start") is not None:
            found["given start"].append(cue["input_start"] - row["start"])
        for edge in ("start", "end"):
            placed = cue.get(edge)
            found[f"caption {edge}"].append(float("inf") if placed is None else placed - row[edge])
        words = [word for word in cue.get("words", ()) if word["status"] != "not_spoken"]
        for true, word in zip(row["words"], words, strict=False):
            placed = word["start"]
            found["word start"].append(float("inf") if placed is None else placed - true["start"])
        found["word start"] += [float("inf")] * max(0, len(row["words"]) - len(words))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("alignment", type=Path)
    parser.add_argument("--within", type=float, help="largest error of a caption, in seconds")
    args = parser.parse_args()
    found = errors(*(json.loads(path.read_text(encoding="utf-8")) for path in (args.truth, args.alignment)))
    print(f"{'':14}{'number':>7}{'median':>9}{'mean':>9}{'largest':>9}  error in seconds")
    for name, values in ((name, values) for name, values in found.items() if values):
        sizes = [abs(value) for value in values]
        numbers = (statistics.median(sizes), statistics.fmean(sizes), max(sizes))
        print(f"{name:14}{len(sizes):7}" + "".join(f"{x:9.3f}" for x in numbers))
    worst = max(abs(value) for name in ("caption start", "caption end") for value in found[name])
    if args.within is not None and worst > args.within:
        raise SystemExit(f"a caption is {worst:.2f} s off, more than the allowed {args.within} s")


if __name__ == "__main__":
    one_line(main)
