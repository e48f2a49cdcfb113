"""Align With Purpose: cost relative to the CTC loss and to a training step, and sampling compared with real k2.

    python tools/bench/awp.py --quick      # few repeats, two to six minutes
    python tools/bench/awp.py              # about ten minutes on an idle machine

Rows of k2 need an interpreter that can import it: this one or, if it exists, that of `make test-k2`; our sampler is
then measured there too. Every row runs in its own process on one thread. The emissions are synthetic: 8 utterances of
400 frames and 60 labels, a spike about every sixth frame, one in seven of them wrong, blank and noise between.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import RESULTS, in_subprocess, machine, markdown, measured, write_report

ROOT = Path(__file__).resolve().parents[2]
UTTERANCES, FRAMES, LABELS, PATHS = 8, 400, 60, 5
LETTERS = ("", " ", *"abcdefghijklmnopqrstuvwxyz", "'", ".", ",", "-")


def made_batch(classes: int) -> dict[str, Any]:
    """A synthetic batch; reproducible for a number of classes."""
    import torch

    generator = torch.Generator().manual_seed(classes)
    targets = torch.randint(2, classes, (UTTERANCES, LABELS), generator=generator)
    targets[:, 5::6] = 1  # a space: ten words of five letters
    logits = torch.randn(UTTERANCES, FRAMES, classes, generator=generator)
    logits[:, :, 0] += 6
    wrong = torch.rand(targets.shape, generator=generator) < 1 / 7
    labels = torch.where(wrong, torch.randint(2, classes, targets.shape, generator=generator), targets)
    frames = 6 * torch.arange(LABELS) + torch.randint(6, targets.shape, generator=generator)
    for utterance in range(UTTERANCES):
        logits[utterance, frames[utterance], labels[utterance]] += 14
    return {
        "log_probs": logits.log_softmax(-1),
        "targets": targets,
        "input_lengths": torch.full((UTTERANCES,), FRAMES),
        "target_lengths": torch.full((UTTERANCES,), LABELS),
        "vocabulary": LETTERS + tuple(chr(0x4E00 + i) for i in range(classes - len(LETTERS))),
    }


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    """The measures of one row."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    work = {"loss": loss_work, "step": step_work, "free": free_work, "constrained": constrained_work}[case["part"]](
        case
    )
    work()  # compiled and loaded
    measures, _ = measured(work, case["repeats"])
    return measures


def loss_work(case: dict[str, Any]) -> Callable[[], None]:
    """Forward and backward of a loss on given log-probs; for Align With Purpose including sampling and property."""
    import torch
    from torch.nn.functional import ctc_loss

    from ctcalign import ctc
    from ctcalign.lattice import engine
    from ctcalign.objectives import ObjectiveInput, build_objective

    batch = made_batch(case["classes"])
    vocabulary = batch.pop("vocabulary")
    log_probs = batch.pop("log_probs").requires_grad_()
    sums = (batch["targets"], batch["input_lengths"], batch["target_lengths"])

    def torch_ctc() -> None:
        log_probs.grad = None
        ctc_loss(log_probs.transpose(0, 1), *sums, reduction="sum").backward()

    def own_ctc() -> None:
        log_probs.grad = None
        (-ctc.total_score(log_probs, *sums)).sum().backward()

    if case["what"] in ("torch", "ctcalign"):
        return torch_ctc if case["what"] == "torch" else own_ctc
    objective = build_objective("align_with_purpose", property=case["what"])

    def together() -> None:
        log_probs.grad = None
        if case.get("sampler") == "constrained":
            paths = engine("native").sample_paths(log_probs, batch["targets"], batch["input_lengths"], PATHS)
        else:
            paths = ctc.sample_paths(log_probs, PATHS, batch["input_lengths"])
        objective(ObjectiveInput(log_probs, **batch, paths=paths, vocabulary=vocabulary)).loss.backward()

    def own_randomness() -> None:
        """As in training, where each utterance has its own generator."""
        log_probs.grad = None
        generators = [torch.Generator().manual_seed(i) for i in range(UTTERANCES)]
        drawn = [ctc.sample_paths(log_probs[i : i + 1], PATHS, None, own) for i, own in enumerate(generators)]
        given = ObjectiveInput(log_probs, **batch, paths=torch.cat(drawn), vocabulary=vocabulary, generator=generators)
        objective(given).loss.backward()

    return own_randomness if case.get("own") else together


