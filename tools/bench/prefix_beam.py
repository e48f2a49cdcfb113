#!/usr/bin/env python3
"""Prefix beam search: time and agreement of ctcalign and other decoders on the same emissions.

    python tools/bench/prefix_beam.py --quick
    python tools/bench/prefix_beam.py [--peers PYTHON]

Decoders of other packages run if they are installed: pyctcdecode, flashlight-text, ctc-beam-decoder. `--peers` is a
Python that has them, if this one has not (pyctcdecode needs numpy 1). No decoder has a language model or a lexicon.
Every case runs in its own process on one thread; one decoder and one frame at a time, no batches. The emissions are
synthetic: a spike about every sixth frame, with some near rivals.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, in_subprocess, machine, markdown, measured, write_report

FRAMES = 300  # 6 s
CLASSES = (32, 500)
BEAMS = (16, 100)
TOOLS = {
    "ctcalign": "ctcalign",
    "pyctcdecode": "pyctcdecode",
    "flashlight": "flashlight-text, lexicon-free",
    "ctc_beam_decoder": "ctc-beam-decoder",
}


def make_emission(classes: int, frames: int) -> np.ndarray:
    """Log-probs, (T, C) float32; blank is 0."""
    rng = np.random.default_rng(classes)
    logits = rng.normal(size=(frames, classes)).astype(np.float32)
    logits[:, 0] += 7
    spikes = np.flatnonzero(rng.random(frames) < 1 / 6)
    logits[spikes, rng.integers(1, classes, len(spikes))] += 10
    logits[spikes, rng.integers(1, classes, len(spikes))] += 8
    top = logits.max(1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    log_probs = np.load(case["emission"])
    decode = {
        "ctcalign": ctcalign_decoder,
        "pyctcdecode": pyctcdecode_decoder,
        "flashlight": flashlight_decoder,
        "ctc_beam_decoder": ctc_beam_decoder,
    }[case["tool"]](log_probs.shape[1], case["beam"])
    decode(log_probs[:50])  # compiled and loaded
    measures, tokens = measured(lambda: decode(log_probs), case["repeats"])
    return {**measures, "tokens": [int(token) for token in tokens]}


def ctcalign_decoder(classes: int, beam: int) -> Any:
    from ctcalign.ctc import prefix_beam_search

    return lambda log_probs: prefix_beam_search(log_probs, beam)


def pyctcdecode_decoder(classes: int, beam: int) -> Any:
    from pyctcdecode import build_ctcdecoder

    return _decoder_of_letters(build_ctcdecoder, classes, beam)


def ctc_beam_decoder(classes: int, beam: int) -> Any:
    from ctc_beam_decoder import build_ctcdecoder

    return _decoder_of_letters(build_ctcdecoder, classes, beam)


def _decoder_of_letters(build: Any, classes: int, beam: int) -> Any:
    decoder = build(["", *(chr(0x4E00 + i) for i in range(1, classes))])  # no spaces, so one word

    def decode(log_probs: np.ndarray) -> list[int]:
        text = decoder.decode(log_probs, beam_width=beam, beam_prune_logp=-1e9, token_min_logp=-9.0)
        return [ord(letter) - 0x4E00 for letter in text]

    return decode


def flashlight_decoder(classes: int, beam: int) -> Any:
    from flashlight.lib.text.decoder import CriterionType, LexiconFreeDecoder, LexiconFreeDecoderOptions, ZeroLM

    options = LexiconFreeDecoderOptions(
        beam_size=beam,
        beam_size_token=classes,
        beam_threshold=1e9,
        lm_weight=0.0,
        sil_score=0.0,
        log_add=True,
        criterion_type=CriterionType.CTC,
    )
    decoder = LexiconFreeDecoder(options, ZeroLM(), -1, 0, [])

    def decode(log_probs: np.ndarray) -> list[int]:
        log_probs = np.ascontiguousarray(log_probs, np.float32)
        labels = decoder.decode(log_probs.ctypes.data, *log_probs.shape)[0].tokens
        return [b for a, b in zip([-1, *labels], labels) if b != a and b > 0]  # noqa: B905

    return decode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a short emission, one run a case")
    parser.add_argument("--peers", help="Python with the other packages; by default this one")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for prefix_beam.json and prefix_beam.md")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(run_case(json.loads(arguments.case))))
        return
    where = machine()
    rows: list[dict[str, Any]] = []
    frames = FRAMES // 2 if arguments.quick else FRAMES
    with tempfile.TemporaryDirectory() as folder:
        for classes in CLASSES:
            file = Path(folder) / f"{classes}.npy"
            np.save(file, make_emission(classes, frames))
            for beam in BEAMS:
                ours: dict[str, Any] = {}
                for tool in TOOLS:
                    case = {"tool": tool, "classes": classes, "beam": beam, "frames": frames, "emission": str(file)}
                    case["repeats"] = 1 if arguments.quick else 3
                    python = None if tool == "ctcalign" else arguments.peers
                    case |= in_subprocess(Path(__file__).resolve(), case, python=python)
                    del case["emission"]
                    ours = case if tool == "ctcalign" else ours
                    if "cpu_s" in case and "cpu_s" in ours:
                        case["times_ours"] = case["cpu_s"] / ours["cpu_s"]
                        case["same"] = case["tokens"] == ours["tokens"]
                    rows.append(case)
                    print(f"{classes} classes, beam {beam}, {tool}: {case.get('failed', 'done')}", file=sys.stderr)
    for row in rows:
        row.pop("tokens", None)
    report = {"machine": where, "quick": arguments.quick, "cases": rows}
    write_report("prefix_beam", report, as_markdown(report), arguments.output, quick=arguments.quick)


def as_markdown(report: dict[str, Any]) -> str:
    where = report["machine"]
    lines = [
        [
            str(row["classes"]),
            str(row["beam"]),
            TOOLS[row["tool"]],
            f"{row['cpu_s'] / row['frames'] * 1e6:.3g}" if "cpu_s" in row else "–",
            f"{row['times_ours']:.3g}x" if "times_ours" in row else row.get("failed", ""),
            f"{row['beyond_gb'] * 1000:.0f}" if "beyond_gb" in row else "–",
            "" if row["tool"] == "ctcalign" or "same" not in row else "yes" if row["same"] else "no",
        ]
        for row in report["cases"]
    ]
    header = ["classes", "beam", "tool", "CPU µs a frame", "ctcalign = 1", "MB beyond emission", "same tokens"]
    about = (
        f"{where['cpu']}, {where['cores']} cores, one thread a case; load average {where['load']} when started. Python "
        f"{where['python']}, commit {where['commit']}. {report['cases'][0]['frames']} frames; no language model, no "
        "lexicon; best of several runs. Labels below e^-9 in a frame extend no prefix; in flashlight-text all do."
    )
    quick = " **Quick version**: a short emission, one run." if report["quick"] else ""
    return f"# Prefix beam search\n\n{about}{quick}\n\n{markdown(header, lines)}"


if __name__ == "__main__":
    main()
