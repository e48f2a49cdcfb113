"""Batches for the tests of preference losses, from golden files and random ones."""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from torch import Tensor
from torch.testing import assert_close

from ctcalign.preference import build_preference_loss

GOLDEN = Path(__file__).parents[1] / "golden"
SIDES = ("chosen", "rejected")


def golden(name: str) -> dict:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def doubles(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def near(found: Tensor, expected: object, rtol: float = 1e-6) -> None:
    """Equal to 1e-6 relative, or 1e-10 absolute, the rounding of the golden files."""
    expected = torch.as_tensor(expected, dtype=found.dtype)
    assert_close(found, expected, rtol=rtol, atol=1e-10)


def golden_pairs(dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """The batch of trl_dpo.json by argument name, with the policy's log-probs as leaves."""
    data = golden("trl_dpo")
    mask = torch.tensor(data["input"]["completion_mask"])[:, 1:].bool()
    batch = {}
    for place, side in enumerate(SIDES):
        rows = slice(3 * place, 3 * place + 3)
        policy = torch.tensor(data["policy_per_token_logps"][rows], dtype=dtype)
        batch[f"{side}_log_probs"] = policy.requires_grad_()
        batch[f"{side}_reference_log_probs"] = torch.tensor(data["ref_per_token_logps"][rows], dtype=dtype)
        batch[f"{side}_mask"] = mask[rows]
    return batch


def gradients(batch: dict[str, Tensor]) -> Tensor:
    """Gradients of both sides' log-probs, concatenated as in the golden files; 0 for a side without gradient."""
    sides = [batch[f"{side}_log_probs"] for side in SIDES]
    return torch.cat([torch.zeros_like(side) if side.grad is None else side.grad for side in sides])


def random_pairs(seed: int, rows: int = 3, lengths: tuple[int, int] = (5, 4), reference: bool = True) -> dict:
    """A batch by argument name: float64 log-probs of V = 6 tokens; every row has a scored token."""
    generator = torch.Generator().manual_seed(seed)
    batch = {}
    for side, length in zip(SIDES, lengths, strict=True):
        logits = torch.randn(rows, length, 6, dtype=torch.float64, generator=generator)
        batch[f"{side}_log_probs"] = logits.log_softmax(-1)[..., 0].requires_grad_()
        if reference:
            logits = torch.randn(rows, length, 6, dtype=torch.float64, generator=generator)
            batch[f"{side}_reference_log_probs"] = logits.log_softmax(-1)[..., 0]
        mask = torch.rand(rows, length, generator=generator) < 0.6
        mask[:, 0] |= ~mask.any(-1)
        batch[f"{side}_mask"] = mask
    return batch


def random_rows(seed: int, rows: int = 4, length: int = 5) -> dict:
    """An unpaired batch by argument name, without its classes."""
    pairs = random_pairs(seed, rows, (length, length))
    return {name.removeprefix("chosen_"): value for name, value in pairs.items() if name.startswith("chosen_")}


def positive(seed: int, shape: tuple[int, ...]) -> Tensor:
    return torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def poisoned(batch: dict, value: float = math.nan) -> dict:
    """The same batch as new leaves, with `value` at every masked position of every per-token tensor."""
    changed = {}
    for name, tensor in batch.items():
        side = next((f"{side}_" for side in (*SIDES, "mismatched") if name.startswith(side)), "")
        mask = batch.get(f"{side}mask")
        if tensor.is_floating_point() and mask is not None and tensor.shape == mask.shape:
            changed[name] = tensor.detach().masked_fill(~mask, value).requires_grad_(tensor.requires_grad)
        else:
            changed[name] = tensor.detach() if tensor.is_floating_point() else tensor
    return changed


def rows_of(batch: dict, rows: slice) -> dict:
    return {name: value.detach()[rows].requires_grad_(value.requires_grad) for name, value in batch.items()}


def leaves(batch: dict) -> list[Tensor]:
    return [value for value in batch.values() if value.requires_grad]


def full_batch(name: str, seed: int) -> dict[str, Tensor]:
    if name in ("bco", "kto", "poft"):
        batch = random_rows(seed)
        batch |= {f"mismatched_{key}": value.detach() for key, value in random_rows(seed + 1).items()}
        aligned = -positive(seed, (4, 2))
        return {**batch, "desirable": torch.tensor([True, False, True, False]), "aligned_scores": aligned}
    batch = random_pairs(seed, lengths=(5, 5))
    for place, side in enumerate(SIDES):
        shape = batch[f"{side}_mask"].shape
        batch[f"{side}_kl"] = positive(seed, shape).requires_grad_()
        batch[f"{side}_log_collision"] = -positive(seed + 1, shape)
        batch[f"{side}_scores"] = positive(seed + 2 + place, shape)
        batch[f"{side}_token_rewards"] = positive(seed + 4 + place, shape) - 0.5
    if name == "logo":
        batch = {key: batch[key] for key in build_preference_loss("logo").needs}
        for key in ("rejected_log_probs", "rejected_mask"):
            value = batch[key].detach()
            batch[key] = torch.stack([value, value.flip(0)], 1).requires_grad_(value.is_floating_point())
    return batch
