"""What `align --adapt` gains: every recording x caption file by the model, and by a copy adapted to the recording.

The adapted copy is used in every cell, even where the held-out cues argue against it; the page compares rules that
decide whether to use it. Each rule is also evaluated with one recording left out at a time: the other recordings,
without other versions of this one, choose the rule. A percentage is that of the spoken cues with both ends within 0.5 s
(bounds tolerant); means are over cells, whatever their length. Cells that were computed before are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ctcalign.aligner import run as aligner
from ctcalign.aligner.adaptation.adapter import adapt
from ctcalign.aligner.adaptation.run import Recording as Source
from ctcalign.aligner.adaptation.run import chosen_cues
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.uncertainty import UNSURE
from ctcalign.alignment.alignment import Alignment
from ctcalign.metrics.reliability import reliability_stats, roc_auc
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.scoring.comparison import compare, within
from ctcalign.scoring.files import read_timed
from ctcalign.scoring.items import TimedFile, items_of
from ctcalign.scoring.options import Options
from recipes.errors import one_line
from recipes.noisy.cells import compute, mean, parser_of, write_page
from recipes.noisy.corpus import Recording, Variant
from recipes.results_page import markdown_table, section

ABOUT = " ".join(__doc__.split("\n\n")[1].split()).removesuffix(" Cells that were computed before are kept.")
WITHIN = (0.5, 0.2)  # seconds, both ends
GOOD = 95.0  # per cent; cells below are those that adaptation is for

Cell = dict[str, Any]


def _likelier(one: Cell) -> bool:
    return bool(one["after"]["likelihood"] > one["before"]["likelihood"])


def _stands_out(one: Cell) -> bool:
    return bool(one["after"]["margin"] > one["before"]["margin"])


WAYS: dict[str, Callable[[Cell], bool]] = {
    "never": lambda _: False,
    "always": lambda _: True,
    "held-out cues are likelier": _likelier,
    "likelier, with a larger margin to other text": lambda one: _likelier(one) and _stands_out(one),
    "likelier, and unsure or with a larger margin": lambda one: (
        _likelier(one) and (_stands_out(one) or one["unsure"] > UNSURE)
    ),
    "likelier, and the model was unsure": lambda one: _likelier(one) and one["unsure"] > UNSURE,
    "likelier, with a larger margin, and unsure": lambda one: (
        _likelier(one) and _stands_out(one) and one["unsure"] > UNSURE
    ),
}


def score(alignment: Alignment, key: Path) -> dict[str, Any]:
    """Spoken cues within each of `WITHIN`, all of them, unspoken cues that are left out, and the confidences.

    Returns:
        "within", "spoken", "left_out", "unspoken", and "pairs": a confidence and whether the cue is right, a cue each.
    """
    options = Options(matching="index", bounds="tolerant", within=WITHIN[0])
    pairs = compare([(TimedFile("", items_of(alignment)), read_timed(key)[0])], "cue", options).pairs
    own = [pair for pair in pairs if pair.reference is not None]
    spoken = [pair for pair in own if pair.reference is not None and pair.reference.place is not None]
    left_out = [pair.found is None or pair.found.place is None for pair in own if pair not in spoken]
    confidences = [cue.confidence or 0.0 for cue in alignment.cues]
    return {
        "within": [sum(p.errors is not None and within(p.errors, limit) for p in spoken) for limit in WITHIN],
        "spoken": len(spoken),
        "left_out": sum(left_out),
        "unspoken": len(left_out),
        "pairs": [[round(c, 4), bool(p.right)] for c, p in zip(confidences, own, strict=True)],
    }


def cell(recording: Recording, variant: Variant, model: AcousticModel, seed: int) -> dict[str, Any]:
    """A cell by the model and by its copy, how the held-out cues judge, and processor seconds."""
    found: dict[str, Any] = {}

    def both(
        sources: Sequence[Source], model: AcousticModel, options: AlignOptions, device: str, *_: Any
    ) -> list[Alignment]:
        [source], first = sources, sources[0].first
        found["plain"], found["unsure"] = score(first.alignment, variant.key), first.uncertainty
        found["seconds"] = [time.process_time() - began]
        found["sure"] = len(first.sure)
        chosen = chosen_cues(sources, [first])
        if chosen is not None:
            pass_ = adapt(model.name, chosen, options, device, options.seed, lambda *_: None, None)
            found["before"], found["after"] = asdict(pass_.before), asdict(pass_.after)
            found["seconds"].append(time.process_time() - began)
            found["adapted"] = score(source.align(pass_.recogniser(model, device)).alignment, variant.key)
        found["seconds"].append(time.process_time() - began)
        return [first.alignment]

    held = aligner.adapted
    aligner.adapted = both
    began = time.process_time()
    try:
        aligner.align(recording.audio, variant.captions, model, options=AlignOptions(seed=seed), device="cpu", adapt=1)
    finally:
        aligner.adapted = held
    return found


CHOSEN = "likelier, and unsure or with a larger margin"


def result(one: Cell, way: str) -> dict[str, Any]:
    """The scores of a cell if it is decided in some way."""
    used = "adapted" in one and WAYS[way](one)
    found: dict[str, Any] = one["adapted" if used else "plain"]
    return found


def share(scores: dict[str, Any], which: int = 0) -> float:
    """Per cent of the spoken cues within a limit."""
    return 100 * float(scores["within"][which]) / max(1, int(scores["spoken"]))


def gain(one: Cell, way: str) -> float:
    """Points within 0.5 s that a way wins."""
    return share(result(one, way)) - share(one["plain"])


def chosen_by_others(cells: Sequence[Cell]) -> list[float]:
    """The gain of each cell if the way with the largest mean gain on the other recordings decides."""
    found = []
    for one in cells:
        others = [other for other in cells if _origin(other) != _origin(one)]
        best = max(WAYS, key=lambda way: mean([gain(other, way) for other in others]))
        found.append(gain(one, best))
    return found


def page(cells: Sequence[Cell], way: str) -> list[str]:
    """Tables by sound, by captions, of confidences, and of ways to decide.

    Args:
        way: that of ctcalign.
    """
    groups = {"sound": lambda one: _sound(one), "captions": lambda one: str(one["captions"])}
    text: list[str] = []
    for heading, of in groups.items():
        rows = []
        for name in sorted({of(one) for one in cells}):
            own = [one for one in cells if of(one) == name]
            rows.append(
                [
                    name,
                    str(len(own)),
                    str(sum("adapted" in one and WAYS[way](one) for one in own)),
                    *(
                        f"{mean([share(found, which) for found in column]):.1f}"
                        for which in range(len(WITHIN))
                        for column in ([one["plain"] for one in own], [result(one, way) for one in own])
                    ),
                    f"{min(gain(one, way) for one in own):+.1f}",
                ]
            )
        head = [heading, "cells", "adapted", "0.5 s, plain", "`--adapt 1`", "0.2 s, plain", "`--adapt 1`", "worst cell"]
        text += section(f"By {heading}, mean % of spoken cues within", markdown_table(head, rows))
    rows = []
    for name in WAYS:
        gains, weak = [gain(one, name) for one in cells], [one for one in cells if share(one["plain"]) < GOOD]
        clean = [gain(one, name) for one in cells if _sound(one) == "clean"]
        rows.append(
            [
                f"**{name}**" if name == way else name,
                f"{mean(gains):+.2f}",
                f"{mean([gain(one, name) for one in weak]):+.2f}",
                f"{min(gains):+.1f}",
                f"{mean(clean):+.2f}",
                f"{min(clean, default=0.0):+.1f}",
            ]
        )
    left_out = chosen_by_others(cells)
    weak = [value for one, value in zip(cells, left_out, strict=True) if share(one["plain"]) < GOOD]
    rows.append(
        [
            "chosen by other recordings",
            f"{mean(left_out):+.2f}",
            f"{mean(weak):+.2f}",
            f"{min(left_out):+.1f}",
            "",
            "",
        ]
    )
    head = ["the adapted model is used", "all cells", f"plain below {GOOD:.0f} %", "worst cell", "clean", "worst clean"]
    text += section("Ways to decide: points within 0.5 s", markdown_table(head, rows))
    rows = []
    for name, column in (
        ("plain", [one["plain"] for one in cells]),
        ("`--adapt 1`", [result(one, way) for one in cells]),
    ):
        pairs = [pair for scores in column for pair in scores["pairs"]]
        stats = reliability_stats([pair[0] for pair in pairs], [pair[1] for pair in pairs])
        auc = roc_auc([pair[0] for pair in pairs], [pair[1] for pair in pairs])
        out, unspoken = (sum(scores[key] for scores in column) for key in ("left_out", "unspoken"))
        rows.append([name, f"{auc or 0:.3f}", f"{stats.ece if stats else 0:.3f}", f"{out} of {unspoken}"])
    text += section("Confidences, and unspoken captions left out", markdown_table(["", "AUC", "ECE", "left out"], rows))
    times = sorted(one["seconds"][-1] / one["seconds"][0] for one in cells if "adapted" in one)
    cost = f"Processor time: {times[len(times) // 2]:.1f} times the plain run (median), {times[-1]:.1f} at most."
    return [*text, cost, ""] if times else text


def _sound(one: Cell) -> str:
    return str(one["recording"]).partition("+")[2] or "clean"


def _origin(one: Cell) -> str:
    return str(one["recording"]).partition("+")[0]


def main(arguments: Sequence[str] | None = None) -> None:
    args = parser_of(__doc__).parse_args(arguments)
    model = load_model(args.model)

    def told(found: Cell) -> str:
        own = [found[way]["within"][0] for way in ("plain", "adapted") if way in found]
        return f"{own} of {found['plain']['spoken']}"

    compute(args, str(args.seed), lambda recording, variant: cell(recording, variant, model, args.seed), told)
    write_page(args, "Adapting the model to the recording", ABOUT, lambda cells: page(cells, CHOSEN))


if __name__ == "__main__":
    one_line(main)
