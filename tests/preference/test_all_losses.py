"""What holds for every loss: masks, precision, checks of shapes; and how a loss is found by its name."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import ctcalign.preference
from ctcalign.errors import CtcAlignError, ShapeError, UsageError
from ctcalign.preference import (
    BatchError,
    PairResult,
    build_preference_loss,
    dpo_loss,
    preference_loss_names,
    register_preference_loss,
)
from ctcalign.preference.dpo_variants import VARIANTS
from tests.preference.preference_batches import SIDES, leaves, near, poisoned, positive, random_pairs, random_rows

# Loss, options; every tensor that any of them needs is in `full_batch`.
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
# The others hold a weight constant that depends on the policy, so that finite differences see more than the gradient.
SMOOTH = [case for case in CASES if case[0] != "treg" and "wpo" not in case[1]]


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


def run(name: str, options: dict, batch: dict) -> tuple[Tensor, list[Tensor | None], dict]:
    result = build_preference_loss(name, **options)(batch)
    return result.loss, list(torch.autograd.grad(result.loss, leaves(batch), allow_unused=True)), result.metrics


@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
@given(seed=st.integers(0, 2**16), value=st.sampled_from([math.nan, math.inf, -math.inf, -1e30]))
@settings(max_examples=5, deadline=None)
def test_masked_positions_have_no_say(name, options, seed, value):
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
def test_gradients_are_those_of_the_value(name, options):
    batch = full_batch(name, 11)
    names = [key for key, value in batch.items() if value.requires_grad]
    if name == "tdpo" and not options:
        names.remove("chosen_kl")  # deliberately without gradient
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


def test_a_tie_is_no_success():
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
def test_a_scored_value_that_is_no_number_is_named(name, value):
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
        ("rejected_mask", torch.full((3, 5), 0.5), BatchError, "rejected_mask: expected 0 and 1 alone"),
        ("chosen_reference_log_probs", torch.zeros(3, 4), ShapeError, r"chosen_reference_log_probs: .* \(3, 5\), got"),
    ],
)
def test_a_wrong_batch(key, value, error, message):
    with pytest.raises(error, match=message) as caught:
        build_preference_loss("dpo")(full_batch("dpo", 0) | {key: value})
    assert isinstance(caught.value, CtcAlignError)
    assert "\n" not in str(caught.value)


def test_unequal_numbers_of_rows():
    batch = full_batch("dpo", 0)
    batch |= {key: value[:2] for key, value in batch.items() if key.startswith("rejected")}
    with pytest.raises(BatchError, match="rejected_log_probs: 2 rows beside 3 chosen"):
        build_preference_loss("dpo")(batch)


def test_an_average_of_nothing():
    batch = full_batch("dpo", 0) | {"chosen_mask": torch.zeros(3, 5)}
    with pytest.raises(BatchError, match="chosen_mask: row 0 has length 0, so no average"):
        build_preference_loss("simpo")(batch)
    assert torch.isfinite(build_preference_loss("dpo")(batch).loss)  # a sum of nothing is 0


def test_an_integer_mask_is_a_mask():
    batch = full_batch("dpo", 0)
    as_ints = batch | {key: value.long() for key, value in batch.items() if key.endswith("mask")}
    assert torch.equal(build_preference_loss("dpo")(batch).loss, build_preference_loss("dpo")(as_ints).loss)


def test_what_a_loss_needs_depends_on_its_options():
    assert build_preference_loss("simpo").needs == (
        "chosen_log_probs", "rejected_log_probs", "chosen_mask", "rejected_mask")  # fmt: skip
    assert "chosen_log_collision" in build_preference_loss("dpo", wpo=True).needs
    assert "chosen_log_collision" in build_preference_loss("dpo").takes
    assert "chosen_reference_log_probs" not in build_preference_loss("treg", base="simpo").needs
    assert "mismatched_mask" in build_preference_loss("kto").needs
    assert "mismatched_mask" not in build_preference_loss("kto", variant="apo_zero_unpaired").needs
    assert {"chosen_kl", "rejected_kl"} <= set(build_preference_loss("tdpo").needs)


def test_the_state_of_bco_goes_through_the_named_loss():
    batch = full_batch("bco", 0)
    first, second = (build_preference_loss("bco", shift_average="classes", beta=0.5) for _ in range(2))
    first(batch)
    first(batch, training=False)
    second.load_state_dict(first.state_dict())
    assert second.shift.value == first.shift.value != 0
    assert second.shift.count == 4
    assert build_preference_loss("dpo").state_dict() == {}
    with pytest.raises(UsageError, match=r"state: dpo keeps \[\], got \['shift'\]"):
        build_preference_loss("dpo").load_state_dict(first.state_dict())


def test_a_loss_of_ones_own():
    @register_preference_loss("my_margin")
    def my_margin(chosen_log_probs: Tensor, rejected_log_probs: Tensor, *, scale: float = 1.0) -> PairResult:
        gap = scale * (rejected_log_probs - chosen_log_probs).sum(-1)
        return PairResult(gap.mean(), gap, *[gap.detach()] * 6)

    try:
        batch = full_batch("dpo", 0)
        built = build_preference_loss("my_margin", scale=2.0)
        assert built.needs == ("chosen_log_probs", "rejected_log_probs")
        near(built(batch).loss, 2 * (batch["rejected_log_probs"] - batch["chosen_log_probs"]).sum(-1).mean())
        with pytest.raises(UsageError, match="'my_margin' is taken"):
            register_preference_loss("my_margin")(my_margin)
    finally:
        ctcalign.preference.naming._REGISTERED.clear()
    near(
        build_preference_loss("ctcalign.preference.dpo:dpo_loss")(batch).loss, build_preference_loss("dpo")(batch).loss
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: build_preference_loss("dop"), "'dop' is not known; did you mean 'dpo'?"),
        (
            lambda: build_preference_loss("dpo", betta=1),
            "'dpo': no option 'betta'; did you mean 'beta'?",
        ),
        (lambda: build_preference_loss("dpo", chosen_mask=1), "no option 'chosen_mask'"),
        (lambda: build_preference_loss("no.module:f"), "'no.module:f' cannot be imported"),
        (lambda: build_preference_loss("math:pi"), "'math:pi' is a float, expected a function"),
        (lambda: build_preference_loss("simpo")({}), "batch: simpo needs chosen_log_probs, .*; it has nothing"),
        (lambda: register_preference_loss("dpo")(print), "the name 'dpo' is taken"),
        (lambda: register_preference_loss("a:b"), "'a:b' is no name"),
    ],
)
def test_wrong_names(build, message):
    with pytest.raises(UsageError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_no_file_has_the_name_of_a_function():
    for name, home in ctcalign.preference._HOMES.items():
        assert name not in ctcalign.preference._HOMES.values()
        assert getattr(ctcalign.preference, name).__module__ == f"ctcalign.preference.{home}"
    assert set(ctcalign.preference._HOMES) <= set(dir(ctcalign.preference))
    with pytest.raises(AttributeError, match="no_such_loss"):
        ctcalign.preference.no_such_loss  # noqa: B018
