"""Token-level preference losses for CTC: cost of the exact next-token scores of a recogniser.

    python tools/bench/preference.py --quick      # few repeats, less than a minute
    python tools/bench/preference.py              # about two minutes

Every row is measured in its own process on one thread, its memory in another process. The emissions are those of
`awp.py`: 8 utterances of 400 frames and 60 labels, a spike about every sixth frame; those of the reference model are
the same with added noise. "Flat": every label is equally probable in every frame, as before training; the KL is then
dearer, because no label of a frame can be left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from awp import FRAMES, LABELS, UTTERANCES, made_batch
from common import RESULTS, in_subprocess, machine, markdown, measured, write_report

CLASSES = (32, 500)
BOUNDS = {32: 3.0, 500: 6.0}  # most time of "view", relative to torch's CTC loss
WORKS = {
    "torch": "CTC loss, torch",
    "sequence": "scores of whole transcripts",
    "tokens": "scores of tokens, no KL",
    "reference": "next tokens of the reference model, no gradient",
    "view": "scores of tokens with KL to the reference, both models",
    "tdpo": "TDPO on two transcripts, both models",
    "flat torch": "flat: CTC loss, torch",
    "flat view": "flat: scores of tokens with KL to the reference, both models",
}


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    """One row: time of forward and backward, or peak memory beyond log-probs and their gradient."""
    import torch

    torch.set_num_threads(1)
    work, log_probs = works(case)
    work()  # compiled and loaded
    if not case.get("memory"):
        return measured(work, case["repeats"])[0]
    if log_probs.grad is not None:
        log_probs.grad.zero_()
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak to the current memory
    before = peak()
    work(False)
    gradient = 0 if log_probs.grad is None else log_probs.numel() * log_probs.element_size()
    extra = peak() - before - gradient  # backward creates a second gradient in addition to the existing one
    return {"extra_bytes": extra, "extra_units": extra / (4 * UTTERANCES * LABELS * (FRAMES + case["classes"]))}


def peak() -> int:
    """Peak memory of this process since the last reset, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def works(case: dict[str, Any]) -> tuple[Callable[..., None], Any]:
    """The work of a row, and the leaf that gets a gradient. `work(clear=False)` keeps an existing gradient."""
    import torch
    from torch.nn.functional import ctc_loss

    from ctcalign import ctc
    from ctcalign.preference import ctc_sequence_scores, ctc_token_scores, tdpo_loss

    batch = made_batch(case["classes"])
    what = case["what"].removeprefix("flat ")
    flat = what != case["what"]
    log_probs = (batch["log_probs"] * (0 if flat else 1)).log_softmax(-1).requires_grad_()
    generator = torch.Generator().manual_seed(1)
    reference = (log_probs.detach() + torch.randn(log_probs.shape, generator=generator)).log_softmax(-1)
    targets, *lengths = batch["targets"], batch["input_lengths"], batch["target_lengths"]
    rejected = targets.clone()
    rejected[:, ::7] = rejected[:, ::7] % (case["classes"] - 1) + 1

    def total() -> torch.Tensor | None:
        if what == "torch":
            return ctc_loss(log_probs.transpose(0, 1), targets, *lengths, reduction="sum")
        if what == "sequence":
            return ctc_sequence_scores(log_probs, targets, *lengths).log_probs.sum()
        if what == "tokens":
            return ctc_token_scores(log_probs, targets, *lengths).log_probs.sum()
        if what == "reference":
            with torch.no_grad():
                ctc.next_token_log_probs(reference, targets, *lengths)
            return None
        good = ctc_token_scores(log_probs, targets, *lengths, reference_log_probs=reference)
        if what == "view":
            return good.log_probs.sum() + good.kl.sum()
        bad = ctc_token_scores(log_probs, rejected, *lengths, reference_log_probs=reference)
        sides = (good.log_probs, bad.log_probs, good.reference_log_probs, bad.reference_log_probs)
        return tdpo_loss(*sides, good.kl, bad.kl, good.mask, bad.mask).loss

    def work(clear: bool = True) -> None:
        if clear:
            log_probs.grad = None
        loss = total()
        if loss is not None:
            loss.backward()

    return work, log_probs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats, less than a minute")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for preference.json and preference.md")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(run_case(json.loads(arguments.case))))
        return
    where = machine()
    rows: list[dict[str, Any]] = []
    base: dict[str, Any] = {}
    script, small = Path(__file__).resolve(), Path("/proc/self/clear_refs").exists()
    for classes in CLASSES:
        for what in WORKS:
            case: dict[str, Any] = {"what": what, "classes": classes, "repeats": 5 if arguments.quick else 30}
            case |= in_subprocess(script, case)
            if small:
                os.environ["MALLOC_MMAP_THRESHOLD_"] = "65536"  # freed memory is returned, so the peak is exact
                case |= in_subprocess(script, {**case, "memory": True})
                del os.environ["MALLOC_MMAP_THRESHOLD_"]  # it slows allocation down
            if what.endswith("torch"):
                base = case
            if "cpu_s" in case and "cpu_s" in base:
                case["times_base"] = case["cpu_s"] / base["cpu_s"]
            rows.append(case)
            print(f"{classes} {what}: {case.get('failed', 'done')}", file=sys.stderr)
    report = {"machine": where, "quick": arguments.quick, "cases": rows}
    write_report("preference", report, as_markdown(report), arguments.output, quick=arguments.quick)


def as_markdown(report: dict[str, Any]) -> str:
    where = report["machine"]
    lines = [
        [
            str(row["classes"]),
            WORKS[row["what"]],
            *(f"{row[key] * 1e3:.4g}" if key in row else "–" for key in ("wall_s", "cpu_s")),
            f"{row['times_base']:.3g}x" if "times_base" in row else row.get("failed", ""),
            f"{BOUNDS[row['classes']]:g}x" if row["what"] == "view" else "",
            f"{row['extra_bytes'] / 1e6:.1f}" if "extra_bytes" in row else "–",
            f"{row['extra_units']:.2g}" if "extra_units" in row else "–",
        ]
        for row in report["cases"]
    ]
    header = ["classes", "what", "wall ms", "CPU ms", "times", "at most", "MB extra", "floats / BL(T + V)"]
    about = (
        f"{where['cpu']}, {where['cores']} cores, one thread a row; load average {where['load']} when started: compare "
        f"CPU milliseconds. Python {where['python']}, commit {where['commit']}. {UTTERANCES} utterances, "
        f"{FRAMES} frames, {LABELS} labels; forward and backward, best of several runs. Extra memory is the peak "
        "beyond log-probs and their gradient, also in floats of 4 bytes over utterances * labels * (frames + classes): "
        "at most 4 for the view with KL."
    )
    quick = " **Quick version**: few runs, on a busy machine." if report["quick"] else ""
    return f"# CTC as a language model, for preference losses\n\n{about}{quick}\n\n{markdown(header, lines)}"


if __name__ == "__main__":
    main()
