"""Train the built-in model. Run it again to resume, or with a larger --total-hours to continue a finished training.

  torchrun --nproc_per_node 2 -m egs.mini_en.local.train --feats exp/feats --dev exp/devfeats --out exp/model

The learning rate is constant and falls linearly over the last part (--decay) of the hours. It depends on the hours of
speech trained on and not on the clock, so that an interrupted and resumed run equals an uninterrupted one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import load_file
from torch import Tensor

from ctcalign.models.builtin.config import NetworkConfig
from ctcalign.models.builtin.network import Network
from egs.mini_en.local.data import SYMBOLS, Batch, Batches
from egs.mini_en.local.evaluate import character_error_rates
from egs.mini_en.local.optimiser import Muon
from egs.mini_en.local.shards import PHONES
from recipes.errors import one_line

# Fraction of each group among the utterances of a batch: at the start and at the end.
WEIGHTS = {
    "hibari": (0.30, 0.20),
    "flite": (0.13, 0.06),
    "festival": (0.10, 0.05),
    "espeak": (0.02, 0.02),
    "readers": (0.35, 0.52),
    "learners": (0.08, 0.12),
    "digits": (0.02, 0.03),
}


def losses(network: Network, batch: Batch, bfloat16: bool = False) -> dict[str, Tensor]:
    """CTC on the last and on a middle layer, and the frame-wise phone cross-entropy, each a mean over labels."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        last, middle, trunk_lengths = network.trunk(batch.features, batch.lengths)
    last, middle = last.float(), middle.float()
    frames = torch.minimum(2 * trunk_lengths, (batch.lengths + 1) // 2)

    def ctc(logits: Tensor) -> Tensor:
        log_probs = network.frames(logits).transpose(0, 1)
        total = torch.nn.functional.ctc_loss(
            log_probs, batch.targets, frames, batch.target_lengths, reduction="sum", zero_infinity=True
        )
        return total / batch.target_lengths.sum()

    assert network.middle is not None
    assert network.phone is not None
    found = {"ctc": ctc(network.head(last)), "middle": ctc(network.middle(middle))}
    if (batch.phones >= 0).any():
        logits = network.phone(middle)
        found["phone"] = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), batch.phones[:, : logits.shape[1]].flatten(), ignore_index=-1
        )
    return found


def average_gradients(parameters: list[Tensor], hours: float) -> tuple[float, float]:
    """Average over the processes; returns the norm of the averaged gradient and the hours of all processes together.

    The hours are summed with the gradients because the learning rate and the end of the run depend on them: with
    separate counts the processes would diverge, and one would end before the other.
    """
    flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in parameters])
    flat = torch.cat([flat, flat.new_tensor([hours])])
    if dist.is_initialized():
        dist.all_reduce(flat)
        flat[:-1] /= dist.get_world_size()
    flat, hours = flat[:-1], float(flat[-1])
    norm = float(flat.norm())
    flat *= min(1.0, 5.0 / (norm + 1e-6))
    place = 0
    for p in parameters:
        p.grad = flat[place : place + p.numel()].view_as(p)
        place += p.numel()
    return norm, hours


