"""Measure guided decoding on domains: is a large recogniser better in a domain if a small adapted one steers it?

Each domain has cuts to choose the weight on and others to measure on. The rows are the large model alone, guided by the
adapted small one, guided by it minus the unadapted one, and the small models alone, all with the same beam search.
"""

from __future__ import annotations

import argparse
import hashlib
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
        *((model, "guided by the adapted model", Guide(guide, weight=weight)) for weight in weights),
        *((model, "guided by adapted minus unadapted", Guide(guide, base, weight)) for weight in weights),
        (base, f"{base.name} alone", Guide(guide, weight=0.0)),
        (guide, "the adapted model alone", Guide(guide, weight=0.0)),
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
    best = {
        name: min((row for row in rows if row.system == name), key=lambda row: row.rate("dev")) for name in names(rows)
    }
    for row in rows:
        cells = [row.system, "" if row.weight is None else f"{row.weight:g}"]
        cells += [f"{100 * row.rate(part):.2f}" for part in PARTS]
        if row is alone:
            cells += ["", ""]
        else:
            compared = paired_bootstrap(alone.errors["test"], row.errors["test"], alone.words["test"])
            change = compared.relative
            cells.append(f"{100 * change.value:+.1f} % ({100 * change.low:+.1f} to {100 * change.high:+.1f})")
            cells.append(f"{compared.p_value:.4f}")
        if row.weight is not None and best[row.system] is row:
            cells = [f"**{cell}**" for cell in cells]
        lines.append(cells)
    return markdown_table(("system", "W", "dev WER %", "test WER %", "test against alone (95 %)", "p"), lines)


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
        parts = {part: list(open_cuts(part, path)) for part, path in zip(PARTS, (dev, test), strict=True)}
        models = [load_model(one, "cpu") for one in (args.model, guide, args.guide_base)]
        rows = measure(*models, parts, args.weights, args.beam)
        words = ", ".join(
            f"{sum(rows[0].words[part])} words in {len(rows[0].words[part])} cuts ({part})" for part in PARTS
        )
        lines += section(name, [f"{words}. Bold: the weight chosen on dev."], table(rows))
    with atomic_write(args.out) as file:
        file.write("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    one_line(main)
