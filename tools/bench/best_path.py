"""Best path: time, peak memory and agreement of ctcalign and other tools on the same emissions.

    python tools/bench/best_path.py --quick              # small sizes, under a minute
    python tools/bench/best_path.py [--peers PYTHON]     # the sizes of the README; 3 GB of memory, about 6 minutes

The others are torchaudio, ctc-segmentation and ctc-forced-aligner (of the package index, its CPU kernel), each if it is
installed: here, or in the Python of `--peers`. Every case runs in its own process on one thread. The emissions are
synthetic: 29 or 500 labels, one spike a target, at a rate that varies by some seconds per minute, with noise. Long ones
are float16 in a memory-mapped file, and the conversion for tools that need float32 is not timed; the short utterances
are float32 in memory.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, in_subprocess, machine, markdown, measured, write_report

CLASSES = 29
PIECES = 500  # labels of a short utterance, as many as word pieces
FRAME = 0.02  # seconds
SHORT = [(400, 60), (1_500, 230)]
QUICK = [(3_000, 900), (6_000, 1_800), (12_000, 3_600)]
GROWTH = [(7_500, 2_200), (15_000, 4_500), (30_000, 9_000), (45_000, 13_400)]
BAND = 3_000  # frames: 60 s


TOOLS = {  # names, and the modules that the others need
    "ctcalign": "ctcalign",
    "torchaudio": "torchaudio",
    "ctc-forced-aligner": "ctc_forced_aligner",
    "ctc-segmentation": "ctc_segmentation",
}


def make_emission(frames: int, length: int, classes: int, folder: Path) -> dict[str, Any]:
    """Write a float16 emission and its targets; reproducible for a size."""
    rng = np.random.default_rng([frames, length])
    pace = rng.gamma(2.0, 1.0, length) * (1 + 0.5 * np.sin(np.arange(length) / 400))
    spare = frames - 2 * length - 2
    starts = 1 + 2 * np.arange(length) + np.floor(np.cumsum(pace) / pace.sum() * spare).astype(np.int64)
    targets = rng.integers(1, classes, length)
    path, text = folder / f"{frames}x{length}.f16", folder / f"{frames}x{length}.npy"
    np.save(text, targets)
    emission = np.memmap(path, np.float16, "w+", shape=(frames, classes))
    for begin in range(0, frames, 100_000):
        end = min(begin + 100_000, frames)
        logits = rng.standard_normal((end - begin, classes), dtype=np.float32) * 2
        logits[:, 0] += 6 + np.log(classes / CLASSES)  # as probable as with few labels
        inside = (starts >= begin) & (starts < end)
        logits[starts[inside] - begin, targets[inside]] += 10 + np.log(classes / CLASSES)
        top = logits.max(1, keepdims=True)
        emission[begin:end] = logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))
    emission.flush()
    return {"emission": str(path), "targets": str(text), "frames": frames, "length": length, "classes": classes}


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    """One tool on one emission. Returns measures and score; saves the start frames of the targets."""
    emission = np.memmap(case["emission"], np.float16, "r", shape=(case["frames"], case["classes"]))
    if case["classes"] == PIECES:
        emission = np.array(emission, np.float32)
    targets = np.load(case["targets"])
    tool = {
        "ctcalign": run_ctcalign,
        "torchaudio": run_torchaudio,
        "ctc-forced-aligner": run_ctc_forced_aligner,
        "ctc-segmentation": run_ctc_segmentation,
    }[case["tool"]]
    measures, starts, score = tool(emission, targets, case)
    np.save(f"{case['targets']}.{case['name']}.npy", starts)
    return {**measures, **score}


def run_ctcalign(emission: np.ndarray, targets: np.ndarray, case: dict[str, Any]) -> Any:
    from ctcalign.ctc import best_path

    options = {key: case[key] for key in ("band", "beam", "max_memory") if key in case}
    best_path(emission[:50], targets[:5], **options)  # compiled and loaded
    measures, best = measured(lambda: best_path(emission, targets, **options), case.get("repeats", 1))
    return measures, np.array([span[0] for span in best.spans]), {"score": best.score, "certified": best.certified}


def run_torchaudio(emission: np.ndarray, targets: np.ndarray, case: dict[str, Any]) -> Any:
    import torch

    from ctcalign.models.torchaudio_bundle import import_torchaudio

    align = import_torchaudio().functional.forced_align
    torch.set_num_threads(1)
    log_probs, tokens = torch.from_numpy(emission.astype(np.float32))[None], torch.from_numpy(targets)[None]
    measures, (path, scores) = measured(lambda: align(log_probs, tokens, blank=0), case.get("repeats", 1))
    return measures, first_frames(path[0].numpy()), {"score": float(scores.double().sum())}


def run_ctc_forced_aligner(emission: np.ndarray, targets: np.ndarray, case: dict[str, Any]) -> Any:
    package = importlib.util.find_spec("ctc_forced_aligner")
    if package is None or package.submodule_search_locations is None:
        raise ModuleNotFoundError("No module named 'ctc_forced_aligner'")
    # Its kernel alone: the package itself imports librosa, requests and onnxruntime.
    file = Path(package.submodule_search_locations[0]) / "ctc_aligner.py"
    spec = importlib.util.spec_from_file_location("ctc_aligner", file)
    kernel = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(kernel)  # type: ignore[union-attr]
    log_probs, tokens = emission.astype(np.float32)[None], targets.astype(np.int64)[None]
    measures, (path, scores) = measured(lambda: kernel.align_sequences(log_probs, tokens, 0), case.get("repeats", 1))
    return measures, first_frames(path[0]), {"score": float(scores.sum(dtype=np.float64))}


def first_frames(labels: np.ndarray) -> np.ndarray:
    """First frames of the tokens of a path; (T,), blank is 0."""
    return np.flatnonzero((np.diff(labels, prepend=0) != 0) & (labels != 0))


def run_ctc_segmentation(emission: np.ndarray, targets: np.ndarray, case: dict[str, Any]) -> Any:
    import ctc_segmentation as peer

    config = peer.CtcSegmentationParameters(char_list=[chr(97 + i) for i in range(case["classes"])], index_duration=1)
    truth, _ = peer.prepare_token_list(config, [targets])
    log_probs = emission.astype(np.float32)
    repeats = case.get("repeats", 1)
    measures, (timings, _, _) = measured(lambda: peer.ctc_segmentation(config, log_probs, truth), repeats)
    # Its text begins with a start symbol and a blank.
    return measures, np.asarray(timings)[2 : 2 + len(targets)].astype(np.int64), {}


def compare(case: dict[str, Any], ours: dict[str, Any]) -> str:
    """Agreement of the start frames of a tool with those of our exact search."""
    files = [Path(f"{case['targets']}.{name}.npy") for name in (case["name"], "exact")]
    if case["name"] == "exact" or not all(file.exists() for file in files):
        return ""
    theirs, exact = (np.load(file) for file in files)
    if theirs.shape != exact.shape:
        return f"{len(theirs)} tokens for {len(exact)}"
    gap = np.abs(theirs - exact)
    note = f"{(gap == 0).mean():.2%} of starts equal, {(gap <= 2).mean():.2%} within 2 frames"
    if "score" in case and "score" in ours:
        note += f", score {case['score'] - ours['score']:+.3f}"
    return note


def cases(quick: bool) -> list[tuple[tuple[int, int, int], list[dict[str, Any]]]]:
    """Frames, targets and labels, and the tools that search them; the best of a tool's runs is reported."""
    ours = {"tool": "ctcalign", "name": "exact", "repeats": 3}
    band = {"tool": "ctcalign", "name": "band", "band": BAND}
    peers = [{"tool": tool, "name": tool, "repeats": 3} for tool in TOOLS if tool != "ctcalign"]
    often = [{**tool, "repeats": 20 if quick else 200} for tool in (ours, *peers)]
    found = [((*size, PIECES), often) for size in SHORT]
    found += [((*size, CLASSES), [ours, *peers]) for size in (QUICK if quick else GROWTH)]
    if not quick:
        found.append(((70_000, 15_500, CLASSES), [{**ours, "repeats": 1}, *peers[:2]]))
        found.append(((360_000, 108_000, CLASSES), [{**ours, "repeats": 1}, band]))
        found.append(((1_800_000, 430_000, CLASSES), [band]))
    return found


