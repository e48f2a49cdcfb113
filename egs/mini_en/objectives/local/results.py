"""RESULTS.md of the bench: power, drift, the curves of latency, and what each objective changes in the word error rate.

Every number is recomputed from the rows of the evaluation (runs/*/PART.jsonl). Settings are chosen on dev.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ctcalign.metrics import Interval, paired_bootstrap
from egs.mini_en.objectives.local.beam import SUFFIX
from egs.mini_en.objectives.local.curves import gap
from recipes.awp.entries import NOTHING, Entry, collect, compare_delay, compare_wer, counterpart, mean_and_spread
from recipes.awp.evaluation import read_rows
from recipes.awp.results import training_time
from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head, picture, section

MAIN = "test"
PLAIN, STREAMING, OFFLINE = "ctc", "streaming", "baseline"
LONG = "_long"  # ending of the names of methods with more updates; CTC alone with as many is PLAIN + LONG
AHEAD = "look_ahead"  # method: CTC alone from streaming models of other look-aheads
ELSEWHERE = ("awp_look_ahead",)  # methods whose points start from models of different look-aheads
DESTROYED = 0.9  # word error rate of a model that an objective has destroyed: such points belong to no curve
MOST_SEED_DIFFERENCE = 0.02  # relative half-width that the main test must resolve


class Results:
    """The finished runs on every part.

    Args:
        runs: folder of the runs.  parts: dev and the tests.
    """

    def __init__(self, runs: Path, parts: Sequence[str]) -> None:
        self.runs, self.tests = runs, [part for part in parts if part != "dev"]
        offline = runs / f"{OFFLINE}-s1"
        self.entries = {part: collect(runs, [part], read_rows(offline / f"{part}.jsonl")) for part in parts}
        for part in self.tests:
            if found := collect(runs, [part + SUFFIX], None):
                self.entries[part + SUFFIX] = found
        self.with_lm = [part for part in self.entries if part.endswith(SUFFIX)]

    def of(self, part: str, *methods: str) -> list[Entry]:
        return [entry for entry in self.entries[part] if entry.method in methods]

    def chosen(self, method: str, key: str = "wer") -> str | None:
        """The setting of a method with the lowest value on dev, over the seeds that all of its settings have."""
        found = self.of("dev", method)
        shared = set.intersection(*(set(entry.seeds) for entry in found)) if found else set()

        def value(entry: Entry) -> float:
            return float(np.mean([entry.numbers[key][entry.seeds.index(seed)] for seed in shared or entry.seeds]))

        return min(found, key=value).setting if found else None


def percent(found: Interval) -> str:
    """A relative change and its interval."""
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f}) %"


def power(results: Results) -> list[str]:
    """Whether the main test can show a change of two per cent: two seeds of plain CTC against each other."""
    lines = []
    for entry in results.of(MAIN, PLAIN):
        words = [row.words for row in entry.rows[0]]
        for (a, first), (b, second) in itertools.combinations(zip(entry.seeds, entry.rows, strict=True), 2):
            found = paired_bootstrap([row.errors for row in first], [row.errors for row in second], words).relative
            half = (found.high - found.low) / 2
            good = "within" if half <= MOST_SEED_DIFFERENCE else "outside"
            lines.append(
                f"- `{entry.name}`, seeds {a} and {b}, {sum(words):,} words: {percent(found)} (95 %), "
                f"half-width {100 * half:.1f} %: {good} 2 %."
            )
    return lines or ["Fewer than two seeds."]


def models(results: Results) -> list[str]:
    """A table of the offline and streaming models that the methods start from."""
    parts = [*results.tests, *results.with_lm]
    head = ["model", "latency ms", "drift ms", *(f"WER % {part.replace(SUFFIX, ', LM')}" for part in parts)]
    rows = []
    for entry in sorted(results.of(MAIN, OFFLINE, STREAMING), key=lambda one: -one.mean("latency")):
        cells = [100 * own.mean("wer") if (own := counterpart(entry, results.entries[t])) else np.nan for t in parts]
        rows.append([entry.name, *_ms(entry, "latency", "drift"), *(f"{cell:.1f}" for cell in cells)])
    return markdown_table(head, rows)


def _ms(entry: Entry, *keys: str) -> list[str]:
    return [NOTHING if np.isnan(entry.mean(key)) else f"{1000 * entry.mean(key):.0f}" for key in keys]


def plain_for(results: Results, method: str) -> list[Entry]:
    """Plain CTC on the main test, trained as long as the method where there is such a run."""
    long = results.of(MAIN, PLAIN + LONG) if method.endswith(LONG) else []
    return long or results.of(MAIN, PLAIN)


def latency_table(results: Results, methods: Sequence[str]) -> list[str]:
    """Every point of the curves on the main test, against plain CTC with 0.64 s of look-ahead, trained as long."""
    rows = []
    for entry in results.of(MAIN, *methods):
        plain = plain_for(results, entry.method)[0]
        words, delay = compare_wer(plain, entry), compare_delay(plain, entry)
        cells = ["", "", ""]
        if entry is not plain and words is not None and delay is not None:
            change = f"{1000 * delay.difference.value:+.0f}"
            cells = [change, percent(words.relative), f"{words.p_value:.3f}"]
        rows.append(
            [
                entry.method,
                entry.setting or NOTHING,
                str(len(entry.seeds)),
                mean_and_spread(entry, "wer", 100, 2),
                mean_and_spread(entry, "latency", 1000, 0),
                *_ms(entry, "drift"),
                *cells,
            ]
        )
    head = "method|setting|seeds|WER %|latency ms|drift ms|change of delay, ms|of WER, % (95 %)|p".split("|")
    return markdown_table(head, rows)


def curve(results: Results, method: str) -> list[Entry]:
    """The points of a curve. Plain CTC is the weight of zero of a method, and one of the look-aheads of CTC alone."""
    own = [entry for entry in results.of(MAIN, method) if entry.mean("wer") < DESTROYED]
    return own if method in ELSEWHERE else [*own, *plain_for(results, method)]


def statements(results: Results, methods: Sequence[str]) -> list[str]:
    """Each curve against plain CTC with other look-aheads, and against the delay penalty."""
    lines = []
    for method in methods:
        for other in (AHEAD, "delay_penalty"):
            if method in (other, PLAIN, AHEAD) or not results.of(MAIN, method) or not results.of(MAIN, other):
                continue
            found = gap(curve(results, method), curve(results, other))
            if found is None:
                lines.append(f"- `{method}` and `{other}` have no range of latencies in common.")
                continue
            low, high = 100 * found.low, 100 * found.high
            word = "below" if high < 0 else "above" if low > 0 else "neither above nor below"
            lines.append(
                f"- `{method}` is **{word}** `{other}`: {100 * found.value:+.2f} points of WER at equal latency (95 % "
                f"interval {low:+.2f} to {high:+.2f})."
            )
    return lines


def error_table(results: Results, methods: Sequence[str], parts: Sequence[str], plain_method: str = PLAIN) -> list[str]:
    """Each method with the setting that was best on dev, against CTC alone, on each part."""
    head = ["method", "setting", "seeds"]
    for part in parts:
        head += [f"{part}: WER %", "change % (95 %)", "p"]
    rows = []
    for method in (plain_method, *methods):
        setting = results.chosen(method)
        row: list[str] = []
        for part in parts:
            plain = results.of(part, plain_method)
            own = [entry for entry in results.of(part, method) if entry.setting == setting]
            if not own and not row:
                break
            if not row:
                row = [method, own[0].setting or NOTHING, str(len(own[0].seeds))]
            row.append(mean_and_spread(own[0], "wer", 100, 2) if own else NOTHING)
            compared = compare_wer(plain[0], own[0]) if own and plain and method != plain_method else None
            if compared is None:
                row += ["", ""]
            else:
                one = compared.relative
                row += [
                    f"{100 * one.value:+.1f} ({100 * one.low:+.1f} to {100 * one.high:+.1f})",
                    f"{compared.p_value:.3f}",
                ]
        if row:
            rows.append(row)
    return markdown_table(head, rows)


def choice_table(results: Results, methods: Sequence[str], plain_method: str = PLAIN) -> list[str]:
    """All settings on dev, from which the best of each method is chosen, against CTC alone with the same seeds.

    Where there is CTC alone with the same setting, it is that one.
    """
    plain = {entry.setting: entry for entry in results.of("dev", plain_method)}
    first = next(iter(plain.values()))
    rows = []
    for method in methods:
        for entry in results.of("dev", method):
            compared = compare_wer(plain.get(entry.setting, first), entry)
            change = percent(compared.relative) if compared else NOTHING
            bold = "**" if entry.setting == results.chosen(method) else ""
            cells = [method, entry.setting or NOTHING, mean_and_spread(entry, "wer", 100, 2)]
            rows.append([*(f"{bold}{cell}{bold}" for cell in cells), str(len(entry.seeds)), change])
    return markdown_table(["method", "setting", "WER % dev", "seeds", "change % (95 %)"], rows)


def oracle(file: Path) -> list[str]:
    """What the texts that objectives compare could improve, as `egs.mini_en.objectives.local.oracle` measured it."""
    about = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        [part, kind, f"{100 * own['mean']:.1f}", f"{100 * own['best']:.1f}"]
        for part, kinds in about["parts"].items()
        for kind, own in kinds.items()
    ]
    head = ["part", "texts", "WER %, mean of the texts", "WER %, best text of each utterance"]
    return [f"Of `{about['model']}`:", "", *markdown_table(head, rows)]


def gradient_table(file: Path) -> list[str]:
    """The gradients of the losses, as `egs.mini_en.objectives.local.gradients` measured them."""
    about = json.loads(file.read_text(encoding="utf-8"))

    def cell(value: float | None, digits: int) -> str:
        return "lost in the noise" if value is None else f"{value:.{digits}f}"

    rows = [
        [name, f"{own['norm']:.2f}", cell(own["common"], 2), f"{100 * own['share']:.1f} %", cell(own["cosine"], 2)]
        for name, own in about["losses"].items()
    ]
    head = [
        "loss, weight 1",
        "norm",
        "of what the batches have in common",
        "share of the squared norm",
        "cosine with CTC",
    ]
    return [f"Of `{about['model']}`, {about['batches']} batches:", "", *markdown_table(head, rows)]


def plot(results: Results, methods: Sequence[str], path: Path) -> None:
    """Word error rate against latency on the main test, a line for each method, with the spread over seeds."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    markers = itertools.cycle("osD^v<>PX*")
    for method in methods:
        found = sorted(curve(results, method), key=lambda entry: entry.mean("latency"))
        if not results.of(MAIN, method) or method == PLAIN:
            continue
        axes.errorbar(
            [1000 * entry.mean("latency") for entry in found],
            [100 * entry.mean("wer") for entry in found],
            xerr=[1000 * np.nan_to_num(entry.spread("latency")) for entry in found],
            yerr=[100 * np.nan_to_num(entry.spread("wer")) for entry in found],
            label="smaller or larger look-ahead, CTC alone" if method == AHEAD else method,
            marker=next(markers),
            linewidth=2.5 if method in (AHEAD, "awp") else 1,
            capsize=2,
        )
    axes.set_xlabel("latency: from the end of a word to its emission, look-ahead included (ms)")
    axes.set_ylabel("word error rate, greedy (%)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--tests", nargs="+", default=[MAIN], help="parts to report on; the first is the main one")
    parser.add_argument("--latency", nargs="*", default=[], help="methods of the curves")
    parser.add_argument("--errors", nargs="*", default=[], help="methods of the table of word error rates")
    parser.add_argument("--longer", nargs="*", default=[], help="methods trained longer; the first is CTC alone")
    parser.add_argument("--rates", nargs="*", default=[], help="with other learning rates; the first is CTC alone")
    parser.add_argument("--oracle", type=Path, help="file of the errors that the compared texts could avoid")
    parser.add_argument("--gradients", type=Path, help="file of the sizes of the gradients")
    parser.add_argument("--command", required=True, help="the command that was run, printed on the page")
    parser.add_argument("--notes", type=Path, help="text to put below the title")
    parser.add_argument("--plot", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    results = Results(args.runs, ["dev", *args.tests])
    made = f"Machine: {machine()}. {training_time(args.runs)}. Commit: {commit()}."
    first, _, rest = (args.notes.read_text(encoding="utf-8").strip() if args.notes else "").partition("\n\n")
    latency = [AHEAD, *(one for one in args.latency if one != AHEAD)]
    shown = []
    if results.of(MAIN, PLAIN):
        plot(results, latency, args.plot)
        shown = [picture(args.plot, args.out, "word error rate against latency")]
    text = page_head("What the objectives bring", None, *(one for one in (first, *shown, rest) if one))
    if results.of(MAIN, PLAIN):
        text += section("Latency", statements(results, latency))
        text += section("Latency: all points", latency_table(results, latency))
    if any(results.of(MAIN, method) for method in args.errors if method != PLAIN):
        compared = [one for one in args.errors if one != PLAIN]
        text += section("Word errors", error_table(results, compared, results.tests))
        text += section("Word errors on dev: all settings", choice_table(results, compared))
        if any(results.of(part, method) for part in results.with_lm for method in compared):
            text += section("Word errors with the language model", error_table(results, compared, results.with_lm))
    if args.longer and results.of("dev", args.longer[0]):
        plain, *compared = args.longer
        tables = [*choice_table(results, compared, plain), "", *error_table(results, compared, results.tests, plain)]
        text += section("Word errors after longer training", tables)
    if args.rates and results.of("dev", args.rates[0]):
        plain, *compared = args.rates
        tables = ["CTC alone, against its learning rate in the other tables:", "", *choice_table(results, [plain])]
        tables += ["", "Against CTC alone with the same learning rate:", "", *choice_table(results, compared, plain)]
        text += section("Word errors on dev with other learning rates", tables)
    if args.oracle and args.oracle.exists():
        text += section("What the compared texts could improve", oracle(args.oracle))
    if args.gradients and args.gradients.exists():
        text += section("Gradients", gradient_table(args.gradients))
    text += section("The models that the methods start from", models(results))
    text += section("Power", power(results))
    text += section("How it was made", [f"Command: `{args.command}`"], [made])
    args.out.write_text("\n".join(text), encoding="utf-8")
    sys.stderr.write(f"{args.out}: {len(results.entries['dev'])} methods and settings\n")


if __name__ == "__main__":
    one_line(main)
