"""The mathematics on a device against the CPU: values and gradients in float32, and under autocast to bfloat16."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ctcalign import ctc
from ctcalign.lattice import engine
from ctcalign.objectives import ObjectiveInput, build_objective, build_property, improve
from ctcalign.objectives.builtin import contexts_of
from ctcalign.preference import build_preference_loss
from ctcalign.train.preference.speech.pairs import PairsConfig
from ctcalign.train.preference.term import LossConfig
from tests.preference.batches import full_batch
from tests.preference.losses.test_all_losses import CASES
from tests.train.preference import cases
from tools.cuda.rows import Row, check, relative

SYMBOLS = ("", *"abcdefghijklmnopqrstuvwxyz' ")
FRAMES, LABELS, WIDTH = 120, 24, 32
# Largest relative difference from the CPU that rounding explains: single precision, sums in another order; bfloat16
# has eight bits.
SINGLE, HALF = 1e-4, 5e-2


class World:
    """A linear layer whose output is the log-probs of four utterances, on a device, in a precision."""

    def __init__(self, device: str, half: bool) -> None:
        random = torch.Generator().manual_seed(3)
        self.device, self.half = device, half
        self.hidden = torch.randn(4, FRAMES, WIDTH, generator=random).to(device)
        self.weight = torch.randn(WIDTH, len(SYMBOLS), generator=random).to(device).requires_grad_()
        self.frames = torch.tensor([120, 96, 77, 60], device=device)
        self.labels = torch.randint(1, len(SYMBOLS), (4, LABELS), generator=random).to(device)
        self.tokens = torch.tensor([24, 20, 0, 9], device=device)
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
            self.log_probs = (self.hidden @ self.weight).log_softmax(-1)
        # The same paths on every device: random numbers differ.
        on_cpu = torch.Generator().manual_seed(4)
        exact = World("cpu", half).log_probs.detach() if device != "cpu" else self.log_probs.detach()
        self.exact = exact
        self.paths = ctc.sample_paths(exact, 5, self.frames.cpu(), on_cpu)

    @property
    def batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.log_probs, self.labels, self.frames, self.tokens

    def given(self, paths: Tensor | None = None) -> ObjectiveInput:
        return ObjectiveInput(
            self.log_probs, self.frames, self.labels, self.tokens, vocabulary=SYMBOLS, paths=paths,
        )  # fmt: skip


Case = Callable[[World], Any]


def compared(case: Case, device: str, half: bool) -> tuple[float, float]:
    """Differences of the values and of the gradient."""
    found = []
    for where in (device, "cpu"):
        world = World(where, half)
        with torch.autocast(torch.device(where).type, torch.bfloat16, enabled=half):
            values = case(world)
        values = list(values) if isinstance(values, tuple | list) else [values]
        trained = [one for one in values if isinstance(one, Tensor) and one.requires_grad]
        if trained:
            sum(one.float()[torch.isfinite(one)].sum() for one in trained).backward()
        found.append((values, world.weight.grad))
    (ours, gradient), (theirs, expected) = found
    gap = max(relative(a, b) if isinstance(b, Tensor) else float(a != b) for a, b in zip(ours, theirs, strict=True))
    return gap, 0.0 if expected is None else relative(gradient, expected)


def both(case: Case, device: str) -> tuple[str, bool]:
    """Values and gradient in both precisions."""
    parts, passed = [], True
    for half, most in ((False, SINGLE), (True, HALF)):
        gap, slope = compared(case, device, half)
        parts.append(f"{'bf16' if half else 'float32'}: value {gap:.1e}, gradient {slope:.1e}")
        passed &= gap <= most and slope <= most
    return "; ".join(parts), passed


def objective(name: str, options: dict[str, Any], world: World) -> Tensor:
    return build_objective(name, **options)(world.given()).loss


def with_property(kind: str, world: World) -> Tensor:
    """Align With Purpose on pairs that the CPU made."""
    from ctcalign.objectives import align_with_purpose_loss

    on_cpu = replace(world.given(), log_probs=world.exact, input_lengths=world.frames.cpu(),
                     targets=world.labels.cpu(), target_lengths=world.tokens.cpu())  # fmt: skip
    random = torch.Generator().manual_seed(5)
    better, _ = improve(world.paths, build_property(kind), contexts_of(on_cpu), world.frames.cpu(), random)
    sampled, better = world.paths.to(world.device), better.to(world.device)
    return align_with_purpose_loss(world.log_probs, sampled, better, world.frames)


def deterministic_property(kind: str, world: World) -> Tensor:
    """The objective with paths on the device; properties without random choices."""
    given = replace(world.given(world.paths.to(world.device)), generator=torch.Generator().manual_seed(6))
    return build_objective("align_with_purpose", property=kind)(given).loss


def mwer(unit: str, world: World) -> Tensor:
    texts = [[one.tokens for one in row][:4] for row in ctc.nbest(world.exact, 4, world.frames.cpu())]
    width = max(len(one) for row in texts for one in row)
    padded = torch.ones(4, 4, width, dtype=torch.int64)
    lengths = torch.full((4, 4), -1)
    for place, row in enumerate(texts):
        for number, one in enumerate(row):
            padded[place, number, : len(one)] = torch.tensor(one, dtype=torch.int64)
            lengths[place, number] = len(one)
    given = replace(world.given(), hypotheses=padded.to(world.device), hypothesis_lengths=lengths.to(world.device))
    return build_objective("mwer", unit=unit)(given).loss


def trimmed(world: World) -> Tensor:
    built = build_objective("trim_tail", most=20)
    features, lengths = built.prepare(world.hidden, world.frames, torch.Generator().manual_seed(1))
    log_probs = (features @ world.weight).log_softmax(-1)
    return built(replace(world.given(), log_probs=log_probs, input_lengths=lengths)).loss


def samples(kind: str, device: str) -> tuple[str, bool]:
    """Frequencies of labels in samples against their probabilities: random numbers differ between devices."""
    world = World(device, False)
    random = torch.Generator(device).manual_seed(1)
    log_probs, labels, frames, tokens = world.batch
    number = 4000
    if kind == "paths":
        drawn = ctc.sample_paths(log_probs, number, frames, random)
        expected = log_probs.detach().exp()
    else:
        drawn = ctc.sample_alignments(log_probs, labels, number, frames, tokens, generator=random)
        expected = ctc.occupancy(log_probs.detach(), labels, frames, tokens)
        for row, count in enumerate(tokens.tolist()):
            wanted = labels[row, :count].tolist()
            if any(ctc.collapse(one) != wanted for one in drawn[row, :50].cpu()):
                return "a sample has another text", False
    found = torch.nn.functional.one_hot(drawn, len(SYMBOLS)).double().mean(1)
    inside = torch.arange(FRAMES, device=device)[None] < frames[:, None]
    gap = float((found - expected)[inside].abs().max())
    return f"{number} samples: frequencies differ by at most {gap:.3f}", gap < 5 * 0.5 / number**0.5


def tables() -> Iterator[tuple[str, Case]]:
    """Functions of `ctc` and `lattice`, and the objectives."""
    for topology in ("standard", "modified"):
        yield f"total_score, {topology}", lambda w, t=topology: ctc.total_score(*w.batch, topology=t)
        yield f"occupancy, {topology}", lambda w, t=topology: ctc.occupancy(*w.batch, topology=t)
        native = engine("native", topology=topology)
        yield f"lattice: total_score, {topology}", lambda w, e=native: e.total_score(*w.batch)
        yield (
            f"lattice: best_path, {topology}",
            lambda w, e=native: e.best_path(w.exact.to(w.device), w.labels, w.frames, w.tokens),
        )
    yield "path_log_probs", lambda w: ctc.path_log_probs(w.log_probs, w.paths.to(w.device), w.frames)
    yield "next_token_log_probs", lambda w: ctc.next_token_log_probs(*w.batch)
    yield "token_log_probs", lambda w: ctc.token_log_probs(*w.batch)
    yield (
        "best_path",
        lambda w: [
            torch.as_tensor(ctc.best_path(w.exact[i, : w.frames[i]].to(w.device), w.labels[i, : w.tokens[i]]).path)
            for i in (0, 1, 3)
        ],
    )
    yield (
        "prefix beam search",
        lambda w: [[one.tokens for one in row] for row in ctc.nbest(w.exact.to(w.device), 4, w.frames)],
    )
    yield (
        "lattice: nbest",
        lambda w: [[one.tokens for one in row] for row in engine("native").nbest(w.exact.to(w.device), 4, w.frames)],
    )
    for name, options in (
        ("ctc", {}), ("delay_penalty", {"penalty": 0.1}), ("fastemit", {"scale": 0.1}), ("peak_first", {}),
    ):  # fmt: skip
        yield f"objective {name}", partial(objective, name, options)
    yield "objective trim_tail", trimmed
    for kind in ("low_latency", "minimum_wer", "minimum_cer"):
        yield f"align_with_purpose_loss, {kind}", partial(with_property, kind)
        yield f"objective align_with_purpose, {kind}", partial(deterministic_property, kind)
    for unit in ("words", "labels"):
        yield f"objective mwer, {unit}", partial(mwer, unit)


def preference(name: str, options: dict[str, Any], device: str) -> tuple[str, bool]:
    """A preference loss on random log-probs in float32."""
    found = []
    for where in (device, "cpu"):
        batch = {
            key: (value.detach().float().to(where).requires_grad_(value.requires_grad)
                  if value.is_floating_point() else value.to(where))
            for key, value in full_batch(name, 7).items()
        }  # fmt: skip
        loss = build_preference_loss(name, **options)(batch).loss
        loss.backward()
        grads = [one.grad.flatten().cpu() for one in batch.values() if one.grad is not None]
        found.append((loss, torch.cat(grads)))
    gap, slope = relative(found[0][0], found[1][0]), relative(found[0][1], found[1][1])
    return f"float32: value {gap:.1e}, gradient {slope:.1e}", max(gap, slope) <= SINGLE


def module_step(module: Any, batch: Any, device: str, half: bool) -> tuple[Tensor, Tensor]:
    """Loss and gradient of a training step of a module."""
    module = copy.deepcopy(module).to(device).train()
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
        step = module.losses(batch.to(device))
        terms = [term.weight * term.value for term in step.terms.values()]
        loss = sum(terms[1:], terms[0])
    loss.backward()
    return loss, torch.cat([one.grad.flatten() for one in module.network.parameters() if one.grad is not None])


def speech_preference(start: str, pairs: str, name: str, tokens: str, device: str) -> tuple[str, bool]:
    """A step of `task: ctc_preference`: token scores of two models and the loss."""
    options = {"sft_weight": 0.0} if name in ("cpo", "logo") else {}
    config = PairsConfig(source="manifest", file=pairs, together=2 if name == "logo" else 1)
    # Not too near the reference: a reward of nought has no relative difference.
    module = cases.module(init=start, loss=LossConfig(name, options), pairs=config, tokens=tokens)
    with torch.no_grad():
        random = torch.Generator().manual_seed(2)
        for one in module.network.parameters():
            one += 0.1 * one.std(correction=0) * torch.randn(one.shape, generator=random)
    parts, passed = [], True
    for half, most in ((False, 1e-3), (True, 0.1)):
        (loss, slope), (expected, gradient) = (
            module_step(module, cases.batch(), where, half) for where in (device, "cpu")
        )
        gap, slopes = relative(loss, expected), relative(slope, gradient)
        parts.append(f"{'bf16' if half else 'float32'}: value {gap:.1e}, gradient {slopes:.1e}")
        passed &= max(gap, slopes) <= most
    return "; ".join(parts), passed


def checks(device: str) -> Iterator[Row]:
    """All checks of this part."""
    torch.backends.cudnn.allow_tf32 = False  # differences of convolutions would hide those of the rest
    for name, case in tables():
        yield check("maths", name, partial(both, case, device))
    for kind in ("paths", "alignments"):
        yield check("maths", f"sample_{kind}", partial(samples, kind, device))
    for name, options in CASES:
        title = ", ".join([name, *(f"{key} {value}" for key, value in options.items())])
        yield check("preference", title, partial(preference, name, options, device))
    with tempfile.TemporaryDirectory() as folder:
        start, pairs = cases.start(Path(folder)), cases.manifest(Path(folder))
        for name in cases.LOSSES:
            work = partial(speech_preference, start, pairs, name, "prefix", device)
            yield check("preference", f"step of ctc_preference, {name}", work)
        work = partial(speech_preference, start, pairs, "dpo", "sequence", device)
        yield check("preference", "step of ctc_preference, dpo on whole texts", work)