def step_work(case: dict[str, Any]) -> Callable[[], None]:
    """A training step of the connected-digits model on 16 utterances of 5 s, or only the objective's part of it."""
    import torch

    from ctcalign.models.encoders import ConvEncoder
    from ctcalign.models.encoders.frontend import Frontend
    from ctcalign.models.encoders.network import CtcNetwork
    from ctcalign.train import CharacterTokenizer, ObjectiveConfig, SamplerConfig
    from ctcalign.train.data.batch import Emissions
    from ctcalign.train.recogniser.terms import Term

    tokenizer = CharacterTokenizer(" efghinorstuvwxz")
    symbols = tokenizer.vocabulary.symbols
    encoder = ConvEncoder(dim=128, blocks=6, kernel=7, subsampling=4, look_ahead=10, dropout=0.05)
    network = CtcNetwork(Frontend(), encoder, len(symbols)).train()
    optimiser = torch.optim.AdamW(network.parameters())
    features, lengths = torch.randn(16, 500, 80), torch.full((16,), 500)
    text = "seven three nine two five one eight"
    labels = torch.tensor([tokenizer.encode(text)[0]] * 16)
    counts, ids = torch.full((16,), labels.shape[1]), [str(i) for i in range(16)]
    terms = {
        "ctc": Term(ObjectiveConfig("ctc", 1.0)),
        **{
            name: Term(
                ObjectiveConfig("align_with_purpose", 1.0, {"property": name}, sampler=SamplerConfig(paths=PATHS))
            )
            for name in ("low_latency", "minimum_wer")
        },
    }
    with torch.no_grad():
        fixed, frames = network(features, lengths)
    leaf = fixed.detach().requires_grad_()

    def emissions(log_probs: torch.Tensor) -> Emissions:
        return Emissions(log_probs, frames, labels, counts, ids, symbols, 0)

    def step() -> None:
        optimiser.zero_grad()
        log_probs, _ = network(features, lengths)
        terms["ctc"].loss(emissions(log_probs), 0).loss.backward()
        optimiser.step()

    def ours() -> None:
        leaf.grad = None
        terms[case["what"]].loss(emissions(leaf), 0).loss.backward()

    return step if case["what"] == "step" else ours


def free_work(case: dict[str, Any]) -> Callable[[], None]:
    """Unconstrained paths. k2: pruned intersection of topology and emission with icefall's beams, then random_paths."""
    batch = made_batch(case["classes"])
    log_probs = batch["log_probs"]
    if case["what"] == "native":
        from ctcalign import ctc

        return lambda: ctc.sample_paths(log_probs, PATHS, batch["input_lengths"])
    import k2

    topology = k2.ctc_topo(case["classes"] - 1)

    def pruned() -> None:
        dense = k2.DenseFsaVec(log_probs, _segments())
        lattices = k2.intersect_dense_pruned(topology, dense, 20.0, 8.0, 30, 10_000)
        k2.random_paths(lattices, use_double_scores=True, num_paths=PATHS)

    return pruned


def constrained_work(case: dict[str, Any]) -> Callable[[], None]:
    """Paths of the transcript."""
    batch = made_batch(case["classes"])
    log_probs, targets, frames = batch["log_probs"], batch["targets"], batch["input_lengths"]
    if case["what"] != "k2":
        from ctcalign.lattice import engine

        lattices = engine(case["what"].split()[0])
        return lambda: lattices.sample_paths(log_probs, targets, frames, PATHS)
    import k2

    def raw() -> None:
        graph = k2.ctc_graph(targets.tolist())
        found = k2.intersect_dense(graph, k2.DenseFsaVec(log_probs, _segments()), output_beam=1e10)
        k2.random_paths(found, use_double_scores=True, num_paths=PATHS)

    return raw


def _segments() -> Any:
    import torch

    return torch.tensor([[i, 0, FRAMES] for i in range(UTTERANCES)], dtype=torch.int32)


