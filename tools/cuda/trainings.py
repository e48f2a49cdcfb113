"""Checks of trainings on a device: they learn, equal those on the CPU and each other, and survive a stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from typing import Any

import torch

from tests.models.training.small_models import saved
from tools.cuda.place import Place, hf, trainer

CPU = trainer(accelerator="cpu")
Parts = list[dict[str, Any]]
Found = tuple[str, bool]


def falls(place: Place, name: str, *parts: dict[str, Any]) -> Found:
    """A training whose loss falls; its speed and memory."""
    steps = place.trained(name, *parts)
    first, last = (sum(one["loss"] for one in some) / len(some) for some in (steps[:3], steps[-3:]))
    figures = f"{len(steps)} steps: loss {first:.3f} → {last:.3f}{speed(place, name)}"
    if "scale" in steps[-1]:
        lost = sum(b["scale"] < a["scale"] for a, b in pairwise(steps))
        figures += f"; scale of the loss {steps[0]['scale']:g} → {steps[-1]['scale']:g}, halved {lost} times"
    held = [one["held"] for one in steps if "held" in one]
    good = all(one["loss"] == one["loss"] for one in steps) and last < first
    if held and len(held) >= 20:
        growth = max(held[-5:]) - max(held[5:10])
        figures += f"; memory held after step 10 {held[9] / 1e6:.0f} MB, at the end {held[-1] / 1e6:.0f} MB"
        good &= growth <= 0.02 * max(held) + 2e6
    return figures, good


def speed(place: Place, name: str) -> str:
    rows = [row for row in place.log(name) if "speed/step" in row][5:]
    if not rows:
        return ""
    mean = {key: sum(row[key] for row in rows) / len(rows) for key in ("speed/step", "speed/waiting")}
    hours = sum(row.get("speed/audio_hours_per_minute", 0.0) for row in rows) / len(rows)
    memory = rows[-1]["speed/memory_gb"]
    return (
        f"; {1000 * mean['speed/step']:.0f} ms a step, {mean['speed/waiting'] / mean['speed/step']:.0%} waiting, "
        f"{hours:.2f} hours of audio a minute, {memory:.2f} GB"
    )


def like_cpu(place: Place, name: str, *parts: dict[str, Any]) -> Found:
    """The same training on the CPU, step by step."""
    ours = place.trained(name, *parts)
    theirs = place.trained(f"{name}-cpu", *parts, CPU)
    gap = max(abs(a["loss"] - b["loss"]) / abs(b["loss"]) for a, b in zip(ours, theirs, strict=True))
    moved = place.moved(name, f"{name}-cpu")
    return f"{len(ours)} steps: losses differ by {gap:.1e}, weights by {moved:.1e} of the largest", gap < 2e-2


def same(place: Place, one: str, first: Parts, other: str, second: Parts,
         most: float) -> Found:  # fmt: skip
    """Two trainings with the same result."""
    for name, parts in ((one, first), (other, second)):
        if not (place.run(name) / "last.ckpt").exists():
            place.trained(name, *parts)
    moved = place.moved(one, other)
    peaks = [place.steps(name)[-1].get("peak", 0) / 1e6 for name in (one, other)]
    figures = f"weights differ by {moved:.1e} of the largest; peak memory {peaks[0]:.0f} and {peaks[1]:.0f} MB"
    return figures, moved <= most


def stopped(place: Place, name: str, most: float, *parts: dict[str, Any]) -> Found:
    """SIGKILL in the middle, `--resume last`, and the same without a stop, twice."""
    # A validation writes last.ckpt.
    more = {"data": {"validation": str(place.folder / "talk" / "cuts.jsonl.gz")}}
    steps = 4 if place.device == "cpu" else 40
    often = trainer(
        max_steps=steps, val_check_interval=max(1, steps // 8), check_val_every_n_epoch=None, limit_val_batches=1
    )
    for copy in (f"{name}-whole", f"{name}-again"):
        place.trained(copy, more, often, *parts)
    file = place.config(f"{name}-killed", more, often, *parts)
    command = [sys.executable, "-W", "ignore", "-m", "ctcalign", "fit", "--config", str(file)]
    last = place.run(f"{name}-killed") / "last.ckpt"
    with (place.run(f"{name}-killed") / "output").open("w") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output)
        while not last.exists() and started.poll() is None:
            time.sleep(0.02)
        time.sleep(0.1)
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
        at = torch.load(last, weights_only=True, map_location="cpu")["global_step"]
        subprocess.run([*command, "--resume", "last"], stdout=output, stderr=output, check=True)
    moved, again = place.moved(f"{name}-whole", f"{name}-killed"), place.moved(f"{name}-whole", f"{name}-again")
    figures = (
        f"killed, continued at update {at} of {steps}: weights differ from those of an unbroken run by {moved:.1e} of "
        f"the largest, two unbroken runs by {again:.1e}"
    )
    return figures, 0 < at < steps and moved <= max(most, 3 * again)


def strategy(place: Place, name: str) -> Found:
    """A strategy with one device, in a process of its own, against none."""
    longer = trainer(max_steps=12)
    if not (place.run(f"{name}-plain") / "last.ckpt").exists():
        place.trained(f"{name}-plain", longer)
    file = place.config(f"{name}-on", longer, trainer(strategy=name))
    program = (
        "import sys, torch.distributed as d\nfrom ctcalign.train.run import fit\n"
        "fit(['--config', sys.argv[1]])\nprint('BACKEND', d.get_backend() if d.is_initialized() else None)"
    )
    command = [sys.executable, "-W", "ignore", "-c", program, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip()[-300:], False
    backend = done.stdout.rsplit("BACKEND", 1)[-1].strip()
    moved = place.moved(f"{name}-plain", f"{name}-on")
    return f"{backend}: weights differ by {moved:.1e} of the largest{speed(place, f'{name}-on')}", moved < 1e-3


def adapters(place: Place) -> Found:
    """LoRA of a model of transformers: only adapters change, plain peft loads them."""
    import peft
    from transformers import AutoModelForCTC

    lora = {"model": {"lora": {"modules": ["q_proj", "v_proj"], "r": 2, "train_also": ["lm_head"]}}}
    figures, good = falls(place, "lora", hf(place), lora, trainer(max_steps=20))
    start = AutoModelForCTC.from_pretrained(place.folder / "wav2vec2")
    before = {name: value.clone() for name, value in start.state_dict().items()}
    plain = peft.PeftModel.from_pretrained(start, str(place.run("lora") / "adapter")).eval()
    exported = AutoModelForCTC.from_pretrained(place.run("lora") / "model").eval()
    x = 0.1 * torch.randn(1, 8000, generator=torch.Generator().manual_seed(1))
    gap = float((plain(x).logits - exported(x).logits).abs().max())
    changed = {n.split(".")[-2] for n, value in exported.state_dict().items() if not torch.equal(value, before[n])}
    figures += f"; changed: {', '.join(sorted(changed))}; peft's and the exported model differ by {gap:.1e}"
    return figures, good and changed == {"q_proj", "v_proj", "lm_head"} and gap < 1e-3


def averaged(place: Place) -> Found:
    """EMA on the device against the average computed here from the weights of each step's file."""
    moved = same(
        place, "ema", [{"model": {"optimiser": {"ema": 0.9}}}, trainer(max_steps=12)],
        "ema-cpu", [{"model": {"optimiser": {"ema": 0.9}}}, trainer(max_steps=12), CPU], 1e-3,
    )  # fmt: skip
    state = torch.load(place.run("ema") / "last.ckpt", weights_only=True, map_location="cpu")["ctcalign_average"]
    return f"{state['updates']} updates; against the CPU {moved[0]}", moved[1] and state["updates"] == 12