def interpreter(tool: str, peers: str | None) -> str | None:
    """The Python for a tool: that of `peers` for one that this Python lacks; None is this one."""
    return None if importlib.util.find_spec(TOOLS[tool]) else peers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes only, under a minute")
    parser.add_argument("--peers", help="Python with the tools that this one lacks")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for best_path.json and best_path.md")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(run_case(json.loads(arguments.case))))
        return
    rows: list[dict[str, Any]] = []
    where = machine()
    with tempfile.TemporaryDirectory() as folder:
        for (frames, length, classes), tools in cases(arguments.quick):
            emission = make_emission(frames, length, classes, Path(folder))
            exact: dict[str, Any] = {}
            for tool in tools:
                case = {**emission, **tool}
                python = interpreter(tool["tool"], arguments.peers)
                case |= in_subprocess(Path(__file__).resolve(), case, python=python)
                exact = case if case["name"] == "exact" else exact
                case["note"] = case.get("failed") or compare(case, exact)
                if "cpu_s" in exact and "cpu_s" in case and case is not exact:
                    case["times_ours"] = case["cpu_s"] / exact["cpu_s"]
                rows.append({key: value for key, value in case.items() if key not in ("emission", "targets")})
                print(f"{frames} x {length} {case['name']}: {case['note'] or 'done'}", file=sys.stderr)
    report = {"machine": where, "quick": arguments.quick, "cases": rows}
    write_report("best_path", report, as_table(report), arguments.output, quick=arguments.quick)


def as_table(report: dict[str, Any]) -> str:
    where = report["machine"]
    lines = [
        [
            f"{row['frames']:,} x {row['length']:,}",
            str(row["classes"]),
            audio(row["frames"] * FRAME),
            row["name"] if row["tool"] != "ctcalign" else f"ctcalign ({row['name']})",
            *(f"{row[key]:.3g}" if key in row else "–" for key in ("wall_s", "cpu_s")),
            *(f"{row[key]:.2f}" if key in row else "–" for key in ("beyond_gb", "peak_gb")),
            f"{row['times_ours']:.3g}x" if "times_ours" in row else "",
            "" if "certified" not in row else ("yes" if row["certified"] else "not certified"),
            row["note"],
        ]
        for row in report["cases"]
    ]
    header = ["frames x targets", "labels", "audio", "tool", "wall s", "CPU s", "GB beyond emission"]
    header += ["GB peak of process", "CPU time, exact search = 1", "optimum", "against the exact search"]
    intro = (
        f"# Best path\n\n{where['cpu']}, {where['cores']} cores, one thread a case; load average {where['load']} when "
        f"started: compare CPU seconds. Commit {where['commit']}.\n\n"
    )
    return intro + markdown(header, lines)


def audio(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    main()
