#!/usr/bin/env python3
"""The search of `align`: time and memory near anchors against a search of everything, on the same emission.

    python tools/bench/search.py --quick
    python tools/bench/search.py [--minutes 1 10 60 180] [--everything 10]

Every search runs in a process of its own on one thread. The emissions are synthetic: words of a lexicon, one spike a
letter with near rivals, of which about 8 % win; pauses; one caption in twenty is not spoken, and of another one in
twenty only the speech is there. Recordings of more than `--everything` minutes are only searched near anchors.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, in_subprocess, machine, markdown, measured, write_report

MINUTES = (1.0, 10.0, 60.0, 180.0)
SHIFT = 0.02
SYMBOLS = ("-", "|", *"abcdefghijklmnopqrstuvwxyz'")
NAMES = {"everything": "everything", "anchors": "near anchors, as `align` does"}


def made(minutes: float) -> tuple[np.ndarray, list[list[tuple[int, ...]]]]:
    """Log-probs (T, C) float32, and the words of each caption as labels; reproducible for a length."""
    rng = np.random.default_rng(round(60 * minutes))
    lexicon = [tuple(rng.integers(2, len(SYMBOLS), rng.integers(1, 9)).tolist()) for _ in range(4_000)]
    labels: list[int] = []
    captions: list[list[tuple[int, ...]]] = []
    while len(labels) * SHIFT < minutes * 60:
        words = [lexicon[int(4_000 * rng.random() ** 3)] for _ in range(rng.integers(5, 15))]
        chance = rng.random()
        if chance > 0.05:
            captions.append(words)
        if chance < 0.95:
            for word in words:
                for letter in word:
                    labels += [letter, *[0] * int(rng.integers(1, 5))]
                labels += [1, *[0] * int(rng.integers(0, 4))]
            labels += [0] * int(rng.integers(10, 60))
    frames = len(labels)
    logits = rng.normal(size=(frames, len(SYMBOLS))).astype(np.float32)
    logits[np.arange(frames), labels] += 10
    spikes = np.flatnonzero(labels)
    logits[spikes, rng.integers(1, len(SYMBOLS), len(spikes))] += rng.normal(6, 2.8, len(spikes)).astype(np.float32)
    top = logits.max(1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True)), captions


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    """One search: time, memory, score and whether it is certified."""
    from ctcalign.aligner.graph import search as searching
    from ctcalign.aligner.graph.word_graph import SkipCosts, skipping_graph
    from ctcalign.emission.emission import Emission
    from ctcalign.text.tokeniser import TokenisedWord
    from ctcalign.text.vocabulary import Vocabulary
    from ctcalign.text.words import words_of

    vocabulary, costs, any_word = Vocabulary(SYMBOLS, blank=0, separator=1), SkipCosts(), words_of("word")[0]
    fillers = [costs.between * SHIFT, costs.inside * SHIFT]
    limit = {"coarse_cells": np.inf} if case["what"] == "everything" else {}

    def work(minutes: float) -> Any:
        log_probs, captions = made(minutes)
        emission = Emission(log_probs, SHIFT, 0.0, vocabulary, len(log_probs) * SHIFT)
        emission.decoding.symbol_frames  # noqa: B018  computed before the search
        words = [TokenisedWord(any_word, (word,)) for caption in captions for word in caption]
        homes = [number for number, caption in enumerate(captions) for _ in caption]
        graph = skipping_graph(words, homes, vocabulary, costs)
        return lambda: (searching.search(emission, graph, None, filler_penalty=fillers, **limit)[0], graph)

    work(4.0)()  # compiled and loaded
    measures, (path, graph) = measured(work(case["minutes"]), case["repeats"])
    return {
        **measures,
        "score": path.score,
        "certified": path.certified,
        "frames": len(path.path),
        "nodes": len(graph.graph),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one and five minutes only")
    parser.add_argument("--minutes", type=float, nargs="+", default=MINUTES, help="lengths of the recordings")
    parser.add_argument(
        "--everything", type=float, default=10.0, help="minutes up to which everything is searched, too"
    )
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for search.json and search.md")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(run_case(json.loads(arguments.case))))
        return
    where = machine()
    rows: list[dict[str, Any]] = []
    for minutes in (1.0, 5.0) if arguments.quick else arguments.minutes:
        base: dict[str, Any] = {}
        for what in NAMES:
            if what == "everything" and minutes > arguments.everything:
                continue
            case = {"what": what, "minutes": minutes, "repeats": 3 if minutes <= 10 else 1}
            case |= in_subprocess(Path(__file__).resolve(), case)
            base = case if what == "everything" else base
            if "cpu_s" in case and "cpu_s" in base:
                case["times"] = case["cpu_s"] / base["cpu_s"]
                case["gap"] = case["score"] - base["score"]
            rows.append(case)
            print(f"{minutes:g} min, {what}: {case.get('failed', 'done')}", file=sys.stderr)
    report = {"machine": where, "quick": arguments.quick, "cases": rows}
    write_report("search", report, as_markdown(report), arguments.output, quick=arguments.quick)


def as_markdown(report: dict[str, Any]) -> str:
    where = report["machine"]
    lines = [
        [
            f"{row['minutes']:g}",
            f"{row['frames']:,} x {row['nodes']:,}" if "frames" in row else row.get("failed", ""),
            NAMES[row["what"]],
            *(f"{row[key]:.3g}" if key in row else "–" for key in ("wall_s", "cpu_s")),
            f"{row['times']:.2g}x" if "times" in row else "",
            f"{row['beyond_gb'] * 1000:.0f}" if "beyond_gb" in row else "–",
            {True: "yes", False: "not proved"}.get(row.get("certified"), ""),
            f"{row['gap']:+.3f}" if "gap" in row and row["what"] != "everything" else "",
        ]
        for row in report["cases"]
    ]
    header = ["audio, min", "frames x nodes", "searched", "wall s", "CPU s", "everything = 1"]
    header += ["MB beyond emission and graph", "best path", "score, against everything"]
    about = (
        f"{where['cpu']}, {where['cores']} cores, one thread a case; load average {where['load']} when started: "
        f"compare CPU seconds. Python {where['python']}, commit {where['commit']}. Near anchors is the default from "
        "three minutes on; up to about twenty minutes it is proved, if possible, that the path is the best one."
    )
    return f"# Search\n\n{about}\n\n{markdown(header, lines)}"


if __name__ == "__main__":
    main()
