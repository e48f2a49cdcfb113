"""CPO, SimPO, AlphaPO and LOGO: results of TRL and of the authors' code, and identities of the formulas."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference import BatchError, cpo_loss, logo_loss, simpo_loss
from tests.preference.batches import (
    SIDES,
    doubles,
    golden,
    golden_pairs,
    near,
    random_pairs,
    rows_of,
)

CPO = golden("trl_cpo_simpo")
LOGO = golden("logo")


def without_reference() -> dict:
    return {name: value for name, value in golden_pairs().items() if "reference" not in name}


@pytest.mark.parametrize(
    "row", CPO["results"], ids=lambda row: f"{row['loss_type']}_{row['beta']}_{row['simpo_gamma']}"
)
def test_cpo_and_simpo_of_trl(row):
    batch = without_reference()
    options = {"beta": row["beta"], "label_smoothing": row["label_smoothing"], "sft_weight": 0.0}
    if row["loss_type"] == "simpo":
        result = simpo_loss(**batch, **options, gamma=row["simpo_gamma"], alpha=row["alphapo_alpha"])
    else:
        result = cpo_loss(**batch, **options, variant=row["loss_type"])
    result.loss.backward()
    near(result.losses.detach(), row["losses"])
    near(result.chosen_rewards, row["chosen_rewards"])
    near(result.rejected_rewards, row["rejected_rewards"])
    per_sequence = doubles(row["grad_mean_loss_wrt_sequence_logps"])
    for place, side in enumerate(SIDES):
        mask, expected = batch[f"{side}_mask"], per_sequence[3 * place : 3 * place + 3]
        if row["average_log_prob"]:
            expected = expected / mask.sum(-1)
        near(batch[f"{side}_log_probs"].grad, expected[:, None] * mask)


@pytest.mark.parametrize("loss", [cpo_loss, simpo_loss, logo_loss])
def test_the_cross_entropy_of_the_chosen_is_a_mean_over_tokens(loss):
    batch = random_pairs(5, reference=False)
    if loss is logo_loss:
        batch |= {name: value.detach()[:, None] for name, value in batch.items() if name.startswith("rejected")}
    with_cost, without = loss(**batch, sft_weight=0.7), loss(**batch, sft_weight=0.0)
    cost = -batch["chosen_log_probs"].detach()[batch["chosen_mask"]].mean()
    near((with_cost.loss - without.loss).detach(), 0.7 * cost)
    near(with_cost.metrics["chosen_cost"], cost)
    near(with_cost.losses, without.losses)


@given(seed=st.integers(0, 2**16), alpha=st.sampled_from([1e-7, -1e-7]))
@settings(max_examples=10, deadline=None)
def test_alphapo_with_small_alpha_is_simpo(seed, alpha):
    batch = random_pairs(seed, reference=False)
    near(simpo_loss(**batch, alpha=alpha).losses, simpo_loss(**batch).losses, rtol=1e-5)


@given(seed=st.integers(0, 2**16), length=st.integers(1, 50))
@settings(max_examples=10, deadline=None)
def test_simpo_of_whole_sequences_equals_simpo_of_tokens(seed, length):
    batch = random_pairs(seed, reference=False)
    whole = {}
    for side in SIDES:
        mask = batch[f"{side}_mask"]
        whole[f"{side}_log_probs"] = (batch[f"{side}_log_probs"] * mask).sum(-1, keepdim=True)
        whole[f"{side}_mask"] = torch.ones(3, 1)
        whole[f"{side}_lengths"] = mask.sum(-1)
    near(simpo_loss(**whole).losses, simpo_loss(**batch).losses)
    frames = {f"{side}_lengths": torch.full((3,), length) for side in SIDES}  # equivalent to another beta
    ones = {f"{side}_lengths": torch.ones(3) for side in SIDES}
    near(simpo_loss(**batch, **frames, beta=float(length)).losses, simpo_loss(**batch, **ones, beta=1.0).losses)


@pytest.mark.parametrize("row", LOGO["results"], ids=lambda row: f"{row['loss_type']}_{row['beta']}")
def test_logo_of_the_authors(row):
    chosen = doubles(LOGO["chosen"]).requires_grad_()
    rejected = torch.stack([doubles(LOGO["rejected_1"]), doubles(LOGO["rejected_2"])], 1).requires_grad_()
    options = {"beta": row["beta"], "gamma_beta_ratio": row["gamma_beta_ratio"], "variant": row["loss_type"]}
    result = logo_loss(
        chosen[:, None], rejected[..., None], torch.ones(2, 1), torch.ones(2, 2, 1), sft_weight=0.0, **options
    )
    near(result.losses.detach(), row["losses"])
    result.loss.backward()
    near(chosen.grad, row["grad_chosen"])
    near(rejected.grad, torch.stack([doubles(row["grad_rejected_1"]), doubles(row["grad_rejected_2"])], 1))


@given(seed=st.integers(0, 2**16), copies=st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_logo_against_copies_of_one_response_is_simpo(seed, copies):
    batch = random_pairs(seed, reference=False)
    several = {
        name: value.detach()[:, None].expand(-1, copies, -1) if name.startswith("rejected") else value
        for name, value in batch.items()
    }
    near(
        logo_loss(**several, beta=2.0, gamma_beta_ratio=0.25, sft_weight=0.3).loss,
        simpo_loss(**batch, beta=2.0, gamma=0.5, sft_weight=0.3).loss.detach(),
    )


@pytest.mark.parametrize("loss", [cpo_loss, simpo_loss, logo_loss])
@given(seed=st.integers(0, 2**16))
@settings(max_examples=5, deadline=None)
def test_a_batch_of_two_is_two_batches_of_one(loss, seed):
    batch = random_pairs(seed, rows=2, reference=False)
    if loss is logo_loss:
        batch = {name: torch.stack([value, value.flip(0)], 1) if name.startswith("rejected") else value
                 for name, value in batch.items()}  # fmt: skip
    batch = {name: value.detach() for name, value in batch.items()}
    alone = [loss(**rows_of(batch, slice(i, i + 1)), sft_weight=0.0).losses for i in range(2)]
    near(loss(**batch).losses, torch.cat(alone))


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (lambda b: cpo_loss(**b, variant="simpo"), UsageError, "variant: got 'simpo', expected one of sigmoid, hinge"),
        (lambda b: cpo_loss(**b, variant="ipo", label_smoothing=0.1), UsageError, "label_smoothing: got 0.1, but"),
        (lambda b: simpo_loss(**b, alpha=1e4), UsageError, "alpha: 10000.0 makes exp.* overflow"),
        (lambda b: simpo_loss(**b, alpha=math.nan), UsageError, "alpha: got nan"),
        (lambda b: simpo_loss(**b, gamma=-1), UsageError, "gamma: got -1"),
        (lambda b: logo_loss(**b), ShapeError, r"rejected_log_probs: expected floats of shape \(B, M, L\), got"),
        (
            lambda b: simpo_loss(**b, chosen_lengths=torch.ones(2)),
            ShapeError,
            r"chosen_lengths: .* shape \(3,\), got \(2,\)",
        ),
        (lambda b: simpo_loss(**b, chosen_lengths=torch.zeros(3)), BatchError, "chosen_mask: row 0 has length 0"),
    ],
)
def test_invalid_arguments(run, error, message):
    with pytest.raises(error, match=message) as caught:
        run(random_pairs(0, reference=False))
    assert "\n" not in str(caught.value)
