"""T-REG has no published code: identities, gradients by hand, finite differences."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.errors import UsageError
from ctcalign.preference import BatchError, contrast_rewards, dpo_loss, simpo_loss, treg_loss
from tests.preference.preference_batches import SIDES, near, positive, random_pairs, rows_of


def guided(seed: int, rows: int = 3) -> dict:
    batch = random_pairs(seed, rows)
    for place, side in enumerate(SIDES):
        batch[f"{side}_token_rewards"] = positive(seed + place, batch[f"{side}_mask"].shape) - 0.5
    return batch


@given(seed=st.integers(0, 2**16), alpha=st.floats(0, 2))
@settings(max_examples=20, deadline=None)
def test_without_token_rewards_it_is_its_base(seed, alpha):
    batch = random_pairs(seed)
    nothing = {f"{side}_token_rewards": torch.zeros_like(batch[f"{side}_log_probs"]) for side in SIDES}
    near(treg_loss(**batch, **nothing, alpha=alpha).losses, dpo_loss(**batch).losses)
    plain = {name: value for name, value in batch.items() if "reference" not in name}
    found = treg_loss(**batch, **nothing, alpha=alpha, base="simpo", beta=2.0, gamma=0.4)
    near(found.losses, simpo_loss(**plain, beta=2.0, gamma=0.4).losses)


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_each_token_is_pulled_by_its_own_reward(seed):
    batch = guided(seed)
    result = treg_loss(**batch, alpha=0.3, beta=0.5)
    chosen, rejected = batch["chosen_log_probs"], batch["rejected_log_probs"]
    found = torch.autograd.grad(result.losses.sum(), [chosen, rejected])
    plain = {name: value for name, value in batch.items() if "rewards" not in name}
    base = torch.autograd.grad(dpo_loss(**plain, beta=0.5).losses.sum(), [chosen, rejected])
    weight = torch.sigmoid(result.rejected_rewards - result.chosen_rewards)[:, None]
    near(result.extras["weight"], weight[:, 0])
    for side, gradient, of_base in zip(SIDES, found, base, strict=True):
        pull = -0.5 * batch[f"{side}_token_rewards"] * batch[f"{side}_mask"]
        near(gradient - of_base, 0.3 * weight * pull, rtol=1e-9)


def test_the_regulariser_by_hand():
    one = torch.ones(1, 2, dtype=torch.float64)
    batch = {f"{side}_{noun}": one * value for side in SIDES for noun, value in (("log_probs", -2.0), ("mask", 1.0))}
    batch |= {f"{side}_reference_log_probs": one * -2.0 for side in SIDES}
    batch |= {
        "chosen_token_rewards": torch.tensor([[0.5, 0.25]]),
        "rejected_token_rewards": torch.tensor([[-0.5, 0.0]]),
    }
    result = treg_loss(**batch, beta=0.1, alpha=1.0)
    near(result.extras["regulariser"], [0.1 * 2 * 0.75 - 0.1 * 2 * 0.5])
    near(result.loss, 0.69314718056 + 0.5 * 0.05)


@given(seed=st.integers(0, 2**16), base=st.sampled_from(["dpo", "simpo"]))
@settings(max_examples=10, deadline=None)
def test_a_batch_of_two_is_two_batches_of_one(seed, base):
    batch = guided(seed, rows=2)
    alone = [treg_loss(**rows_of(batch, slice(i, i + 1)), base=base).losses for i in range(2)]
    near(treg_loss(**batch, base=base).losses, torch.cat(alone).detach())


def test_rewards_of_a_contrast():
    better, worse = torch.tensor([[0.0, -1.0, -1.0]]).requires_grad_(), torch.tensor([[-1.0, 0.0, -1.0]])
    found = contrast_rewards(better, worse)
    near(found, [[0.7310585786 - 0.5, 0.2689414214 - 0.5, 0.0]])
    assert not found.requires_grad


def test_simpo_needs_no_reference_and_dpo_does():
    batch = guided(0) | {"chosen_reference_log_probs": None, "rejected_reference_log_probs": None}
    assert torch.isfinite(treg_loss(**batch, base="simpo").loss)
    with pytest.raises(UsageError, match="chosen_reference_log_probs: got None, but this loss needs a reference"):
        treg_loss(**batch)


def test_token_rewards_out_of_range():
    batch = guided(0) | {"chosen_token_rewards": torch.full((3, 5), 0.7)}
    with pytest.raises(BatchError, match=r"chosen_token_rewards: expected values in \[-0.5, 0.5\], got 0.7"):
        treg_loss(**batch)
