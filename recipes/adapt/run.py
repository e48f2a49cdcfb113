"""Train on recordings with wrong captions in several ways, and measure each model on speech not used for selection.

`adapt` is `ctcalign adapt`; `bco` and `dpo` the same with `--rejected`; `learnt` with `--source-share learn`;
`unmixed` the same without speech of the source domain in the training, and whatever it does to the source error;
`exact` is one pass over the exact captions without a filter, which is what could be reached (`exact_unmixed` without
the source). `unfiltered` trains on whole captions as they are, at the times that `ctcalign align` finds, `published`
on those of them whose IPFA score is at least -1.0 (López & Luque 2022); both have the passes, the updates, the mix
and the choice of a pass in common with `adapt`.
A run that was stopped goes on; finished runs are skipped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipes.adapt.methods import METHODS, run_method
from recipes.awp.plan import write_json
from recipes.errors import one_line


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of all runs in a folder."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*-s*.json"))]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with talks, captions and exact")
    parser.add_argument(
        "--held-out", type=Path, nargs="+", required=True, help="transcribed speech of the target, to choose by"
    )
    parser.add_argument("--test", type=Path, nargs="*", help="the same, to measure on (default: half of --held-out)")
    parser.add_argument("--source", type=Path, nargs="*", help="transcribed speech of the source domain to mix in")
    parser.add_argument("--source-held-out", type=Path, nargs="*", help="the same, to measure on")
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--allow-noncommercial", action="store_true", help="accept such a licence of the model")
    parser.add_argument("--language", help="of the captions (default: that of the model)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--methods", nargs="+", default=["adapt"], choices=METHODS, metavar="METHOD")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], metavar="N")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--updates", type=int, default=150, help="of a pass, 60 s of speech each")
    parser.add_argument("--lr", type=float, default=3e-4, help="peak learning rate")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in args.seeds:
        for method in args.methods:
            done = args.out / f"{method}-s{seed}.json"
            if not done.exists():
                write_json(done, run_method(args, method, seed, args.out / f"{method}-s{seed}"))


if __name__ == "__main__":
    one_line(main)
