"""Properties of every loss: masked positions, gradients, precision, and checks of the batch."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ctcalign.errors import CtcAlignError, ShapeError
from ctcalign.preference import (
    BatchError,
    build_preference_loss,
    dpo_loss,
    preference_loss_names,
)
from ctcalign.preference.losses.dpo_variants import VARIANTS
from tests.preference.batches import full_batch, leaves, near, poisoned

# Names and options of losses; `full_batch` has the tensors that they need.
CASES = [("dpo", {"variant": name, "label_smoothing": 0.1 if kind.smoothing != "no" else 0.0})
         for name, kind in VARIANTS.items()]  # fmt: skip
CASES += [("dpo", {"wpo": True}), ("dpo", {"ld_alpha": 0.5}), ("dpo", {"divergence": "forward_kl"})]
CASES += [("tdpo", {}), ("tdpo", {"variant": "tdpo1"}), ("cdpo", {}), ("cdpo", {"only_rejected": False})]
CASES += [
    ("cdpo", {"reduction": "token_released"}),
    ("treg", {}),
    ("treg", {"base": "simpo"}),
    ("kto", {}),
    ("bco", {}),
]
CASES += [("poft", {}), ("cpo", {}), ("cpo", {"variant": "ipo"}), ("simpo", {"alpha": 0.2}), ("logo", {})]
NAMES = ["-".join([name, *map(str, options.values())]) for name, options in CASES]
# The other losses detach a weight that depends on the policy, so finite differences differ from their gradient.
SMOOTH = [case for case in CASES if case[0] != "treg" and "wpo" not in case[1]]


def run(name: str, options: dict, batch: dict) -> tuple[Tensor, list[Tensor | None], dict]:
    result = build_preference_loss(name, **options)(batch)
    return result.loss, list(torch.autograd.grad(result.loss, leaves(batch), allow_unused=True)), result.metrics


@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
@given(seed=st.integers(0, 2**16), value=st.sampled_from([math.nan, math.inf, -math.inf, -1e30]))
@settings(max_examples=5, deadline=None)
def test_masked_positions_change_neither_value_nor_gradient(name, options, seed, value):
    batch = full_batch(name, seed)
    loss, gradients, metrics = run(name, options, batch)
    bad = poisoned(batch, value)
    other_loss, other_gradients, other_metrics = run(name, options, bad)
    assert torch.equal(loss, other_loss)
    assert {key: float(metric) for key, metric in metrics.items()} == {k: float(v) for k, v in other_metrics.items()}
    assert all(math.isfinite(metric) for metric in metrics.values())
    masks = [batch.get(key.split("_")[0] + "_mask", batch.get("mask")) for key in batch if batch[key].requires_grad]
    for one, other, mask in zip(gradients, other_gradients, masks, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert torch.equal(one, other)
            assert not one[~mask].any()


@pytest.mark.parametrize(("name", "options"), SMOOTH)
def test_gradients_equal_finite_differences(name, options):
    batch = full_batch(name, 11)
    names = [key for key, value in batch.items() if value.requires_grad]
    if name == "tdpo" and not options:
        names.remove("chosen_kl")  # has no gradient by definition
    loss = build_preference_loss(name, **options)

    def value_of(*values: Tensor) -> Tensor:
        return loss({**batch, **dict(zip(names, values, strict=True))}, training=False).loss

    assert torch.autograd.gradcheck(value_of, [batch[key] for key in names])


CONSTANT = ("reference_log_probs", "scores", "token_rewards", "log_collision", "mismatched_log_probs")


@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
def test_no_gradient_flows_to_the_reference_or_to_weights(name, options):
    batch = full_batch(name, 5)
    constants = [value.requires_grad_() for key, value in batch.items() if key.endswith(CONSTANT)]
    build_preference_loss(name, **options)(batch).loss.backward()
    assert [value.grad for value in constants] == [None] * len(constants)


def test_a_tie_does_not_count_as_accurate():
    result = dpo_loss(*[torch.zeros(2, 1, requires_grad=True)] * 4, *[torch.ones(2, 1)] * 2)
    assert float(result.accuracy) == 0.0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
def test_narrow_floats_give_float32(name, options, dtype):
    batch = full_batch(name, 3)
    narrow = {
        key: value.detach().to(dtype).requires_grad_(value.requires_grad) if value.is_floating_point() else value
        for key, value in batch.items()
    }
    loss, gradients, _ = run(name, options, narrow)
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)
    assert all(gradient is None or torch.isfinite(gradient).all() for gradient in gradients)
    near(loss.double(), run(name, options, batch)[0], rtol=0.2 if dtype == torch.bfloat16 else 0.05)


@pytest.mark.parametrize("value", [math.nan, -math.inf, math.inf])
@pytest.mark.parametrize("name", preference_loss_names())
def test_a_scored_value_that_is_not_finite_is_located(name, value):
    batch = full_batch(name, 0)
    key = "log_probs" if "log_probs" in batch else "rejected_log_probs"
    place = tuple(int(i) for i in batch[key.replace("log_probs", "mask")].nonzero()[-1])
    batch[key] = batch[key].detach().index_put(tuple(torch.tensor(i) for i in place), torch.tensor(value).double())
    with pytest.raises(BatchError, match=rf"{key}: -?(nan|inf) .*at position {place[-1]}, which is scored") as caught:
        build_preference_loss(name)(batch)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "error", "message"),
    [
        ("chosen_log_probs", torch.zeros(3), ShapeError, r"chosen_log_probs: expected floats of shape \(B, L\), got"),
        ("chosen_log_probs", torch.zeros(3, 5).int(), ShapeError, r"floats .* got torch.int32 \(3, 5\)"),
        ("chosen_log_probs", torch.zeros(0, 5), BatchError, r"chosen_log_probs: the batch is empty"),
        ("rejected_mask", torch.ones(3, 4), ShapeError, r"rejected_mask: expected shape \(3, 5\) .* got \(3, 4\)"),
        ("rejected_mask", torch.full((3, 5), 0.5), BatchError, "rejected_mask: expected only 0 and 1"),
        ("chosen_reference_log_probs", torch.zeros(3, 4), ShapeError, r"chosen_reference_log_probs: .* \(3, 5\), got"),
    ],
)
def test_invalid_batch(key, value, error, message):
    with pytest.raises(error, match=message) as caught:
        build_preference_loss("dpo")(full_batch("dpo", 0) | {key: value})
    assert isinstance(caught.value, CtcAlignError)
    assert "\n" not in str(caught.value)


def test_unequal_numbers_of_rows():
    batch = full_batch("dpo", 0)
    batch |= {key: value[:2] for key, value in batch.items() if key.startswith("rejected")}
    with pytest.raises(BatchError, match="rejected_log_probs: expected 3 rows like chosen_log_probs, got 2"):
        build_preference_loss("dpo")(batch)


def test_average_over_no_tokens():
    batch = full_batch("dpo", 0) | {"chosen_mask": torch.zeros(3, 5)}
    with pytest.raises(BatchError, match="chosen_mask: row 0 has length 0 and thus no average"):
        build_preference_loss("simpo")(batch)
    assert torch.isfinite(build_preference_loss("dpo")(batch).loss)  # the sum over no tokens is 0


def test_integer_masks():
    batch = full_batch("dpo", 0)
    as_ints = batch | {key: value.long() for key, value in batch.items() if key.endswith("mask")}
    assert torch.equal(build_preference_loss("dpo")(batch).loss, build_preference_loss("dpo")(as_ints).loss)
