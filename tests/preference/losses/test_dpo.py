"""DPO and its variants: results of TRL, identities of the formulas, and invalid options."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import logsigmoid

from ctcalign.errors import UsageError
from ctcalign.preference import dpo_loss
from ctcalign.preference.losses.dpo_variants import VARIANTS
from tests.preference.batches import (
    SIDES,
    doubles,
    golden,
    golden_pairs,
    gradients,
    leaves,
    near,
    random_pairs,
    rows_of,
)

ROWS = {row["name"]: row for row in golden("trl_dpo")["results"]}
SMOOTH = {name: 0.1 for name, variant in VARIANTS.items() if variant.smoothing == "must"}


def collisions() -> dict[str, torch.Tensor]:
    """log of the sum of squared probabilities, from the golden's full logits."""
    logits = torch.tensor(golden("trl_dpo")["input"]["policy_logits"], dtype=torch.float64)[:, :-1]
    both = (2 * logits.log_softmax(-1)).logsumexp(-1)
    return {"chosen_log_collision": both[:3], "rejected_log_collision": both[3:]}


@pytest.mark.parametrize("name", ROWS)
def test_dpo_of_trl(name):
    row = ROWS[name]
    args = row["args"]
    batch = golden_pairs(torch.float32 if args.get("dt") else torch.float64)
    options = {"variant": args["loss_type"], "beta": args["beta"], "label_smoothing": args.get("ls", 0.0)}
    options |= {"divergence": args.get("fdiv", "reverse_kl"), "divergence_alpha": args.get("coef", 1.0)}
    options |= {"ld_alpha": args.get("ld", 1.0), "wpo": args.get("weighting", False)}
    if options["wpo"]:
        options |= collisions()

    result = dpo_loss(**batch, **options)
    result.loss.backward()
    near(result.loss, row["loss_mean"])
    # TRL's gradient is not 0 outside the mask, where its model returns log-probs of 0 that it sums; here it is 0.
    mask = torch.cat([batch["chosen_mask"], batch["rejected_mask"]])
    near(gradients(batch), doubles(row["grad_per_token_logps"]).masked_fill(~mask, 0.0))
    for side in SIDES:  # a small difference of sums of about ten nats: float32 does not keep six digits
        near(result.metrics[f"{side}_rewards"], row[f"rewards_{side}_mean"], rtol=5e-6 if args.get("dt") else 1e-6)
    assert float(result.accuracy) == pytest.approx(row["reward_accuracy"], rel=1e-6)
    if "loss_per_pair" in row:
        one_by_one = [dpo_loss(**rows_of(batch, slice(i, i + 1)), **{k: v[i : i + 1] if hasattr(v, "shape") else v
                               for k, v in options.items()}).loss for i in range(3)]  # fmt: skip
        near(torch.stack(one_by_one), row["loss_per_pair"])


def test_all_variants_of_trl_are_supported():
    assert {row["args"]["loss_type"] for row in ROWS.values()} == set(VARIANTS) - {"conservative"}


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_conservative_is_a_mixture_over_the_two_orders(seed):
    batch = random_pairs(seed)
    swapped = {name.replace("chosen", "x").replace("rejected", "chosen").replace("x", "rejected"): value
               for name, value in batch.items()}  # fmt: skip
    mixed = 0.8 * dpo_loss(**batch).losses + 0.2 * dpo_loss(**swapped).losses
    for variant in ("sigmoid", "conservative"):
        near(dpo_loss(**batch, variant=variant, label_smoothing=0.2).losses, mixed)


@given(seed=st.integers(0, 2**16), beta=st.floats(0.01, 5))
@settings(max_examples=20, deadline=None)
def test_policy_equal_to_reference_costs_log_two(seed, beta):
    batch = random_pairs(seed)
    batch |= {name.replace("_log_probs", "_reference_log_probs"): value for name, value in batch.items()
              if name in ("chosen_log_probs", "rejected_log_probs")}  # fmt: skip
    for variant in ("sigmoid", "sigmoid_norm", "aot_unpaired"):
        near(dpo_loss(**batch, variant=variant, beta=beta).loss, math.log(2))


