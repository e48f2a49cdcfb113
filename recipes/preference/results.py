"""RESULTS.md of a preference experiment: verdicts and tables.

Every number is recomputed from the rows of the evaluation (runs/*/PART.jsonl) and from runs/*/PART.drift.json. Settings
are chosen on dev and reported on test.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recipes.awp.entries import (
    NOTHING,
    Entry,
    change_cells,
    collect,
    compare_wer,
    counterpart,
    interval_text,
    mean_and_spread,
    of_method,
)
from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head, section

# Token-level methods, each with the sequence-level method that it refines.
TOKEN_LEVEL = dict.fromkeys(("tdpo", "cdpo", "treg", "cdpo_edits", "treg_edits"), "dpo") | {"tdpo_best": "dpo_best"}
LEAST_GAIN = 0.05  # relative
COLUMNS = "method|setting|seeds|{measure} %|vs {plain}|p|margin|right|KL|s a step".split("|")
LEGEND = (
    "`vs {plain}` is relative, on the common seeds; `p` is two-sided, by a paired bootstrap over seeds and",
    "utterances. Margin: log-prob of the right text minus that of a wrong one, mean in nats; `right`: percentage of",
    "pairs where it is positive. KL: from the baseline along the right texts, in nats per token. Seconds per step are",
    "those of the whole training with its validation, on a machine that may have been busy with other work.",
)


class Extras:
    """Numbers of an entry that are not in its rows, means over seeds; nan if there is no file."""

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
    """Updates in the configuration of a run."""
    return int(json.loads((folder / "request.json").read_text(encoding="utf-8"))["trainer"]["max_steps"])


def table(entries: Sequence[Entry], plain: Entry, extras: Extras, measure: str) -> list[str]:
    """One line per method and setting: mean ± standard deviation over seeds."""
    forms = {"margin": "{:.2f}", "right": "{:.1%}", "kl": "{:.4f}", "step": "{:.2f}"}
    rows = []
    for entry in entries:
        more = {key: extras.mean(entry, key) for key in forms}
        rows.append(
            [
                entry.method,
                entry.setting or NOTHING,
                str(len(entry.seeds)),
                mean_and_spread(entry, "wer", 100, 2),
                *change_cells(plain, entry),
                *(NOTHING if math.isnan(value) else forms[key].format(value) for key, value in more.items()),
            ]
        )
    return markdown_table([column.format(measure=measure, plain=plain.method) for column in COLUMNS], rows)


def verdicts(dev: Sequence[Entry], test: Sequence[Entry], plain: Entry, measure: str) -> list[str]:
    """Lines of Markdown: whether the best token-level loss beats the plain method and its sequence-level form."""
    chosen: dict[str, Entry] = {}  # of each method the entry on test whose setting is best on dev
    for entry in sorted(dev, key=lambda entry: entry.mean("wer")):
        same = counterpart(entry, test)
        if same is not None:
            chosen.setdefault(entry.method, same)
    token_level = [method for method in chosen if method in TOKEN_LEVEL]  # best on dev first
    if not token_level:
        return ["- **Not shown.** No token-level loss was evaluated on both dev and test."]
    best = chosen[token_level[0]]
    name = "CTC" if plain.method == "ctc" else plain.method
    target = f"Target: -5 % {measure} at p < 0.05 over 3 seeds or more."
    lines = [_verdict(best, plain, LEAST_GAIN, target, name)]
    sequence_level = chosen.get(TOKEN_LEVEL[best.method])
    if sequence_level is not None:
        name = f"its sequence-level `{sequence_level.name}`"
        lines.append(_verdict(best, sequence_level, 0.0, "Target: fewer errors at p < 0.05.", name))
    return lines


def _verdict(best: Entry, other: Entry, least_gain: float, target: str, name: str) -> str:
    compared = compare_wer(other, best)
    if compared is None:
        return f"- **Not shown.** `{best.name}` and `{other.name}` have no seed in common."
    value = compared.relative.value
    shown = value < 0 and value <= -least_gain and compared.p_value < 0.05 and len(best.seeds) >= 3
    return (
        f"- **Against {name}: {'shown' if shown else 'not shown'}.** `{best.name}` (the token-level loss chosen on "
        f"dev) changes the errors by {100 * value:+.1f} % relative ({interval_text(compared)}, "
        f"{len(best.seeds)} seeds). {target}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--plain", default="ctc", help="the method that the others are compared with")
    parser.add_argument("--measure", default="WER", help="name of the error rate in this experiment")
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True, help="the command that was run, printed on the page")
    parser.add_argument("--notes", type=Path, help="text to put below the title")
    parser.add_argument("--packages", nargs="+", default=["torch", "pytorch-lightning", "lhotse", "numpy"])
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    entries = {part: collect(args.runs, [part], None) for part in ("dev", "test")}
    plain = {
        part: min(of_method(found, args.plain, args.runs, part), key=lambda entry: entry.mean("wer"))
        for part, found in entries.items()
    }
    made = f"Machine: {machine(args.packages)}. Commit: {commit()}."
    text = page_head(args.title, args.notes, f"Command: `{args.command}`", made)
    text += section("What test shows", verdicts(entries["dev"], entries["test"], plain["test"], args.measure))
    for part, heading in (("test", "All numbers of test"), ("dev", "Dev (settings are chosen here)")):
        text += section(heading, table(entries[part], plain[part], Extras(args.runs, part), args.measure))
        if part == "test":
            text += [*(line.format(plain=args.plain) for line in LEGEND), ""]
    args.out.write_text("\n".join(text), encoding="utf-8")
    sys.stderr.write(f"{args.out}: {len(entries['test'])} methods and settings\n")


if __name__ == "__main__":
    one_line(main)