class Run:
    """The state of a training run, which is saved and resumed."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        torch.manual_seed(args.seed)
        self.network = Network(
            NetworkConfig(symbols=len(SYMBOLS), phones=len(PHONES), dim=args.dim, blocks=args.blocks)
        )
        named = dict(self.network.named_parameters())
        self.parameters = list(named.values())
        inner = [p for n, p in named.items() if n.startswith("blocks.") and p.ndim == 2]
        outer = [p for n, p in named.items() if not (n.startswith("blocks.") and p.ndim == 2)]
        self.optimisers = [
            Muon(inner, lr=args.lr, dtype=getattr(torch, args.dtype)),
            torch.optim.AdamW(outer, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.01),
        ]
        self.average = {n: p.detach().clone() for n, p in named.items()}
        self.steps, self.hours = 0, 0.0

    def learning_rate(self) -> float:
        share = min(1.0, self.hours / self.args.total_hours)
        fall = min(1.0, max(0.0, (1 - share) / self.args.decay))
        return float(self.args.lr * min(1.0, (self.steps + 1) / 200) * fall)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.average, self.steps, self.hours = state["average"], state["steps"], state["hours"]

    def begin_with(self, path: Path) -> None:
        """Load the weights of an exported checkpoint; the heads that are used in training only stay random."""
        missing, unknown = self.network.load_state_dict(
            {k: v.float() for k, v in load_file(path).items()}, strict=False
        )
        if unknown or any(not name.startswith(("middle.", "phone.")) for name in missing):
            raise SystemExit(
                f"--init: {path} is another network (missing {missing}, unknown {unknown}); check --dim and --blocks"
            )
        self.average = {n: p.detach().clone() for n, p in self.network.named_parameters()}
        self.hours = self.args.init_hours

    def save(self, path: Path) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "average": self.average,
            "steps": self.steps,
            "hours": self.hours,
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def step(self, batch: Batch) -> dict[str, float]:
        found = losses(self.network, batch, self.args.dtype == "bfloat16")
        share = min(1.0, self.hours / self.args.total_hours)
        loss = found["ctc"] + 0.3 * found["middle"] + (1 - 0.7 * share) * found.get("phone", torch.zeros(()))
        loss.backward()
        norm, hours = average_gradients(self.parameters, batch.hours)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.learning_rate()
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        decay = min(0.998, 1 - 1 / (self.steps + 1) ** 0.9)
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                self.average[name].lerp_(parameter, 1 - decay)
        self.steps += 1
        self.hours += hours
        return {name: float(value.detach()) for name, value in found.items()} | {"norm": norm}

    def evaluate(self) -> dict[str, float]:
        """Character error rates of the averaged weights."""
        trained = {n: p.detach().clone() for n, p in self.network.named_parameters()}
        self.network.load_state_dict(self.average)
        rates = character_error_rates(self.network, self.args.dev, limit=60)
        self.network.load_state_dict(trained)
        return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feats", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--total-hours", type=float, default=200.0, help="hours of speech to train on")
    parser.add_argument(
        "--decay", type=float, default=0.4, help="last fraction of the hours, over which the rate falls"
    )
    parser.add_argument("--seconds", type=float, default=65.0, help="seconds of speech in the batch of one process")
    parser.add_argument("--init", type=Path, help="checkpoint (.safetensors) to start from, if --out has no run")
    parser.add_argument(
        "--init-hours", type=float, default=0.0, help="hours, of --total-hours, that --init was trained on"
    )
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="float32",
        help="of the blocks; bfloat16 only on a processor that multiplies it (avx512_bf16, amx_bf16)",
    )
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--dim", type=int, default=240)
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-minutes", type=float, default=5.0)
    parser.add_argument("--evaluate-minutes", type=float, default=8.0)
    args = parser.parse_args()
    if "RANK" in os.environ:
        dist.init_process_group("gloo")
    rank = dist.get_rank() if dist.is_initialized() else 0
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    args.out.mkdir(parents=True, exist_ok=True)
    run = Run(args)
    checkpoint = args.out / "last.pt"
    if checkpoint.exists():
        run.load(checkpoint)
    elif args.init:
        run.begin_with(args.init)
    batches = Batches(
        args.feats,
        {name: first for name, (first, _) in WEIGHTS.items()},
        args.seconds,
        seed=args.seed + 1000 * rank + 7 * run.steps,
    )
    began = saved = evaluated = time.time()
    sums: dict[str, float] = {}
    while run.hours < args.total_hours:
        share = run.hours / args.total_hours
        batches.weights = {
            name: first + (last - first) * min(1.0, 1.5 * share) for name, (first, last) in WEIGHTS.items()
        }
        strength = min(1.0, 0.15 + run.hours / (0.25 * args.total_hours))
        for name, value in run.step(batches.draw(strength)).items():
            sums[name] = sums.get(name, 0.0) + value
        if run.steps % 50 == 0:
            batches.refresh()
            if rank == 0:
                row = {"step": run.steps, "hours": round(run.hours, 2), "seconds": round(time.time() - began)}
                row |= {name: round(value / 50, 4) for name, value in sums.items()}
                _log(args.out, row | {"lr": run.learning_rate(), "strength": round(strength, 2)})
            sums = {}
        finished = run.hours >= args.total_hours
        if rank == 0 and (finished or time.time() - saved > 60 * args.save_minutes):
            run.save(checkpoint)
            saved = time.time()
        if rank == 0 and (finished or time.time() - evaluated > 60 * args.evaluate_minutes):
            _log(args.out, {"step": run.steps, "hours": round(run.hours, 2), "cer": run.evaluate()})
            evaluated = time.time()


def _log(folder: Path, row: dict[str, object]) -> None:
    line = json.dumps(row)
    with open(folder / "log.jsonl", "a", encoding="utf-8") as file:
        file.write(line + "\n")
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    one_line(main)
