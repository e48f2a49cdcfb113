"""TDPO, critical-token DPO and T-REG: results of the authors' code, and identities of the formulas."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference import BatchError, cdpo_loss, dpo_loss, simpo_loss, tdpo_loss, treg_loss
from tests.preference.batches import (
    SIDES,
    doubles,
    golden,
    golden_pairs,
    gradients,
    near,
    positive,
    random_pairs,
    rows_of,
)

TDPO = golden("tdpo")
CDPO = golden("cdpo")


def with_kl(batch: dict, seed: int) -> dict:
    return batch | {f"{side}_kl": positive(seed, batch[f"{side}_mask"].shape).requires_grad_() for side in SIDES}


def with_scores(batch: dict, seed: int) -> dict:
    return batch | {f"{side}_scores": positive(seed, batch[f"{side}_mask"].shape) for side in SIDES}


@pytest.mark.parametrize("row", TDPO["results"], ids=lambda row: f"{row['variant']}_{row['beta']}_{row['alpha']}")
def test_tdpo_of_the_authors(row):
    given_logits = torch.tensor(TDPO["input"]["policy_logits"], dtype=torch.float64).requires_grad_()
    tokens = torch.tensor(TDPO["input"]["token_ids"])[:, 1:]
    policy = given_logits[:, :-1].log_softmax(-1)
    reference = doubles(TDPO["input"]["ref_logits"])[:, :-1].log_softmax(-1)
    kl = (reference.exp() * (reference - policy)).sum(-1)
    mask = torch.tensor(TDPO["input"]["completion_mask"])[:, 1:]
    batch = {}
    for side, rows in zip(SIDES, (slice(0, 3), slice(3, 6)), strict=True):
        batch[f"{side}_log_probs"] = policy[rows].gather(-1, tokens[rows, :, None])[..., 0]
        batch[f"{side}_reference_log_probs"] = reference[rows].gather(-1, tokens[rows, :, None])[..., 0]
        batch[f"{side}_kl"] = kl[rows]
        batch[f"{side}_mask"] = mask[rows]

    result = tdpo_loss(**batch, beta=row["beta"], alpha=row["alpha"], variant=row["variant"])
    result.loss.backward()
    near(result.losses.detach(), row["losses"])
    near(result.chosen_rewards, row["chosen_rewards"])
    near(result.rejected_rewards, row["rejected_rewards"])
    near(torch.cat([result.extras["chosen_kl"], result.extras["rejected_kl"]]), TDPO["position_kl_sum"])
    near(torch.cat([result.chosen_log_probs, result.rejected_log_probs]), TDPO["logps"])
    near(given_logits.grad, row["grad_mean_loss_wrt_policy_logits"])


@given(seed=st.integers(0, 2**16), beta=st.floats(0.05, 3))
@settings(max_examples=20, deadline=None)
def test_tdpo_without_alpha_is_dpo(seed, beta):
    batch = random_pairs(seed)
    near(tdpo_loss(**with_kl(batch, seed), alpha=0.0, beta=beta).losses, dpo_loss(**batch, beta=beta).losses)


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_tdpo2_with_alpha_one_has_the_value_of_tdpo1_but_not_its_gradient(seed):
    batch = with_kl(random_pairs(seed), seed)
    values, through_chosen = [], []
    for options in ({"variant": "tdpo1"}, {"alpha": 1.0}):
        loss = tdpo_loss(**batch, **options).loss
        values.append(loss.detach())
        grads = torch.autograd.grad(loss, [batch["chosen_kl"], batch["rejected_kl"]], allow_unused=True)
        through_chosen.append(grads[0] is not None)
        assert grads[1].abs().sum() > 0
    near(values[0], values[1])
    assert through_chosen == [True, False]


def paper_and_released(row: dict) -> list[tuple[torch.Tensor, dict]]:
    batch = golden_pairs()
    tails = {"chosen": torch.ones(3, 1), "rejected": torch.zeros(3, 1)}  # weight of the last token in the released code
    for side, key in (("chosen", "ce_pos"), ("rejected", "ce_neg")):
        batch[f"{side}_scores"] = torch.cat([doubles(CDPO[key]), tails[side].double()], 1)
    options = {"beta": row["beta"], "label_smoothing": row["label_smoothing"], "only_rejected": row["only_neg"]}
    return [(cdpo_loss(**batch, **options, reduction=form), batch) for form in ("sequence", "token_released")]


@pytest.mark.parametrize("row", CDPO["results"], ids=lambda row: f"{row['only_neg']}_{row['beta']}")
def test_cdpo_of_the_authors(row):
    (paper, _), (released, batch) = paper_and_released(row)
    near(paper.losses.detach(), row["derived_paper_form_losses"])
    near(released.losses.detach(), doubles(row["losses_per_token"]).mean(-1))
    near(released.loss.detach(), row["mean_loss"])
    released.loss.backward()
    mask = torch.cat([batch["chosen_mask"], batch["rejected_mask"]])
    near(gradients(batch), doubles(row["grad_mean_loss_wrt_per_token_logps"]).masked_fill(~mask, 0.0))


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_cdpo_with_all_tokens_critical_is_dpo(seed):
    batch = random_pairs(seed)
    scores = {"rejected_scores": torch.zeros_like(batch["rejected_log_probs"])}
    near(cdpo_loss(**batch, **scores).losses, dpo_loss(**batch).losses)


def test_a_token_that_is_not_critical_gets_no_gradient():
    batch = random_pairs(4)
    scores = (torch.arange(12).view(3, 4) % 2).double()
    result = cdpo_loss(**batch, rejected_scores=scores)
    result.loss.backward()
    moved = batch["rejected_log_probs"].grad != 0
    assert torch.equal(moved, batch["rejected_mask"] & (scores == 0))
    weight = ((1 - scores) * batch["rejected_mask"]).sum(-1) / batch["rejected_mask"].sum(-1)
    near(result.extras["rejected_weight"], weight)


@pytest.mark.parametrize("loss", ["tdpo1", "tdpo2", "sequence", "token_released"])
@given(seed=st.integers(0, 2**16))
@settings(max_examples=5, deadline=None)
def test_a_batch_of_two_is_two_batches_of_one(loss, seed):
    batch = random_pairs(seed, rows=2, lengths=(4, 4))

    def run(part):
        return tdpo_loss(**part, variant=loss) if "tdpo" in loss else cdpo_loss(**part, reduction=loss)

    batch = with_kl(batch, seed) if "tdpo" in loss else with_scores(batch, seed)
    if "tdpo" not in loss:
        del batch["chosen_scores"]
    alone = [run(rows_of(batch, slice(i, i + 1))).losses for i in range(2)]
    near(run(batch).losses, torch.cat(alone).detach())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"alpha": -1.0}, UsageError, "alpha: got -1.0, expected a finite number >= 0"),
        ({"variant": "tdpo3"}, UsageError, "variant: got 'tdpo3', expected one of tdpo2, tdpo1"),
        ({"chosen_kl": torch.ones(3)}, ShapeError, r"chosen_kl: expected floats of shape \(3, 5\), got .*\(3,\)"),
    ],
)
def test_invalid_arguments_of_tdpo(options, error, message):
    with pytest.raises(error, match=message):
        tdpo_loss(**{**with_kl(random_pairs(0), 0), **options})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"only_rejected": False}, UsageError, "chosen_scores: got None, but the options require it"),
        ({"reduction": "token_released"}, ShapeError, r"expected shape \(3, 5\) .* got \(3, 4\); .* pad them"),
        ({"reduction": "mean"}, UsageError, "reduction: got 'mean'"),
        ({"rejected_scores": torch.full((3, 4), 1.5)}, BatchError, r"rejected_scores: .* in \[0, 1\], got 1.5"),
    ],
)
def test_invalid_arguments_of_cdpo(options, error, message):
    with pytest.raises(error, match=message):
        cdpo_loss(**{**random_pairs(0), "rejected_scores": torch.ones(3, 4).double(), **options})


# T-REG has no published code to compare with: identities, gradients by hand, finite differences.


def guided(seed: int, rows: int = 3) -> dict:
    batch = random_pairs(seed, rows)
    for place, side in enumerate(SIDES):
        batch[f"{side}_token_rewards"] = positive(seed + place, batch[f"{side}_mask"].shape) - 0.5
    return batch


@given(seed=st.integers(0, 2**16), alpha=st.floats(0, 2))
@settings(max_examples=20, deadline=None)
def test_treg_without_token_rewards_is_its_base_loss(seed, alpha):
    batch = random_pairs(seed)
    nothing = {f"{side}_token_rewards": torch.zeros_like(batch[f"{side}_log_probs"]) for side in SIDES}
    near(treg_loss(**batch, **nothing, alpha=alpha).losses, dpo_loss(**batch).losses)
    plain = {name: value for name, value in batch.items() if "reference" not in name}
    found = treg_loss(**batch, **nothing, alpha=alpha, base="simpo", beta=2.0, gamma=0.4)
    near(found.losses, simpo_loss(**plain, beta=2.0, gamma=0.4).losses)


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_treg_gradient_of_each_token_has_a_term_of_its_reward(seed):
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


def test_treg_regulariser_by_hand():
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
def test_treg_of_a_batch_of_two_is_two_batches_of_one(seed, base):
    batch = guided(seed, rows=2)
    alone = [treg_loss(**rows_of(batch, slice(i, i + 1)), base=base).losses for i in range(2)]
    near(treg_loss(**batch, base=base).losses, torch.cat(alone).detach())


def test_treg_needs_a_reference_with_dpo_but_not_with_simpo():
    batch = guided(0) | {"chosen_reference_log_probs": None, "rejected_reference_log_probs": None}
    assert torch.isfinite(treg_loss(**batch, base="simpo").loss)
    with pytest.raises(UsageError, match="chosen_reference_log_probs: got None, but this loss needs a reference"):
        treg_loss(**batch)


def test_treg_token_rewards_out_of_range():
    batch = guided(0) | {"chosen_token_rewards": torch.full((3, 5), 0.7)}
    with pytest.raises(BatchError, match=r"chosen_token_rewards: expected values in \[-0.5, 0.5\], got 0.7"):
        treg_loss(**batch)
