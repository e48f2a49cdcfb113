#!/usr/bin/env python3
"""Precisions of a model: time of the network, and what changes in alignments, against float32.

  PYTHONPATH=. tools/bench/precision.py [--quick] [--minutes 10] [--repeats 5] [--corpus DIR] [--variants exact]

The weights of `builtin:en` in each precision: in ONNX Runtime (`builtin:en`) and in torch (`checkpoint:FILE`), on one
thread. Time is that of the network alone, in windows of 55 s of noise; the precisions take turns, and the least of the
repetitions counts. Alignments are those of a corpus as `egs/noisy_captions` has it: how many captions of it are within
0.2 s of the truth at both ends (bounds tolerant), and how edges and confidences of its captions and words differ from
those in float32. `--quick`: a minute, and the bundled talk without truth.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, in_subprocess, machine, markdown, write_report

from recipes.noisy.corpus import Recording, Variant, find_recordings

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "ctcalign" / "models" / "builtin" / "en"
NAMES = {"builtin": "builtin:en", "torch": f"checkpoint:{MODEL / 'model.safetensors'}"}
CASES = (("builtin", "float32"), ("builtin", "int8"), ("torch", "float32"), ("torch", "bfloat16"))
WINDOW = 55  # seconds
NEAR = 0.2  # seconds
GRID = 0.02  # seconds of a frame
HEADER = (
    "model",
    "precision",
    "network, processor s",
    "float32 = 1",
    "captions",
    "spoken, within 0.2 s, %",
    "edges moved, %",
    "by more than a frame, %",
    "by more than 0.2 s",
    "other status",
    "confidence changed by, mean",
    "at most",
)


def network(kind: str, precision: str) -> Callable[[np.ndarray], object]:
    """The network without its features: a function of windows (1, T, 80)."""
    if kind == "builtin":
        from ctcalign.models.builtin.chunks import run_network
        from ctcalign.models.builtin.config import NetworkConfig
        from ctcalign.models.builtin.model import GRAPHS
        from ctcalign.models.onnx_session import open_session

        session, _ = open_session(MODEL / GRAPHS[precision], "bench", "cpu")
        return lambda features: run_network(session, NetworkConfig(), features, "bench")
    import torch

    from ctcalign.models.builtin.checkpoint import load_checkpoint

    layers = load_checkpoint(MODEL / "model.safetensors", "bench").network

    def run(features: np.ndarray) -> object:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            return layers(torch.from_numpy(features), torch.tensor([features.shape[1]]))

    return run


def timed(case: dict[str, Any]) -> dict[str, float]:
    """Processor seconds of the network for a recording of so many minutes."""
    features = np.random.default_rng(0).normal(size=(1, 100 * WINDOW, 80)).astype(np.float32)
    run = network(case["kind"], case["precision"])
    run(features)
    windows = max(1, round(60 * case["minutes"] / WINDOW))
    began = time.process_time()
    for _ in range(windows):
        run(features)
    return {"cpu_s": (time.process_time() - began) / windows * 60 * case["minutes"] / WINDOW}


def aligned(kind: str, precision: str, recording: Recording, variant: Variant) -> tuple[list[Any], int, int]:
    """Captions and words of an alignment; how many captions are spoken, and how many of them are near the truth."""
    import ctcalign
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.scoring.comparison import compare
    from ctcalign.scoring.files import read_timed
    from ctcalign.scoring.items import TimedFile, items_of
    from ctcalign.scoring.options import Options

    model = ctcalign.load_model(NAMES[kind], "cpu", precision=precision)
    calibration = str(MODEL / "confidence.json")  # a checkpoint has none of its own
    found = ctcalign.align(recording.audio, variant.captions, model, options=AlignOptions(calibration=calibration))
    items = [item for cue in found.cues for item in (cue, *cue.words)]
    if not variant.key.is_file():
        return items, 0, 0
    options = Options(matching="index", bounds="tolerant", within=NEAR)
    pair = (TimedFile(recording.name, items_of(found)), read_timed(variant.key)[0])
    score = compare([pair], "cue", options)
    return items, score.spoken, round((score.within or 0.0) * score.spoken)


def changes(usual: list[Any], found: list[Any]) -> list[tuple[float, float, float, bool]]:
    """Of each caption and word: how far start and end moved, by how much the confidence changed, another status."""

    def gap(one: float | None, other: float | None) -> float:
        return abs(one - other) if one is not None and other is not None else float("nan")

    return [
        (gap(a.start, b.start), gap(a.end, b.end), gap(a.confidence, b.confidence), a.status != b.status)
        for a, b in zip(usual, found, strict=True)
    ]


def accuracy(recordings: list[Recording]) -> list[dict[str, Any]]:
    """A row for each case and caption file, all recordings pooled."""
    rows = []
    for name in sorted({variant.name for recording in recordings for variant in recording.variants}):
        cells = [(one, variant) for one in recordings for variant in one.variants if variant.name == name]
        usual: list[list[Any]] = []
        for kind, precision in CASES:
            done = [aligned(kind, precision, *cell) for cell in cells]
            usual = [items for items, _, _ in done] if precision == "float32" else usual
            parts = [changes(a, items) for a, (items, _, _) in zip(usual, done, strict=True)]
            moved = np.array([change for part in parts for change in part], float)
            edges, confidences = moved[:, :2].ravel(), moved[:, 2]
            edges, confidences = edges[~np.isnan(edges)], confidences[~np.isnan(confidences)]
            rows.append({
                "kind": kind,
                "precision": precision,
                "captions": name,
                "spoken": sum(spoken for _, spoken, _ in done),
                "near": sum(near for _, _, near in done),
                "edges": len(edges),
                "moved": float((edges > 0.001).mean()),
                "beyond_frame": float((edges > GRID + 0.001).mean()),
                "beyond_near": int((edges > NEAR).sum()),
                "status": int(moved[:, 3].sum()),
                "confidence_mean": float(confidences.mean()),
                "confidence_max": float(confidences.max()),
            })  # fmt: skip
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def cells_of(times: dict[tuple[str, str], float], row: dict[str, Any]) -> list[str]:
    case = (row["kind"], row["precision"])
    ratio = times[case] / times[row["kind"], "float32"]
    near = f"{100 * row['near'] / row['spoken']:.1f}" if row["spoken"] else ""
    start = [NAMES[row["kind"]].split(":")[0] + ":", row["precision"], f"{times[case]:.2f}", f"{ratio:.2f}"]
    if row["precision"] == "float32":
        return [*start, row["captions"], near, "", "", "", "", "", ""]
    return [
        *start,
        row["captions"],
        near,
        f"{100 * row['moved']:.2f}",
        f"{100 * row['beyond_frame']:.2f}",
        f"{row['beyond_near']} of {row['edges']}",
        str(row["status"]),
        f"{row['confidence_mean']:.4f}",
        f"{row['confidence_max']:.2f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute; the talk of egs/demo without truth")
    parser.add_argument("--minutes", type=float, default=10, help="of audio, of which the network's time is measured")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--corpus", type=Path, default=ROOT.parent / "shared" / "data" / "dev")
    parser.add_argument("--variants", nargs="+", default=["exact", "text_noise15"], help="caption files of the corpus")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    args = parser.parse_args()
    if args.case:
        print(json.dumps(timed(json.loads(args.case))))
        return
    about = machine()
    minutes, repeats = (1.0, 2) if args.quick else (args.minutes, args.repeats)
    times: dict[tuple[str, str], float] = {}
    for _ in range(repeats):
        for case in CASES:
            given = {"kind": case[0], "precision": case[1], "minutes": minutes}
            found = in_subprocess(Path(__file__).resolve(), given)["cpu_s"]
            times[case] = min(found, times.get(case, found))
    if args.quick:
        talk = ROOT / "egs" / "demo" / "talk.srt"
        one = Variant("the talk", talk, talk.with_suffix(".key.json"))
        recordings = [Recording("talk", talk.with_suffix(".ogg"), talk, (one,))]
    else:
        recordings = find_recordings(args.corpus, (), args.variants)
    rows = accuracy(recordings)
    table = markdown(HEADER, [cells_of(times, row) for row in rows])
    about_text = (
        f"Network: {minutes:g} minutes of audio on one thread. Captions and words of {len(recordings)} recordings; "
        "moved edges, status and confidence: against float32 of the same model."
    )
    text = f"{about_text}\n\n{table}\n" + ", ".join(f"{key} {value}" for key, value in about.items()) + "\n"
    report = {"machine": about, "times": {" ".join(case): value for case, value in times.items()}, "rows": rows}
    write_report("precision", report, text, args.out, quick=args.quick)


if __name__ == "__main__":
    main()
