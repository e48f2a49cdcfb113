"""RESULTS.md of a fine-tuning: error rates of the model before it (`recipes.awp.start`) and after it, on dev and test.

Every number is recomputed from the rows of the evaluation (runs/*/dev.jsonl, runs/*/test.jsonl).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from recipes.awp.entries import Entry, collect, compare_wer, interval_text, mean_and_spread, of_method
from recipes.awp.plan import BASELINE
from recipes.awp.results import training_time
from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head

COLUMNS = ("part", "words", "WER % before", "WER % after", "CER % before", "CER % after", "change of the WER")
LEGEND = (
    "Greedy decoding; after: mean ± standard deviation over seeds. The change is relative, by a paired bootstrap over",
    "seeds and utterances.",
)


def row(part: str, before: Entry, after: Entry) -> list[str]:
    """One line of the table."""
    # The model before has no seeds: it is compared with each of those after.
    same = replace(before, seeds=after.seeds, rows=before.rows * len(after.seeds))
    compared = compare_wer(same, after)
    change = "" if compared is None else f"{100 * compared.relative.value:+.1f} %, {interval_text(compared)}"
    rates = [mean_and_spread(entry, key, 100, 2) for key in ("wer", "cer") for entry in (before, after)]
    return [part, str(sum(one.words for one in before.rows[0])), *rates, change]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", default=["dev", "test"])
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True, help="the command that was run, printed on the page")
    parser.add_argument("--notes", type=Path, help="text to put below the title (data, model, caveats)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    rows, seeds = [], 0
    for part in args.parts:
        entries = collect(args.runs, [part], None)
        before, after = (of_method(entries, name, args.runs, part)[0] for name in ("start", BASELINE))
        rows.append(row(part, before, after))
        seeds = len(after.seeds)
    made = f"Machine: {machine()}. Seeds: {seeds}; {training_time(args.runs)}. Commit: {commit()}."
    text = page_head(args.title, args.notes, f"Command: `{args.command}`", made)
    args.out.write_text("\n".join([*text, *markdown_table(COLUMNS, rows), "", *LEGEND, ""]), encoding="utf-8")
    sys.stderr.write(f"{args.out}: {len(rows)} parts\n")


if __name__ == "__main__":
    one_line(main)
