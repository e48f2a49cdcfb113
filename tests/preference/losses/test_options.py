"""Options of the losses: defaults, edges of their ranges, scores of divergences by hand."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.preference import build_preference_loss, dpo_loss, matching_weights, simpo_loss
from ctcalign.preference.losses.dpo import DIVERGENCES, divergence_scores
from ctcalign.preference.losses.dpo_variants import VARIANTS
from ctcalign.preference.losses.reference_free import alpha_reward
from tests.preference.batches import doubles, full_batch, near, positive, random_pairs

# The defaults that the pages promise: those of TRL or of the papers.
DEFAULTS = [
    ("dpo", {}, {"beta": 0.1, "variant": "sigmoid", "label_smoothing": 0.0, "divergence": "reverse_kl"}),
    ("dpo", {}, {"ld_alpha": 1.0, "wpo": False}),
    ("dpo", {"variant": "discopop", "beta": 1.0}, {"tau": 0.05}),
    ("dpo", {"divergence": "alpha_divergence"}, {"divergence_alpha": 1.0}),
    ("tdpo", {}, {"beta": 0.1, "alpha": 0.5, "variant": "tdpo2"}),
    ("cdpo", {}, {"beta": 0.1, "label_smoothing": 0.0, "only_rejected": True, "reduction": "sequence"}),
    ("treg", {}, {"beta": 0.1, "alpha": 0.25, "base": "dpo"}),
    ("treg", {"base": "simpo"}, {"beta": 0.1, "alpha": 0.25, "gamma": 0.5}),
    ("kto", {}, {"beta": 0.1, "desirable_weight": 1.0, "undesirable_weight": 1.0, "variant": "kto"}),
    ("bco", {}, {"beta": 0.1, "min_weight": 0.5, "max_weight": 10.0, "shift_average": "rows"}),
    ("poft", {}, {"beta": 1.0, "gamma": 0.0}),
    ("cpo", {}, {"beta": 0.1, "variant": "sigmoid", "label_smoothing": 0.0, "sft_weight": 1.0}),
    ("simpo", {}, {"beta": 2.0, "gamma": 0.5, "label_smoothing": 0.0, "alpha": 0.0, "sft_weight": 0.0}),
    ("logo", {}, {"beta": 10.0, "gamma_beta_ratio": 0.3, "sft_weight": 0.1, "variant": "sigmoid"}),
]


@pytest.mark.parametrize(("name", "given", "defaults"), DEFAULTS)
def test_defaults(name, given, defaults):
    batch = full_batch(name, 2)
    if name == "bco":  # weights beyond both bounds
        batch["desirable_probability"] = doubles([0.5, 0.01, 0.5, 0.99])
    plain = build_preference_loss(name, **given)(batch)
    named = build_preference_loss(name, **given, **defaults)(batch)
    assert torch.equal(plain.losses, named.losses)
    assert torch.equal(plain.loss, named.loss)


# Of each option: the values at the ends of its range, and the nearest ones outside.
EDGES = [
    ("dpo", "beta", [1e-9], [0.0, -0.1, math.inf]),
    ("dpo", "tau", [1e-9], [0.0, -0.05]),
    ("dpo", "label_smoothing", [0.0, 0.4999], [-1e-3, 0.5]),
    ("dpo", "ld_alpha", [0.0, 1.0], [-1e-3, 1.001]),
    ("dpo", "divergence_alpha", [0.0], [-1e-3]),
    ("tdpo", "beta", [1e-9], [0.0]),
    ("tdpo", "alpha", [0.0], [-1e-3]),
    ("cdpo", "beta", [1e-9], [0.0]),
    ("cdpo", "label_smoothing", [0.0, 0.4999], [-1e-3, 0.5]),
    ("treg", "beta", [1e-9], [0.0]),
    ("treg", "alpha", [0.0], [-1e-3]),
    ("treg", "gamma", [0.0], [-1e-3]),
    ("treg", "base", ["dpo", "simpo"], ["ipo"]),
    ("kto", "beta", [1e-9], [0.0]),
    ("kto", "desirable_weight", [0.0], [-1e-3]),
    ("kto", "undesirable_weight", [0.0], [-1e-3]),
    ("bco", "beta", [1e-9], [0.0]),
    ("bco", "min_weight", [0.0, 10.0], [-1e-3]),
    ("bco", "max_weight", [0.5], [0.499, -1.0]),
    ("poft", "beta", [1e-9], [0.0]),
    ("poft", "gamma", [0.0], [-1e-3]),
    ("cpo", "beta", [1e-9], [0.0]),
    ("cpo", "label_smoothing", [0.0, 0.4999], [-1e-3, 0.5]),
    ("cpo", "sft_weight", [0.0], [-1e-3]),
    ("simpo", "beta", [1e-9], [0.0]),
    ("simpo", "gamma", [0.0], [-1e-3]),
    ("simpo", "label_smoothing", [0.0, 0.4999], [-1e-3, 0.5]),
    ("simpo", "sft_weight", [0.0], [-1e-3]),
    ("simpo", "alpha", [0.0, -1.0], [math.inf]),
    ("logo", "beta", [1e-9], [0.0]),
    ("logo", "gamma_beta_ratio", [0.0], [-1e-3]),
    ("logo", "sft_weight", [0.0], [-1e-3]),
    ("logo", "variant", ["sigmoid", "hinge"], ["ipo"]),
]


@pytest.mark.parametrize(("name", "option", "inside", "outside"), EDGES)
def test_edges_of_options(name, option, inside, outside):
    batch = full_batch(name, 2)
    for value in inside:
        assert torch.isfinite(build_preference_loss(name, **{option: value})(batch).loss)
    for value in outside:
        with pytest.raises(UsageError, match=rf"^{option}: got"):
            build_preference_loss(name, **{option: value})(batch)


def test_scores_of_divergences_by_hand():
    r = doubles([0.0, 0.5, -2.0])
    assert set(DIVERGENCES) == {"reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"}
    near(divergence_scores(r), r)
    near(divergence_scores(r, "forward_kl"), [0.0, 1 - math.exp(-0.5), 1 - math.exp(2.0)])
    near(divergence_scores(r, "js_divergence"), [math.log(2 / (1 + math.exp(-x))) for x in (0.0, 0.5, -2.0)])
    near(divergence_scores(r, "alpha_divergence", 0.5), [(math.exp(-0.5 * x) - 1) / -0.5 for x in (0.0, 0.5, -2.0)])
    near(divergence_scores(r, "alpha_divergence", 3.0), [(math.exp(2 * x) - 1) / 2 for x in (0.0, 0.5, -2.0)])
    near(divergence_scores(r, "alpha_divergence", 1.0), r)
    assert torch.equal(divergence_scores(r, "alpha_divergence", 1.0 + 1e-7), r)  # its limit, without rounding errors
    near(divergence_scores(r, "alpha_divergence", 1.0 + 1e-5), [(math.expm1(1e-5 * x)) / 1e-5 for x in (0.0, 0.5, -2)])


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 80.0), (torch.float64, 700.0)])
def test_exponents_of_divergences_are_clamped(dtype, most):
    far = torch.tensor([most - 1, most, 2 * most], dtype=dtype)
    forward = divergence_scores(-far, "forward_kl")
    near(forward, [1 - math.exp(most - 1), 1 - math.exp(most), 1 - math.exp(most)], rtol=1e-5)
    alpha = divergence_scores(far, "alpha_divergence", 2.0)
    near(alpha, [math.exp(most - 1), math.exp(most), math.exp(most)], rtol=1e-5)


def test_label_smoothing_is_counted_in_both_orders():
    batch = {
        "chosen_log_probs": doubles([[1.0]]), "rejected_log_probs": doubles([[-1.0]]),
        "chosen_reference_log_probs": doubles([[0.0]]), "rejected_reference_log_probs": doubles([[0.0]]),
        "chosen_mask": torch.ones(1, 1), "rejected_mask": torch.ones(1, 1),
    }  # fmt: skip
    right, wrong = math.log(1 + math.exp(-1.0)), math.log(1 + math.exp(1.0))  # x = 0.5 * (1 - -1)
    for variant, expected in [("sigmoid", 0.7 * right + 0.3 * wrong), ("robust", (0.7 * right - 0.3 * wrong) / 0.4)]:
        near(dpo_loss(**batch, beta=0.5, variant=variant, label_smoothing=0.3).losses, [expected])


def test_weights_of_wpo_are_probabilities_per_token():
    batch = random_pairs(6)
    own = {f"{side}_log_collision": -positive(3 + at, batch[f"{side}_mask"].shape)
           for at, side in enumerate(("chosen", "rejected"))}  # fmt: skip
    weights = []
    for side in ("chosen", "rejected"):
        mask = batch[f"{side}_mask"]
        gaps = (batch[f"{side}_log_probs"].detach() - own[f"{side}_log_collision"]) * mask
        weights.append([math.exp(float(row.sum()) / int(count)) for row, count in zip(gaps, mask.sum(1), strict=True)])
    expected = doubles(weights[0]) * doubles(weights[1])
    result = dpo_loss(**batch, **own, wpo=True)
    near(result.extras["wpo_weight"], expected)
    near(result.losses.detach(), dpo_loss(**batch).losses.detach() * expected)


def test_alphapo_reward_by_hand():
    averages = doubles([-0.5, -2.0])
    near(alpha_reward(averages, 0.0), averages)
    near(alpha_reward(averages, 0.5), [(1 - math.exp(0.25)) / 0.5, (1 - math.exp(1.0)) / 0.5])
    near(alpha_reward(averages, -2.0), [(1 - math.exp(-1.0)) / -2, (1 - math.exp(-4.0)) / -2])
    batch = {f"{side}_{noun}": value for side, score in (("chosen", -0.5), ("rejected", -2.0))
             for noun, value in (("log_probs", doubles([[score]])), ("mask", torch.ones(1, 1)))}  # fmt: skip
    result = simpo_loss(**batch, beta=3.0, gamma=0.25, alpha=0.5)
    rewards = [6 * (1 - math.exp(0.25)), 6 * (1 - math.exp(1.0))]
    near(result.chosen_rewards, rewards[:1])
    near(result.rejected_rewards, rewards[1:])
    near(result.losses, [math.log(1 + math.exp(-(rewards[0] - rewards[1] - 0.25)))])


def test_one_reward_that_overflows_is_enough():
    with pytest.raises(UsageError, match=r"^alpha: 200.0 makes .* overflow"):
        alpha_reward(doubles([-0.1, -5.0]), 200.0)
    alpha_reward(doubles([-0.1, -3.0]), 200.0)


def test_matching_weights_at_their_bounds():
    nobody = torch.zeros(3, dtype=torch.bool)
    near(matching_weights(doubles([0.0, 0.2, 0.6]), nobody, 0.25, 1.5), [0.25, 0.25, 1.5])
    near(matching_weights(doubles([0.0, 0.2, 0.6]), nobody, 0.0, 2.0), [0.0, 0.25, 1.5])
    assert matching_weights(torch.tensor([1.0]), nobody[:1], 0.0, 2e8).item() == pytest.approx(1e8)  # 1 / 1e-8


DIVERGENT = {"sigmoid", "conservative", "robust", "hinge", "ipo", "sigmoid_norm", "exo_pair", "discopop"}
SMOOTHING = {"sigmoid": "may", "conservative": "must", "robust": "may", "exo_pair": "must", "aot": "may",
             "aot_unpaired": "may"}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_options_of_each_variant(variant):
    batch, smoothing = full_batch("dpo", 4), SMOOTHING.get(variant, "no")
    needed = {"variant": variant, "label_smoothing": 0.1 if smoothing == "must" else 0.0}
    loss = build_preference_loss("dpo", **needed)(batch).loss

    def changes(**options) -> bool | None:
        """Whether an option changes the loss; None if it is refused."""
        try:
            return not torch.equal(build_preference_loss("dpo", **{**needed, **options})(batch).loss, loss)
        except UsageError:
            return None

    assert changes(divergence="forward_kl") == (True if variant in DIVERGENT else None)
    assert changes(label_smoothing=0.2) == (None if smoothing == "no" else True)
    assert changes(label_smoothing=0.0) == (None if smoothing == "must" else False)
    assert changes(wpo=True) == (None if variant in ("aot", "aot_unpaired", "sft") else True)
