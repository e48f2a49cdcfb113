"""`ctcalign fit`: time of a step compared with a bare loop in torch, and the time that it waits for data.

    python tools/bench/training.py --quick
    python tools/bench/training.py              # about twenty minutes on a busy machine

The utterances are the sentences of the bundled talk. `fit` and the bare loop train the same network on the same
batches, one thread each, in processes of their own that take turns; the least of the repetitions counts. The bare loop
has its batches and targets in memory: network, CTC loss, gradient clipping, AdamW and its schedule, nothing else. The
time of a step is the processor time of the training process, which reading processes do not count to; in `fit` it
includes receiving batches, checks, tokenisation and logging. Waiting is wall time spent in the data loader over wall
time of all steps, of the run that waits least; the first batch of an epoch is given by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import soundfile as sf
from common import RESULTS, in_subprocess, machine, markdown, write_report
from end_to_end import RATE, ROOT, load_talk

WARM = 5  # steps that do not count
RATE_OF_LEARNING = 1e-4
MODELS: dict[str, dict[str, Any]] = {
    "conv": {
        "about": "ConvEncoder, dim 128, 6 blocks, 40 ms",
        "seconds": 48,
        "model": {
            "encoder": {
                "class_path": "ConvEncoder",
                "init_args": {"dim": 128, "blocks": 6, "kernel": 9, "subsampling": 4, "look_ahead": 20},
            }
        },
    },
    "small": {
        "about": "ConvEncoder, dim 32, 2 blocks, 40 ms",
        "seconds": 12,
        "model": {
            "encoder": {
                "class_path": "ConvEncoder",
                "init_args": {"dim": 32, "blocks": 2, "kernel": 9, "subsampling": 4},
            }
        },
    },
    "builtin": {"about": "builtin:en, fine-tuned", "seconds": 48, "model": {"init": "builtin:en"}},
}


def make_cuts(folder: Path, copies: int) -> Path:
    """The sentences of the talk as WAV files, each several times, and a manifest of their cuts."""
    from lhotse import CutSet, Recording, SupervisionSegment

    samples, rows = load_talk(ROOT / "egs" / "demo")
    cuts = []
    for row in rows:
        if not row["spoken"]:
            continue
        name = f"sentence-{row['index']:02d}"
        begin, end = (round(row[key] * RATE) for key in ("start", "end"))
        sf.write(folder / f"{name}.wav", samples[begin:end], RATE)
        recording = Recording.from_file(folder / f"{name}.wav", recording_id=name)
        for copy in range(copies):
            cut = recording.to_cut()
            cut.id = f"{name}-{copy}"
            cut.supervisions = [SupervisionSegment(cut.id, name, 0.0, recording.duration, text=row["text_norm"])]
            cuts.append(cut)
    manifest = folder / "cuts.jsonl.gz"
    CutSet.from_cuts(cuts).to_file(manifest)
    return manifest


def arguments_of(case: dict[str, Any], folder: str) -> list[str]:
    """The arguments of `ctcalign fit`."""
    import yaml

    model = MODELS[case["model"]]
    config = {
        "model": {**model["model"], "optimiser": {"lr": RATE_OF_LEARNING}},
        "data": {"train": case["cuts"], "max_duration": model["seconds"], "workers": case["workers"]},
        "trainer": {"max_steps": WARM + case["steps"] + 1, "default_root_dir": folder, "accelerator": "cpu"},
        "export": None,
    }
    file = Path(folder) / "fit.yaml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return ["--config", str(file)]


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        arguments = arguments_of(case, folder)
        return (bare_loop if case["what"] == "bare" else fit)(arguments, case["steps"])


def fit(arguments: list[str], steps: int) -> dict[str, Any]:
    """Milliseconds of a step of `fit`; shares of the wall time."""
    from pytorch_lightning import Callback

    from ctcalign.train.data.loading import BatchLoader
    from ctcalign.train.run import prepared

    waits: list[tuple[float, bool]] = []  # seconds, and whether for the first batch of an epoch
    batches = BatchLoader.__iter__

    def timed(self: BatchLoader) -> Iterator[Any]:
        found, first = batches(self), True
        while True:
            began = time.perf_counter()
            batch = next(found, None)
            waits.append((time.perf_counter() - began, first))
            first = False
            if batch is None:
                return
            yield batch

    BatchLoader.__iter__ = timed  # type: ignore[method-assign]
    marks: list[tuple[float, float, int]] = []

    class Meter(Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            marks.append((time.process_time(), time.perf_counter(), len(waits)))

    cli = prepared(arguments)
    cli.trainer.callbacks.append(Meter())  # type: ignore[attr-defined]
    cli.trainer.fit(cli.model, cli.datamodule)
    (cpu, wall, first), (cpu_end, wall_end, last) = marks[WARM], marks[WARM + steps]
    inside = waits[first:last]
    return {
        "step_ms": 1e3 * (cpu_end - cpu) / steps,
        "wall_ms": 1e3 * (wall_end - wall) / steps,
        "waiting": sum(seconds for seconds, begins in inside if not begins) / (wall_end - wall),
        "epoch_s": waits[0][0],
    }


def bare_loop(arguments: list[str], steps: int) -> dict[str, Any]:
    """Milliseconds of a step of a loop without anything but the training."""
    import torch
    from torch.nn.functional import ctc_loss

    from ctcalign.train.run import prepared

    cli = prepared(arguments)
    module, data = cli.model, cli.datamodule
    data._inputs = lambda: module.inputs  # otherwise known to a trainer only
    read: list[Any] = []
    while len(read) < WARM + steps:  # as many epochs as it takes
        read += islice(iter(data.train_dataloader()), WARM + steps - len(read))
        data.position = (data.position[0] + 1, 0)
    network, blank = module.network, module.vocabulary.blank
    ready = []
    for batch in read:
        labels = [torch.tensor(module.tokenizer.encode(text)[0]) for text in batch.texts]
        targets = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=1)
        ready.append((batch.inputs, batch.lengths, targets, torch.tensor([len(one) for one in labels])))
    parameters = list(network.parameters())
    groups = [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": 0.01},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=RATE_OF_LEARNING, betas=(0.9, 0.98))
    rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / 201))
    network.train()
    cpu = wall = 0.0
    for number, (inputs, lengths, targets, target_lengths) in enumerate(ready):
        if number == WARM:
            cpu, wall = time.process_time(), time.perf_counter()
        optimiser.zero_grad()
        log_probs, frames = network(inputs, lengths)
        losses = ctc_loss(log_probs.transpose(0, 1), targets, frames, target_lengths, blank=blank, reduction="none")
        losses.mean().backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        rate.step()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"step_ms": 1e3 * cpu / steps, "wall_ms": 1e3 * wall / steps}


def best(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The least of each measure; what failed, if all did."""
    good = [run for run in runs if "failed" not in run]
    pick: Callable[..., Any] = min
    return {key: pick(run[key] for run in good) for key in good[0]} if good else runs[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few steps, once")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for training.json and training.md")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(run_case(json.loads(arguments.case))))
        return
    where = machine()
    rows: list[dict[str, Any]] = []
    steps, repeats = (15, 1) if arguments.quick else (40, 2)
    with tempfile.TemporaryDirectory() as folder:
        cuts = str(make_cuts(Path(folder), 80))
        for model in MODELS:
            ways = [("bare", 0), ("fit", 1), ("fit", 0)]
            runs: dict[tuple[str, int], list[dict[str, Any]]] = {way: [] for way in ways}
            for _ in range(repeats):
                for what, workers in ways:
                    case = {"what": what, "workers": workers, "model": model, "steps": steps, "cuts": cuts}
                    runs[what, workers].append(in_subprocess(Path(__file__).resolve(), case))
            base = best(runs["bare", 0])
            for what, workers in ways:
                row = {"model": model, "what": what, "workers": workers, "steps": steps, **best(runs[what, workers])}
                if what == "fit" and "step_ms" in row and "step_ms" in base:
                    row["ratio"] = row["step_ms"] / base["step_ms"]
                rows.append(row)
                print(row, file=sys.stderr)
    report = {"machine": where, "quick": arguments.quick, "cases": rows}
    write_report("training", report, as_markdown(report), arguments.output, quick=arguments.quick)