def text(place: Place) -> Found:
    """`task: text_preference` with DPO."""
    from ctcalign.train.run import fit

    file = place.config("text", trainer(max_steps=20))
    content = json.loads(file.read_text())
    content |= {
        "task": "text_preference",
        "data": {"train": str(place.folder / "text" / "sums.jsonl"), "batch_size": 3},
    }
    content["model"] = {"model": str(place.folder / "text" / "start"), "loss": {"name": "dpo"}}
    content["model"] |= {"optimiser": {"lr": 3e-3, "warmup_steps": 0}}
    file.write_text(json.dumps(content))
    fit(["--config", str(file)])
    steps = place.steps("text")
    return f"loss {steps[0]['loss']:.3f} → {steps[-1]['loss']:.3f}", steps[-1]["loss"] < steps[0]["loss"]


def base_size(place: Place, precision: str) -> Found:
    """wav2vec2-base with random weights: speed and memory."""
    folder = place.folder / f"base-{precision}"
    saved(folder, "wav2vec2", hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072,
          conv_dim=[512] * 7, num_conv_pos_embeddings=128, num_conv_pos_embedding_groups=16)  # fmt: skip
    model = {"init": f"hf:{folder}", "optimiser": {"lr": 1e-4, "warmup_steps": 0}}
    parts = [{"model": model, "data": {"max_duration": 160, "workers": 3}}, trainer(max_steps=25, precision=precision)]
    return falls(place, f"base-{precision}", *parts)
