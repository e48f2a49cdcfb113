#!/usr/bin/env python3
"""Table and verdicts of a preference experiment, written to RESULTS.md.

Every number is recomputed from the rows that evaluation wrote (runs/*/PART.jsonl) and from runs/*/PART.drift.json.
Settings are chosen on dev and reported on test.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from about_run import commit, machine
from awp_table import Entry, collect, compare_wer

TOKEN_LEVEL = dict.fromkeys(("tdpo", "cdpo", "treg", "cdpo_edits", "treg_edits"), "dpo") | {"tdpo_best": "dpo_best"}
LEAST_GAIN = 0.05  # relative
COLUMNS = "method|setting|seeds|{measure} %|vs {plain}|p|margin|right|KL|s a step".split("|")
LEGEND = (
    "`vs {plain}` is relative, on the seeds that both have; `p` is two-sided, by a paired bootstrap over seeds and",
    "utterances. Margin: log-prob of the right text less that of a wrong one, mean in nats; `right`: how often it is",
    "above zero, %. KL: from the start along the right texts, nats a token. Seconds a step are those of the whole",
    "training with its validation, on a machine that may have had other work.",
)


class Extras:
    """What the other files of the runs of an entry say, means over seeds; nan where there is no file."""

    def __init__(self, runs: Path, part: str) -> None:
        self._found: dict[tuple[str, str], list[dict[str, float]]] = {}
        for file in sorted(runs.glob("*/run.json")):
            about = json.loads(file.read_text(encoding="utf-8"))
            numbers = {"step": about["seconds"] / (about.get("steps") or steps_of(file.parent))}
            drift = file.with_name(f"{part}.drift.json")
            if drift.exists():
                sums = json.loads(drift.read_text(encoding="utf-8"))
                numbers["kl"] = sums["kl"] / max(1, sums["tokens"])
                if sums["pairs"]:
                    numbers |= {"margin": sums["margin"] / sums["pairs"], "right": sums["right"] / sums["pairs"]}
            self._found.setdefault((about["method"], about["setting"]), []).append(numbers)

    def mean(self, entry: Entry, key: str) -> float:
        values = [one[key] for one in self._found.get((entry.method, entry.setting), []) if key in one]
        return float(np.mean(values)) if values else math.nan


def steps_of(folder: Path) -> int:
    """Updates that a run was asked for."""
    return int(json.loads((folder / "request.json").read_text(encoding="utf-8"))["trainer"]["max_steps"])


def table(entries: Sequence[Entry], plain: Entry, extras: Extras, measure: str) -> list[str]:
    """One line a method and setting: mean ± standard deviation over seeds."""
    heads = [column.format(measure=measure, plain=plain.method) for column in COLUMNS]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(COLUMNS)]
    for entry in entries:
        compared = None if entry is plain else compare_wer(plain, entry)
        change = "" if compared is None else f"{100 * compared.relative.value:+.1f} %"
        p = "" if compared is None else f"{compared.p_value:.3f}"
        spread = entry.spread("wer")
        wer = f"{100 * entry.mean('wer'):.2f}" + ("" if math.isnan(spread) else f" ± {100 * spread:.2f}")
        more = [
            _shown(extras.mean(entry, key), form)
            for key, form in (("margin", "{:.2f}"), ("right", "{:.1%}"), ("kl", "{:.4f}"), ("step", "{:.2f}"))
        ]
        cells = [entry.method, entry.setting or "–", str(len(entry.seeds)), wer, change, p, *more]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def best_settings(dev: Sequence[Entry], test: Sequence[Entry], mean: Callable[[Entry], float]) -> dict[str, Entry]:
    """Of each method the entry on test whose setting is best on dev."""
    found: dict[str, Entry] = {}
    for entry in sorted(dev, key=mean):
        same = next((one for one in test if one.name == entry.name), None)
        if same is not None:
            found.setdefault(entry.method, same)
    return found


def verdicts(dev: Sequence[Entry], test: Sequence[Entry], plain: Entry, measure: str) -> list[str]:
    """Lines of Markdown that a failed claim makes negative."""
    chosen = best_settings(dev, test, lambda entry: entry.mean("wer"))
    by_dev = {entry.method: entry for entry in sorted(dev, key=lambda e: -e.mean("wer"))}
    ours = sorted((m for m in chosen if m in TOKEN_LEVEL), key=lambda m: by_dev[m].mean("wer"))
    if not ours:
        return ["- **Not shown.** No token-level loss was evaluated on both dev and test."]
    best = chosen[ours[0]]
    lines = [
        _verdict(
            best,
            plain,
            LEAST_GAIN,
            f"Wanted: -5 % {measure} at p < 0.05 over 3 seeds or more.",
            "CTC" if plain.method == "ctc" else plain.method,
        )
    ]
    counterpart = chosen.get(TOKEN_LEVEL[best.method])
    if counterpart is not None:
        lines.append(
            _verdict(best, counterpart, 0.0, "Wanted: fewer at p < 0.05.", f"its sequence-level `{counterpart.name}`")
        )
    return lines


def _verdict(best: Entry, other: Entry, least: float, wanted: str, what: str) -> str:
    compared = compare_wer(other, best)
    if compared is None:
        return f"- **Not shown.** `{best.name}` and `{other.name}` share no seed."
    value = compared.relative.value
    shown = value < 0 and value <= -least and compared.p_value < 0.05 and len(best.seeds) >= 3
    return (
        f"- **Against {what}: {'shown' if shown else 'not shown'}.** `{best.name}` (the token-level loss chosen on "
        f"dev) changes the errors by {100 * value:+.1f} % relative (95 % interval "
        f"{100 * compared.relative.low:+.1f} to {100 * compared.relative.high:+.1f} %, p = {compared.p_value:.3f}, "
        f"{len(best.seeds)} seeds). {wanted}"
    )


def _shown(value: float, form: str) -> str:
    return "–" if math.isnan(value) else form.format(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--plain", default="ctc", help="the method that the others are compared with")
    parser.add_argument("--measure", default="WER", help="what an error rate is called here")
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True, help="what was run, for the reader")
    parser.add_argument("--notes", type=Path, help="text to put below the title")
    parser.add_argument("--packages", nargs="+", default=["torch", "pytorch-lightning", "lhotse", "numpy"])
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    entries: dict[str, list[Entry]] = {part: collect(args.runs, [part], None) for part in ("dev", "test")}
    plain: dict[str, Entry] = {}
    for part, found in entries.items():
        same: list[Any] = [entry for entry in found if entry.method == args.plain]
        if not same:
            raise SystemExit(
                f"--plain: no run of {args.plain!r} in {args.runs} has rows of {part}; run that stage first"
            )
        plain[part] = min(same, key=lambda entry: entry.mean("wer"))
    text = [f"# {args.title}", ""]
    if args.notes:
        text += [args.notes.read_text(encoding="utf-8").strip(), ""]
    text += [f"Command: `{args.command}`", "", f"Machine: {machine(args.packages)}. Commit: {commit()}.", ""]
    text += ["## What test shows", "", *verdicts(entries["dev"], entries["test"], plain["test"], args.measure), ""]
    for part, head in (("test", "All numbers of test"), ("dev", "Dev (settings are chosen here)")):
        text += [f"## {head}", "", *table(entries[part], plain[part], Extras(args.runs, part), args.measure), ""]
        if part == "test":
            text += [line.format(plain=args.plain) for line in LEGEND] + [""]
    args.out.write_text("\n".join(text), encoding="utf-8")
    sys.stderr.write(f"{args.out}: {len(entries['test'])} methods and settings\n")


if __name__ == "__main__":
    main()
