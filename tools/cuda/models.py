"""Emissions of models and alignments of a recording on a device against the CPU."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import torch

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.models import encoders
from ctcalign.models.training.registry import open_trainable
from tests.models.training.small_models import FAMILIES, saved
from tools.cuda.rows import Row, check, relative

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "ctcalign" / "models" / "builtin" / "en" / "model.safetensors"
TALK = ROOT / "egs" / "demo"
NEAR = 0.02  # seconds: a frame of builtin:en


def difference(name: str, device: str, precision: str = "float32", seconds: float = 20.0) -> tuple[str, bool]:
    """Log-probs of a recording: largest difference of probabilities, and frames with another best label."""
    samples, _ = sf.read(TALK / "talk.ogg", dtype="float32")
    waveform = torch.from_numpy(samples[: int(16_000 * seconds)].copy())[None]
    found = []
    for where, kind in ((device, precision), ("cpu", "float32")):
        model = ctcalign.load_model(name, where, precision=kind)
        with torch.inference_mode():
            log_probs, _ = model(waveform.to(where), torch.tensor([waveform.shape[1]], device=where))
        found.append(log_probs.float().cpu())
    gap = float((found[0].exp() - found[1].exp()).abs().max())
    other = float((found[0].argmax(-1) != found[1].argmax(-1)).double().mean())
    most = 0.02 if precision == "float32" else 0.3
    figures = f"probabilities differ by at most {gap:.1e}; other best label in {other:.2%} of the frames"
    return figures, gap <= most and other <= most


def aligned(device: str, precision: str = "float32") -> tuple[str, bool]:
    """The words of the bundled talk."""
    found = []
    for where, kind in ((device, precision), ("cpu", "float32")):
        model = ctcalign.load_model(f"checkpoint:{WEIGHTS}", where, precision=kind)
        options = AlignOptions(
            calibration=str(WEIGHTS.with_name("confidence.json"))
        )  # a checkpoint has none of its own
        found.append(ctcalign.align(TALK / "talk.ogg", TALK / "talk.srt", model, device=where, options=options))
    words = [[word for cue in one.cues for word in cue.words] for one in found]
    statuses = sum(a.status != b.status for a, b in zip(*words, strict=True))
    gaps = [
        abs(x - y)
        for a, b in zip(*words, strict=True)
        for x, y in ((a.start, b.start), (a.end, b.end))
        if x is not None and y is not None
    ]
    trust = [abs((a.confidence or 0) - (b.confidence or 0)) for a, b in zip(*words, strict=True)]
    figures = (
        f"{len(words[0])} words: edges differ by at most {1000 * max(gaps):.0f} ms, {sum(one > 0 for one in gaps)} of "
        f"{len(gaps)} differ; confidences by at most {max(trust):.4f}; {statuses} other statuses"
    )
    return figures, max(gaps) <= NEAR + 1e-6 and not statuses


def encoder(build: Any, device: str, half: bool) -> tuple[str, bool]:
    """Output and gradient of one of our networks."""
    torch.manual_seed(0)
    network: Any = encoders.CtcNetwork(encoders.Frontend(), build(), 29).eval()
    features = 4 * torch.randn(3, 400, 80, generator=torch.Generator().manual_seed(1)) - 8
    lengths = torch.tensor([400, 333, 250])
    found = []
    for where in (device, "cpu"):
        own = copy.deepcopy(network).to(where)
        with torch.autocast(torch.device(where).type, torch.bfloat16, enabled=half):
            log_probs, frames = own(features.to(where), lengths.to(where))
        inside = torch.arange(log_probs.shape[1], device=where)[None] < frames[:, None]
        log_probs[inside][:, 0].sum().backward()
        gradient = torch.cat([one.grad.flatten() for one in own.parameters() if one.grad is not None])
        found.append((log_probs[inside], gradient))
    gap, slope = relative(found[0][0], found[1][0]), relative(found[0][1], found[1][1])
    return f"value {gap:.1e}, gradient {slope:.1e}", max(gap, slope) <= (0.2 if half else 5e-3)


def trained_inputs(name: str, device: str) -> tuple[str, bool]:
    """Log-probs of a batch with padding by the network in training."""
    model = open_trainable(name)
    rate = model.inputs.sample_rate
    samples = [0.1 * np.random.default_rng(n).standard_normal(int(s * rate)) for n, s in enumerate((3.0, 2.1, 1.3))]
    rows = [model.inputs(one.astype(np.float32)) for one in samples]
    inputs = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=model.inputs.padding)
    lengths = torch.tensor([len(one) for one in rows])
    found = []
    for where in (device, "cpu"):
        network = copy.deepcopy(model.network).to(where).eval()
        log_probs, frames = network(inputs.to(where), lengths.to(where))
        inside = torch.arange(log_probs.shape[1], device=where)[None] < frames[:, None]
        network.zero_grad()
        log_probs[inside][:, 0].sum().backward()
        gradient = torch.cat([one.grad.flatten() for one in network.parameters() if one.grad is not None])
        found.append((log_probs[inside], gradient))
    gap, slope = relative(found[0][0], found[1][0]), relative(found[0][1], found[1][1])
    return f"value {gap:.1e}, gradient {slope:.1e}", max(gap, slope) <= 1e-2


def checks(device: str) -> Iterator[Row]:
    """All checks of this part."""
    ours = f"checkpoint:{WEIGHTS}"
    for precision in ("float32", "bfloat16"):
        work = partial(difference, ours, device, precision)
        yield check("models", f"emissions of builtin:en in torch, {precision}", work)
        yield check("models", f"align, builtin:en in torch, {precision}", partial(aligned, device, precision))
    yield check("models", "training network of builtin:en", partial(trained_inputs, "builtin:en", device))
    with tempfile.TemporaryDirectory() as folder:
        for family in FAMILIES:
            name = f"hf:{saved(Path(folder) / family, family)}"
            yield check("models", f"emissions of hf: {family}", partial(difference, name, device, seconds=5.0))
            yield check("models", f"training network of hf: {family}", partial(trained_inputs, name, device))
    kinds = {
        "ConvEncoder": partial(encoders.ConvEncoder, dim=64, blocks=2),
        "ConformerEncoder": partial(encoders.ConformerEncoder, dim=64, layers=2, dropout=0.0),
        "StreamingEncoder": partial(encoders.StreamingEncoder, dim=64, layers=2, dropout=0.0),
    }
    for name, build in kinds.items():
        for half in (False, True):
            title = f"{name}, {'bf16' if half else 'float32'}"
            yield check("models", title, partial(encoder, build, device, half))
