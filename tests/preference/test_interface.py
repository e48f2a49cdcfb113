"""Losses by name: the tensors they need, their state, losses of the user's own, and errors in a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

import ctcalign.preference
from ctcalign.errors import UsageError
from ctcalign.preference import PairResult, build_preference_loss, register_preference_loss
from ctcalign.preference.interface import _LOSSES
from tests.preference.batches import full_batch, near


def test_what_a_loss_needs_depends_on_its_options():
    assert build_preference_loss("simpo").needs == (
        "chosen_log_probs", "rejected_log_probs", "chosen_mask", "rejected_mask")  # fmt: skip
    assert "chosen_log_collision" in build_preference_loss("dpo", wpo=True).needs
    assert "chosen_log_collision" in build_preference_loss("dpo").takes
    assert "chosen_reference_log_probs" not in build_preference_loss("treg", base="simpo").needs
    assert "mismatched_mask" in build_preference_loss("kto").needs
    assert "mismatched_mask" not in build_preference_loss("kto", variant="apo_zero_unpaired").needs
    assert {"chosen_kl", "rejected_kl"} <= set(build_preference_loss("tdpo").needs)


def test_the_named_loss_saves_and_loads_the_state_of_bco():
    batch = full_batch("bco", 0)
    first, second = (build_preference_loss("bco", shift_average="classes", beta=0.5) for _ in range(2))
    first(batch)
    first(batch, training=False)
    second.load_state_dict(first.state_dict())
    assert second.shift.value == first.shift.value != 0
    assert second.shift.count == 4
    assert build_preference_loss("dpo").state_dict() == {}
    with pytest.raises(UsageError, match=r"state: dpo expects the keys \[\], got \['shift'\]"):
        build_preference_loss("dpo").load_state_dict(first.state_dict())


@pytest.fixture
def registry(monkeypatch):
    """Restores the registered names after the test."""
    monkeypatch.setattr(_LOSSES, "_registered", dict(_LOSSES._registered))


def test_a_users_loss_by_name(registry):
    @register_preference_loss("my_margin", needed_if={("scale", 3.0): ("chosen_mask",)})
    def my_margin(
        chosen_log_probs: Tensor, rejected_log_probs: Tensor, chosen_mask: Tensor | None = None, *, scale: float = 1.0
    ) -> PairResult:
        gap = scale * (rejected_log_probs - chosen_log_probs).sum(-1)
        return PairResult(gap.mean(), gap, *[gap.detach()] * 6)

    batch = full_batch("dpo", 0)
    built = build_preference_loss("my_margin", scale=2.0)
    assert built.needs == ("chosen_log_probs", "rejected_log_probs")
    assert "chosen_mask" in build_preference_loss("my_margin", scale=3.0).needs
    near(built(batch).loss, 2 * (batch["rejected_log_probs"] - batch["chosen_log_probs"]).sum(-1).mean())
    register_preference_loss("my_margin")(my_margin)  # as when a module is reloaded
    with pytest.raises(UsageError, match="'my_margin' is taken by"):
        register_preference_loss("my_margin")(lambda: None)


def test_a_loss_by_import_path():
    batch = full_batch("dpo", 0)
    near(build_preference_loss("ctcalign.preference:dpo_loss")(batch).loss, build_preference_loss("dpo")(batch).loss)
    assert "chosen_log_collision" in build_preference_loss("ctcalign.preference:dpo_loss", wpo=True).needs


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: build_preference_loss("dop"), r"'dop' is not known, .* did you mean 'dpo'\?"),
        (
            lambda: build_preference_loss("dpo", betta=1),
            "'dpo': no option 'betta'; did you mean 'beta'?",
        ),
        (lambda: build_preference_loss("dpo", chosen_mask=1), "no option 'chosen_mask'"),
        (lambda: build_preference_loss("no.module:f"), "'no.module:f' cannot be imported"),
        (lambda: build_preference_loss("math:pi"), "'math:pi' is a float, expected a function"),
        (lambda: build_preference_loss("simpo")({}), "batch: simpo needs chosen_log_probs, .*; it has nothing"),
        (lambda: register_preference_loss("dpo")(print), "the name 'dpo' is taken"),
        (lambda: register_preference_loss("a:b"), "'a:b' is not a valid name"),
    ],
)
def test_invalid_names(build, message):
    with pytest.raises(UsageError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_no_file_has_the_name_of_a_function():
    files = {path.stem for path in Path(ctcalign.preference.__file__).parent.rglob("*.py")}
    functions = {name for name, value in vars(ctcalign.preference).items() if callable(value)}
    assert {"dpo_loss", "lm_token_scores", "RewardShift"} <= functions
    assert not files & functions
