"""Measure guided decoding on domains: is a large recogniser better in a domain if a small adapted one steers it?

Each domain has cuts to choose the weight on and others to measure on. The rows are the large model alone, guided by the
adapted small one, guided by it minus the unadapted one, guided by the unadapted one (two models without any
adaptation), and the small models alone, all with the same beam search. Domains that are done are not measured again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ctcalign.files.atomic import atomic_write
from ctcalign.metrics import paired_bootstrap
from ctcalign.models import load_model
from ctcalign.models.guide import Guide
from ctcalign.train.data.cuts import open_cuts
from ctcalign.train.evaluation.decoding import Decoder
from ctcalign.train.evaluation.evaluate import evaluate_cuts
from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head, section

PARTS = ("dev", "test")
GUIDED, UNGUIDED = "guided by the adapted model", "guided by the unadapted model"
ADAPTED = "the adapted model alone"


class Stored:
    """A model that keeps its output for each input, since all rows decode the same emissions."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._outputs: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __call__(self, waveform: Any, lengths: Any) -> Any:
        key = hashlib.sha1(bytes(memoryview(waveform.numpy() if hasattr(waveform, "numpy") else waveform))).hexdigest()
        if key not in self._outputs:
            self._outputs[key] = self._model(waveform, lengths)
        return self._outputs[key]


@dataclass
class Row:
    """A system: its name, the weight of the guide, and word errors and words of each cut by part."""

    system: str
    weight: float | None
    errors: dict[str, list[int]]
    words: dict[str, list[int]]

    def rate(self, part: str) -> float:
        """Word error rate, a fraction."""
        return sum(self.errors[part]) / sum(self.words[part])


def measure(
    model: Any, guide: Any, base: Any, parts: dict[str, list[Any]], weights: Sequence[float], beam: int
) -> list[Row]:
    """The rows of a domain; the first is the large model alone. `parts`: cuts of "dev" and "test"."""
    model, guide, base = Stored(model), Stored(guide), Stored(base)
    # At weight 0 the guide has no effect: the same search for all rows.
    systems = [
        (model, f"{model.name} alone", Guide(guide, weight=0.0)),
        *((model, GUIDED, Guide(guide, weight=weight)) for weight in weights),
        *((model, "guided by adapted minus unadapted", Guide(guide, base, weight)) for weight in weights),
        *((model, UNGUIDED, Guide(base, weight=weight)) for weight in weights),
        (base, f"{base.name} alone", Guide(guide, weight=0.0)),
        (guide, ADAPTED, Guide(guide, weight=0.0)),
    ]
    rows = []
    for steered, system, one in systems:
        row = Row(system, one.weight or None, {}, {})
        for part, cuts in parts.items():
            found = evaluate_cuts(steered, cuts, Decoder("beam", beam, guide=one), device="cpu").utterances
            row.errors[part] = [cut.words.errors for cut in found]
            row.words[part] = [cut.words.reference_length for cut in found]
        print(system, row.weight, *(f"{part} {100 * row.rate(part):.2f} %" for part in parts), file=sys.stderr)
        rows.append(row)
    return rows


def table(rows: Sequence[Row]) -> list[str]:
    """A Markdown table; the weight with the lowest error rate on "dev" is bold, of equal ones the smallest."""
    alone, lines = rows[0], []
    best = chosen(rows)
    for row in rows:
        cells = [row.system, "" if row.weight is None else f"{row.weight:g}"]
        cells += [f"{100 * row.rate(part):.2f}" for part in PARTS]
        if row is alone:
            cells += ["", ""]
        else:
            cells += compared(alone, row)
        if row.weight is not None and best[row.system] is row:
            cells = [f"**{cell}**" for cell in cells]
        lines.append(cells)
    return markdown_table(("system", "W", "dev WER %", "test WER %", "test against alone (95 %)", "p"), lines)


def comparisons(rows: Sequence[Row]) -> list[str]:
    """A Markdown table: the guided model with its chosen weight against the guide alone and against no adaptation."""
    best = chosen(rows)
    guided = best[GUIDED]
    lines = [[name, *compared(best[name], guided)] for name in (ADAPTED, UNGUIDED)]
    return markdown_table((f"test, {GUIDED}, against", "change (95 %)", "p"), lines)


def compared(first: Row, second: Row) -> list[str]:
    """Cells: relative change of the word error rate on "test" from one row to another, with its interval, and p."""
    found = paired_bootstrap(first.errors["test"], second.errors["test"], first.words["test"])
    change = found.relative
    return [
        f"{100 * change.value:+.1f} % ({100 * change.low:+.1f} to {100 * change.high:+.1f})",
        f"{found.p_value:.4f}",
    ]


def chosen(rows: Sequence[Row]) -> dict[str, Row]:
    """The row of each system with the lowest error rate on "dev"; of equal ones that with the smallest weight."""
    return {
        name: min((row for row in rows if row.system == name), key=lambda row: row.rate("dev")) for name in names(rows)
    }


def names(rows: Iterable[Row]) -> list[str]:
    """Systems in their order, each once."""
    return list(dict.fromkeys(row.system for row in rows))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--domain",
        nargs=4,
        action="append",
        required=True,
        metavar=("NAME", "DEV", "TEST", "GUIDE"),
        help="cuts to choose the weight on and to measure on, and the model that was adapted to the domain; repeatable",
    )
    parser.add_argument("--model", default="builtin:en-robust", help="the large model, which is not adapted")
    parser.add_argument("--guide-base", default="builtin:en", help="the guides before they were adapted")
    parser.add_argument("--weights", type=float, nargs="+", default=[0.3, 0.5, 1.0], metavar="W")
    parser.add_argument("--beam", type=int, default=8)
    parser.add_argument("--notes", type=Path, help="text below the title")
    parser.add_argument("--command", help="the commands as shown on the page (default: this one)")
    parser.add_argument("--exp", type=Path, required=True, help="folder for the errors of each domain")
    parser.add_argument("--out", type=Path, required=True, help="the page with the tables")
    args = parser.parse_args(arguments)
    command = (
        args.command or f"python -m recipes.guided.run {shlex.join(sys.argv[1:] if arguments is None else arguments)}"
    )
    lines = page_head(
        "A large recogniser guided by a small adapted one", args.notes, f"Command:\n\n```bash\n{command}\n```",
        f"Machine: {machine()}. Commit: {commit()}.",
    )  # fmt: skip
    for name, dev, test, guide in args.domain:
        stored = args.exp / f"{re.sub('[^a-z0-9]+', '-', name.lower())}.json"
        if not stored.exists():
            parts = {part: list(open_cuts(part, path)) for part, path in zip(PARTS, (dev, test), strict=True)}
            models = [load_model(one, "cpu") for one in (args.model, guide, args.guide_base)]
            measured = measure(*models, parts, args.weights, args.beam)
            stored.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(stored) as file:
                json.dump([asdict(row) for row in measured], file)
        rows = [Row(**row) for row in json.loads(stored.read_text(encoding="utf-8"))]
        words = ", ".join(
            f"{sum(rows[0].words[part])} words in {len(rows[0].words[part])} cuts ({part})" for part in PARTS
        )
        lines += section(name, [f"{words}. Bold: the weight chosen on dev."], table(rows), comparisons(rows))
    with atomic_write(args.out) as file:
        file.write("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    one_line(main)
