#!/usr/bin/env python3
"""`ctcalign align-corpus --engine ray` against the engine `local`, with two workers each.

  tools/bench/corpus_ray.py [--quick] [--data ../shared/data/dev] [--short 500] [--long 20] [--repeats 3] [--out FOLDER]

The recordings of tools/bench/corpus.py. The runs take turns. Processor time is that of all processes, those of Ray
included. "settled" is the time from a tenth of the recordings to the last one: without the start, which for Ray is some
seconds whatever the number of recordings. Needs the extra `ray`. About four minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, machine, markdown, write_report
from corpus import ROOT, best, collections, corpus, hours

ENGINES = ("local", "ray")
COLUMNS = {"wall_s": "wall s", "settled_wall_s": "settled", "cpu_s": "processor s", "settled_cpu_s": "settled"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="40 short recordings, one repetition")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "dev")
    parser.add_argument("--short", type=int, default=500)
    parser.add_argument("--long", type=int, default=20, help="0: only the short ones")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    if given.quick:
        given.short, given.long, given.repeats = 40, 0, 1
    about = machine()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        seconds, counts = collections(given.data, place, given.short, given.long)
        for kind in counts:
            runs: dict[str, list[dict[str, Any]]] = {engine: [] for engine in ENGINES}
            for _ in range(given.repeats):
                for engine in ENGINES:
                    own = corpus(place, engine, place / kind, given.model, 2, "--engine", engine)
                    del own["memory"]
                    runs[engine].append(own)
            found[kind] = {engine: best(own) for engine, own in runs.items()}
    rows = []
    for kind, of in found.items():
        name = f"{counts[kind]} {kind}"
        rows += [[name, engine, *(f"{of[engine][key]:.1f}" for key in COLUMNS)] for engine in ENGINES]
        local, ray = (of[engine] for engine in ENGINES)
        rows.append([name, "ray against local", *(f"{100 * (ray[key] / local[key] - 1):+.0f} %" for key in COLUMNS)])
    text = (
        f"# Ray against processes\n\n{given.model}, two workers, {about['cpu']}, {about['cores']} cores, Python "
        f"{about['python']}, commit {about['commit']}, load before {about['load']}. {hours(seconds)}.\n\n"
        + markdown(["recordings", "engine", *COLUMNS.values()], rows)
    )
    write_report(
        "corpus_ray", {"machine": about, "seconds": seconds, "runs": found}, text, given.out, quick=given.quick
    )


if __name__ == "__main__":
    main()