@pytest.mark.parametrize("variant", [name for name, kind in VARIANTS.items() if not kind.whole_batch])
@given(seed=st.integers(0, 2**16))
@settings(max_examples=5, deadline=None)
def test_a_batch_of_two_is_two_batches_of_one(variant, seed):
    batch = random_pairs(seed, rows=2)
    options = {"variant": variant, "label_smoothing": SMOOTH.get(variant, 0.0), "ld_alpha": 0.3}
    both = dpo_loss(**batch, **options)
    alone = [dpo_loss(**rows_of(batch, slice(i, i + 1)), **options) for i in range(2)]
    near(both.losses, torch.cat([one.losses for one in alone]).detach())
    near(both.loss, (alone[0].loss + alone[1].loss).detach() / 2)


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_equal_finite_differences(variant):
    batch = random_pairs(7)
    names = [name for name, value in batch.items() if value.requires_grad]
    rest = {name: value for name, value in batch.items() if name not in names}

    def loss(*values):
        changed = dict(zip(names, values, strict=True))
        return dpo_loss(**rest, **changed, variant=variant, label_smoothing=SMOOTH.get(variant, 0.0)).loss

    assert torch.autograd.gradcheck(loss, leaves(batch))


@pytest.mark.parametrize("variant", ["sigmoid", "discopop", "exo_pair", "robust", "apo_down", "sigmoid_norm"])
def test_large_log_ratios_stay_finite(variant):
    batch = {name: value.detach().float() * (1e4 if name == "chosen_log_probs" else 1)
             if value.is_floating_point() else value for name, value in random_pairs(3).items()}  # fmt: skip
    batch["chosen_log_probs"].requires_grad_()
    loss = dpo_loss(**batch, variant=variant, beta=1.0, label_smoothing=SMOOTH.get(variant, 0.0)).loss
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(batch["chosen_log_probs"].grad).all()


@pytest.mark.parametrize("divergence", ["forward_kl", "js_divergence", "alpha_divergence"])
def test_large_log_ratios_stay_finite_under_a_divergence(divergence):
    batch = {name: value.detach().float() if value.is_floating_point() else value
             for name, value in random_pairs(3).items()}  # fmt: skip
    batch["chosen_log_probs"] = batch["chosen_log_probs"] * 1e4
    batch["rejected_reference_log_probs"] = batch["rejected_reference_log_probs"] * 1e4
    assert torch.isfinite(dpo_loss(**batch, divergence=divergence, divergence_alpha=2.0).loss)


def test_ld_alpha_reduces_the_weight_beyond_the_shorter_response():
    batch = {"chosen_log_probs": [[-1.0, -2.0, -4.0]], "rejected_log_probs": [[-1.0]]}
    batch = {name: torch.tensor(value) for name, value in batch.items()}
    batch |= {name.replace("_log_probs", "_reference_log_probs"): torch.zeros_like(v) for name, v in batch.items()}
    batch |= {"chosen_mask": torch.tensor([[0, 1, 1]]), "rejected_mask": torch.tensor([[1]])}
    found = dpo_loss(**batch, beta=1.0, ld_alpha=0.5)
    near(found.losses, [-logsigmoid(torch.tensor(-2.0 - 0.5 * 4.0 + 1.0)).item()])
    near(found.chosen_log_probs, [-6.0])  # the metric is the plain log-prob


def test_lengths_replace_the_count_of_tokens():
    batch = random_pairs(1, lengths=(1, 1))
    lengths = {"chosen_lengths": torch.tensor([2, 3, 4]), "rejected_lengths": torch.tensor([5, 2, 1])}
    chosen, rejected = (
        (batch[f"{side}_log_probs"] - batch[f"{side}_reference_log_probs"])[:, 0] / lengths[f"{side}_lengths"]
        for side in SIDES
    )
    found = dpo_loss(**batch, **lengths, variant="sigmoid_norm", beta=0.7)
    near(found.losses, -logsigmoid(0.7 * (chosen - rejected)).detach())
    assert found.chosen_lengths.tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": 0.0}, r"beta: got 0.0, expected a finite number > 0"),
        ({"variant": "kto"}, r"variant: got 'kto', expected one of sigmoid, .*sft"),
        ({"variant": "hinge", "label_smoothing": 0.1}, r"label_smoothing: got 0.1, but variant 'hinge'"),
        ({"variant": "exo_pair"}, r"label_smoothing: got 0, but variant 'exo_pair' needs a value > 0"),
        ({"label_smoothing": 0.5}, r"label_smoothing: got 0.5, .* < 0.5"),
        ({"variant": "aot", "divergence": "forward_kl"}, r"divergence: got 'forward_kl', but variant 'aot'"),
        ({"divergence": "tv"}, r"divergence: got 'tv', expected one of"),
        ({"ld_alpha": 1.5}, r"ld_alpha: got 1.5"),
        ({"wpo": True}, r"wpo: it needs chosen_log_collision"),
        ({"wpo": True, "variant": "sft"}, r"wpo: variant 'sft' has no separate loss of each pair"),
        ({"tau": 0.0, "variant": "discopop"}, r"tau: got 0.0"),
    ],
)
def test_invalid_options(options, message):
    with pytest.raises(UsageError, match=message) as caught:
        dpo_loss(**random_pairs(0), **options)
    assert "\n" not in str(caught.value)