def cases(quick: bool) -> list[dict[str, Any]]:
    """Rows in order. The first row of a part and size is the reference of the others."""
    rows: list[dict[str, Any]] = []
    for classes in (32, 500):
        some = {"part": "loss", "classes": classes, "repeats": 10 if quick else 50}
        rows += [{**some, "what": what} for what in ("torch", "ctcalign", "low_latency", "minimum_wer", "joint")]
        rows += [{**some, "what": what, "own": True} for what in ("low_latency", "minimum_wer")]
        rows += [{**some, "what": "low_latency", "sampler": "constrained"}]
    steps = {"part": "step", "classes": 17, "repeats": 5 if quick else 20}
    rows += [{**steps, "what": what} for what in ("step", "low_latency", "minimum_wer")]
    for classes in (32, 500):
        some = {"part": "free", "classes": classes, "k2": True}
        rows.append({**some, "what": "k2", "repeats": 1 if quick or classes > 32 else 10})
        rows.append({**some, "what": "native", "repeats": 10 if quick else 50})
    some = {"part": "constrained", "classes": 32, "k2": True, "repeats": 5 if quick else 20}
    return [*rows, *({**some, "what": what} for what in ("k2", "k2 (ctcalign)", "native"))]


def interpreter_with_k2() -> str | None:
    """This interpreter or that of the k2 environment; None if neither can import k2."""
    for python in (sys.executable, str(ROOT / ".venv-k2" / "bin" / "python")):
        if Path(python).exists() and not subprocess.run([python, "-c", "import k2"], capture_output=True).returncode:
            return python
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats, two to six minutes")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for awp.json and awp.md, or awp_quick")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(run_case(json.loads(arguments.case))))
        return
    where, other = machine(), interpreter_with_k2()
    rows: list[dict[str, Any]] = []
    base: dict[str, Any] = {}
    for case in cases(arguments.quick):
        if case.get("k2") and other is None and case["what"] != "native":
            case["failed"] = "k2 cannot be imported"
        else:
            case |= in_subprocess(Path(__file__).resolve(), case, python=other if case.get("k2") and other else None)
        if (case["part"], case["classes"]) != (base.get("part"), base.get("classes")):
            base = case
        if "cpu_s" in case and "cpu_s" in base:
            case["times_base"] = case["cpu_s"] / base["cpu_s"]
        rows.append(case)
        print(f"{case['part']} {case['classes']} {named(case)}: {case.get('failed', 'done')}", file=sys.stderr)
    report = {"machine": where, "quick": arguments.quick, "cases": rows}
    write_report("awp", report, as_markdown(report), arguments.output, quick=arguments.quick)


def named(row: dict[str, Any]) -> str:
    """Description of a row."""
    if row["part"] == "step":
        return "the whole step with CTC" if row["what"] == "step" else f"added by {row['what']}"
    if row["part"] != "loss":
        names = {"native": "ctcalign, native", "k2": "k2's own calls", "k2 (ctcalign)": "ctcalign on k2, seeded"}
        return names[row["what"]]
    if row["what"] in ("torch", "ctcalign"):
        return f"CTC loss, {row['what']}"
    how = ", each utterance with a generator" if row.get("own") else ""
    return f"AWP {row['what']}{', transcript-constrained' if row.get('sampler') else ''}{how}"


TITLES = {
    "loss": "Loss on given log-probs, forward and backward (with sampling and property); CTC loss of torch = 1",
    "step": "A training step of the connected-digits model, 16 utterances of 5 s; the whole step = 1",
    "free": "Sampling 5 unconstrained paths; k2 = 1",
    "constrained": "Sampling 5 paths of the transcript; k2 = 1",
}


def as_markdown(report: dict[str, Any]) -> str:
    where = report["machine"]
    parts = [
        f"# Align With Purpose\n\n{where['cpu']}, {where['cores']} cores, one thread a row; load average "
        f"{where['load']} when started: compare CPU milliseconds. Python {where['python']}, commit "
        f"{where['commit']}. {UTTERANCES} utterances, {FRAMES} frames, {LABELS} labels, {PATHS} paths; best of "
        "several runs." + (" **Quick version**: few runs, on a busy machine." if report["quick"] else "") + "\n"
    ]
    header = ["classes", "what", "wall ms", "CPU ms", "times", "MB beyond input", "GB peak of process"]
    for part, title in TITLES.items():
        lines = [
            [
                str(row["classes"]),
                named(row),
                *(f"{row[key] * 1e3:.4g}" if key in row else "–" for key in ("wall_s", "cpu_s")),
                f"{row['times_base']:.3g}x" if "times_base" in row else row.get("failed", ""),
                f"{row['beyond_gb'] * 1e3:.0f}" if "beyond_gb" in row else "–",
                f"{row['peak_gb']:.2f}" if "peak_gb" in row else "–",
            ]
            for row in report["cases"]
            if row["part"] == part
        ]
        parts.append(f"## {title}\n\n{markdown(header, lines)}")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
