"""Types of arguments: what the mathematics says about wrong ones, and that lists and arrays are tensors."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
import torch

from ctcalign import ctc, objectives, preference
from ctcalign.arguments import checked_arguments, label_array, number_array
from ctcalign.errors import BatchError, CtcAlignError, ShapeError, UsageError
from ctcalign.objectives.properties import PropertyContext, build_property, removable
from tools.fuzz.calls import CALLS

WRONG = ("x", b"x", object(), {}, 1j, [[1, 2], [3]], torch.zeros(2, 3, device="meta"), 10**400, math.nan)


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_of_every_public_function_takes_wrong_types_with_an_error_of_ctcalign(name):
    """A wrong value may be accepted; an exception of torch, numpy or Python fails the test."""
    function, made = CALLS[name]
    function(**made())
    for argument in made():
        for wrong in WRONG:
            with contextlib.suppress(CtcAlignError):
                function(**{**made(), argument: wrong})


LOG_PROBS = torch.full((4, 3), -1.1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ctc.path_log_prob("x", torch.zeros(4)), ShapeError, "log_probs: expected a tensor, got str 'x'"),
        (lambda: ctc.path_log_prob(LOG_PROBS, torch.tensor([0, 1, 2, 3])), UsageError, r"labels in \[0, 3\)"),
        (lambda: ctc.path_log_prob(LOG_PROBS, torch.tensor([-1, 1, 2, 0])), UsageError, r"labels in \[0, 3\)"),
        (lambda: ctc.path_log_prob(LOG_PROBS, torch.zeros(4)), ShapeError, "integer path"),
        (lambda: ctc.collapse([0.5, 1.0]), ShapeError, "path must be integers"),
        (lambda: ctc.collapse([[1], [2, 3]]), ShapeError, "path: expected integers"),
        (lambda: ctc.feasible("ab", [3]), ShapeError, "targets: expected a tensor"),
        (lambda: ctc.best_path(LOG_PROBS, ["a"]), ShapeError, "targets must be integers"),
        (lambda: ctc.best_path(LOG_PROBS, [1], band="wide"), UsageError, "band: got str 'wide', expected a number"),
        (lambda: ctc.best_path(LOG_PROBS, [1], band=10**400), UsageError, "band: got inf|too large|at most"),
        (lambda: ctc.best_path(LOG_PROBS, [1], band=5, centre="x"), ShapeError, "centre: expected numbers"),
        (lambda: ctc.best_path(LOG_PROBS, [1], blank=1.0), UsageError, "blank: got float 1.0, expected a whole number"),
        (lambda: ctc.best_path(LOG_PROBS, [1], blank=True), UsageError, "blank: .* expected a whole number"),
        (lambda: ctc.best_path_graph(LOG_PROBS, [1, 2]), UsageError, "graph: expected a TokenGraph, got list"),
        (lambda: ctc.prefix_beam_search(LOG_PROBS.numpy(), blank=3), UsageError, "blank: got 3, expected one of the 3"),
        (lambda: ctc.prefix_beam_search(LOG_PROBS.numpy(), beam=2**31), UsageError, "beam: .* expected 1 to 1,000,000"),
        (lambda: ctc.prefix_beam_search(np.zeros(3)), ShapeError, r"shape \(T, C\)"),
        (lambda: objectives.improve(torch.zeros(1, 1, 2).long(), "x", PropertyContext()), UsageError, "property: "),
        (lambda: removable(torch.zeros(1, 2, 3).long(), torch.zeros(2).long()), ShapeError, "lengths: expected 1"),
        (lambda: objectives.build_objective(3), UsageError, "expected a name, got int"),
        (lambda: build_property("low_latency", k="2"), UsageError, "k: got '2'"),
        (lambda: preference.ctc_token_labels(torch.zeros(3)), ShapeError, r"targets: expected ints of shape \(B, L\)"),
        (
            lambda: preference.ctc_token_labels([[1, 2]], [3]),
            BatchError,
            r"target_lengths: expected counts in \[0, 2\]",
        ),
        (lambda: preference.contrast_rewards(torch.zeros(2), torch.zeros(3)), ShapeError, "worse_log_probs"),
        (
            lambda: preference.matching_weights(torch.zeros(2), torch.zeros(2), 0.5, 1.0),
            ShapeError,
            "expected floats and bool",
        ),
        (lambda: preference.build_preference_loss(None), UsageError, "expected a name"),
    ],
)
def test_the_message_names_the_argument_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_lists_and_arrays_are_tensors():
    expected = ctc.total_score(LOG_PROBS[None], torch.tensor([[1, 2]]), torch.tensor([4]))
    assert torch.equal(ctc.total_score(LOG_PROBS[None].numpy(), [[1, 2]], np.array([4])), expected)
    assert torch.equal(ctc.total_score(LOG_PROBS[None].tolist(), ((1, 2),), blank=np.int64(0)), expected)
    assert ctc.best_path(LOG_PROBS, np.array([1, 2], np.uint8), band=np.float32(3)).spans
    assert label_array("x", ()).dtype == np.int64
    assert number_array("x", torch.tensor([1, 2], requires_grad=False)).tolist() == [1.0, 2.0]


def test_tensors_on_two_devices_are_named(monkeypatch):
    @checked_arguments
    def add(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("Expected all tensors to be on the same device")

    class Elsewhere(torch.Tensor):
        device = torch.device("cuda:0")

    with pytest.raises(ShapeError, match="add: the tensors are on cpu and cuda:0; move them to one device"):
        add(torch.zeros(1), torch.zeros(1).as_subclass(Elsewhere))


@pytest.mark.parametrize("temperature", [1e-45, 1e-30, 1e-3, 1.0, 1e30, 3e38])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_expected_errors_of_finite_scores_are_finite_at_any_temperature(temperature, dtype):
    scores = torch.tensor([[-5.0, -3.0, -float("inf")], [-1e4, -2e4, -6e4]], dtype=dtype, requires_grad=True)
    errors = torch.tensor([[2.0, 1.0, 7.0], [3.0, 5.0, 6.0]])
    found = objectives.expected_errors(scores, errors, temperature=temperature, reduction="none")
    assert torch.isfinite(found).all()
    if temperature <= 1e-30:  # the best text alone
        assert found.tolist() == [1.0, 3.0]
    if temperature >= 1e30:  # all alike
        assert torch.allclose(found, torch.tensor([1.5, 14 / 3], dtype=found.dtype), atol=0.05)
    found.sum().backward()
    assert torch.isfinite(scores.grad).all()


def test_expected_errors_are_those_of_the_softmax():
    scores = torch.tensor([[-1.0, -2.0, -4.0]], dtype=torch.float64)
    errors = torch.tensor([[0.0, 1.0, 3.0]], dtype=torch.float64)
    weights = [math.exp(-1 / 2), math.exp(-2 / 2), math.exp(-4 / 2)]
    expected = (weights[1] + 3 * weights[2]) / sum(weights)
    found = objectives.expected_errors(scores, errors, temperature=2.0)
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_a_loss_that_overflows_is_an_error_and_leaves_the_state_of_bco_alone():
    shift = preference.RewardShift()
    ones = torch.ones(2, 1)
    values = {"reference_log_probs": -ones, "desirable": torch.tensor([True, False]), "mask": ones.bool()}
    preference.bco_loss(-2 * ones, **values, shift=shift)
    before = shift.state_dict()["moments"]
    with pytest.raises(BatchError, match="rewards"):
        preference.bco_loss(-1e30 * ones, **values, shift=shift, beta=1e30)
    assert torch.equal(shift.state_dict()["moments"], before)
    huge = {"chosen_mask": ones.bool(), "rejected_mask": ones.bool(), "beta": 1e10, "sft_weight": 3e38}
    with pytest.raises(BatchError, match=r"preference loss: NaN, because values are too large for torch.float32"):
        preference.cpo_loss(1e30 * ones, 3e38 * ones, **huge)