def as_markdown(report: dict[str, Any]) -> str:
    where = report["machine"]
    lines = []
    for row in report["cases"]:
        model = MODELS[row["model"]]
        what = "bare loop" if row["what"] == "bare" else f"fit, {row['workers']} reading processes"
        cells = [f"{row[key]:.1f}" if key in row else "–" for key in ("step_ms", "wall_ms")]
        cells.append(f"{row['ratio']:.2f}x" if "ratio" in row else row.get("failed", ""))
        cells.append(f"{row['waiting']:.1%}" if "waiting" in row else "")
        cells.append(f"{row['epoch_s']:.1f}" if "epoch_s" in row else "")
        lines.append([model["about"], f"{model['seconds']} s", what, *cells])
    header = ["network", "batch", "by", "processor ms a step", "wall ms", "bare loop = 1", "waiting", "first batch, s"]
    about = (
        f"{where['cpu']}, {where['cores']} cores, one thread; load average {where['load']} when started: compare "
        f"processor time. Python {where['python']}, commit {where['commit']}. {report['cases'][0]['steps']} steps. "
        "Without reading processes the training process reads the audio itself, and this counts to its step."
    )
    quick = " **Quick version**: few steps, once." if report["quick"] else ""
    return f"# Training: a step of `ctcalign fit`\n\n{about}{quick}\n\n{markdown(header, lines)}"


if __name__ == "__main__":
    main()
