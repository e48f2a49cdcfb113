"""Checked responses: sums, averages, masked positions, and the message of each invalid input."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign.errors import BatchError, ShapeError, UsageError
from ctcalign.preference.responses import (
    argument,
    check_desirable,
    check_finite,
    check_mask,
    check_pairs,
    check_rows,
    check_tokens,
    responses,
    widened,
    zero_masked,
)
from tests.preference.batches import doubles, near

LOG_PROBS = doubles([[-1.0, -2.0, -9.0], [-0.5, math.nan, math.nan]])
REFERENCE = doubles([[-1.5, -1.0, math.inf], [-0.25, 7.0, 7.0]])
MASK = torch.tensor([[1, 1, 0], [1, 0, 0]])


def side(**options):
    return responses("chosen", LOG_PROBS, MASK, **{"reference": REFERENCE, **options})


def test_sums_by_hand():
    found = side()
    assert found.log_probs.tolist() == [[-1.0, -2.0, 0.0], [-0.5, 0.0, 0.0]]
    assert found.reference_scores().tolist() == [[-1.5, -1.0, 0.0], [-0.25, 0.0, 0.0]]
    assert found.token_log_ratios().tolist() == [[0.5, -1.0, 0.0], [-0.25, 0.0, 0.0]]
    assert found.sums().tolist() == [-3.0, -0.5]
    assert found.log_ratios().tolist() == [-0.5, -0.25]
    assert found.averages().tolist() == [-1.5, -0.5]
    assert found.lengths.tolist() == found.divisors().tolist() == [2.0, 1.0]
    assert found.token_cost().item() == pytest.approx(3.5 / 3)
    assert found.mask.dtype == torch.bool
    own = side(lengths=torch.tensor([4, 5]))
    assert own.averages().tolist() == [-0.75, -0.1]
    assert own.token_cost().item() == pytest.approx(3.5 / 3)  # a mean over tokens, whatever the lengths
    nothing = responses("", LOG_PROBS, torch.zeros(2, 3))
    assert nothing.token_cost().item() == 0.0
    assert nothing.sums().tolist() == [0.0, 0.0]
    one = responses("", doubles([[-4.0, -1.0]]), torch.tensor([[1, 0]]))
    assert one.token_cost().item() == 4.0


def test_gradients_flow_to_the_policy_only():
    policy, reference = LOG_PROBS.clone().requires_grad_(), REFERENCE.clone().requires_grad_()
    found = responses("", policy, MASK, reference)
    found.log_ratios().sum().backward()
    assert policy.grad.tolist() == MASK.double().tolist()
    assert reference.grad is None
    assert not found.constants("scores", policy.abs(), 0.0, 3.0).requires_grad
    assert found.token_values("kl", policy.abs()).requires_grad


def test_several_responses_of_a_row():
    found = responses("rejected", LOG_PROBS[None], MASK[None], axes="B, M, L")
    assert found.sums().tolist() == [[-3.0, -0.5]]
    assert found.averages().tolist() == [[-1.5, -0.5]]
    with pytest.raises(BatchError, match=r"^rejected_mask: row 1 has length 0"):
        responses("rejected", LOG_PROBS.expand(3, 2, 3), torch.stack([MASK, MASK * 0, MASK]), axes="B, M, L").averages()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_sums_are_wide(dtype):
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    assert widened(torch.ones(2, dtype=dtype)).dtype == wide
    many = torch.full((1, 4096), -1.0, dtype=dtype)  # in bfloat16 the sum would stop at -256
    assert responses("", many, torch.ones(1, 4096)).sums().tolist() == [-4096.0]
    assert zero_masked("x", many[:, :2], torch.tensor([[True, False]])).tolist() == [[-1.0, 0.0]]


def test_lengths():
    with pytest.raises(ShapeError, match=r"^chosen_lengths: expected one value per row, shape \(2,\), got \(3,\)"):
        side(lengths=torch.ones(3))
    with pytest.raises(BatchError, match=r"^chosen_lengths: expected finite values, got"):
        side(lengths=torch.tensor([1.0, math.inf]))
    for bad in (0.0, -1.0):
        with pytest.raises(BatchError, match=r"^chosen_mask: row 1 has length 0"):
            side(lengths=torch.tensor([2.0, bad])).averages()
    assert side(lengths=torch.tensor([0.5, 1e-3])).averages().tolist() == pytest.approx([-6.0, -500.0], rel=1e-6)


def test_a_loss_that_needs_a_reference():
    for name, start in (("chosen", "chosen_reference_log_probs: got None"), ("", "reference_log_probs: got None")):
        with pytest.raises(UsageError, match=rf"^{start}"):
            responses(name, LOG_PROBS, MASK).log_ratios()


def test_bounds_of_constants_belong_to_the_range():
    found = side()
    values = doubles([[0.25, 0.75, 99.0], [0.5, math.nan, 99.0]])
    assert found.constants("scores", values, 0.25, 0.75).tolist() == [[0.25, 0.75, 0.0], [0.5, 0.0, 0.0]]
    with pytest.raises(BatchError, match=r"^chosen_scores: expected values in \[0.3, 0.75\], got 0.25$"):
        found.constants("scores", values, 0.3, 0.75)
    with pytest.raises(BatchError, match=r"^chosen_scores: expected values in \[0, 0.7\], got 0.75$"):
        found.constants("scores", values, 0.0, 0.7)
    with pytest.raises(UsageError, match=r"^chosen_scores: got None"):
        found.constants("scores", None, 0.0, 1.0)
    with pytest.raises(ShapeError, match=r"^chosen_scores: expected floats of shape \(2, 3\)"):
        found.constants("scores", values[:, :2], 0.0, 1.0)
    with pytest.raises(BatchError, match=r"^chosen_kl: nan in row 1 at position 0"):
        found.token_values("kl", doubles([[0.0, 0.0, 0.0], [math.nan, 0.0, 0.0]]))


def test_names_of_arguments():
    assert argument("chosen", "mask") == "chosen_mask"
    assert argument("", "mask") == "mask"


def test_rows_of_both_sides():
    check_pairs(side(), side())
    with pytest.raises(BatchError, match=r"^rejected_log_probs: expected 2 rows like chosen_log_probs, got 1;"):
        check_pairs(side(), responses("rejected", LOG_PROBS[:1], MASK[:1]))


def test_shapes_of_tokens():
    check_tokens("x", torch.ones(2, 3))
    check_tokens("x", torch.ones(2, 0))  # rows without tokens
    check_tokens("x", torch.ones(2, 3), (2, 3))
    check_tokens("x", torch.ones(2, 4, 3), axes="B, M, L")
    check_tokens("x", torch.ones(0, 3), empty=True)
    for bad, expected in [(torch.ones(3), r"\(B, L\)"), (torch.ones(2, 3, 1), r"\(B, L\)"), (torch.ones(2, 3).long(),
                          r"\(B, L\)")]:  # fmt: skip
        with pytest.raises(ShapeError, match=rf"^x: expected floats of shape {expected}, got"):
            check_tokens("x", bad)
    with pytest.raises(ShapeError, match=r"^x: expected floats of shape \(2, 4\), got torch.float32 \(2, 3\)"):
        check_tokens("x", torch.ones(2, 3), (2, 4))
    with pytest.raises(ShapeError, match=r"^x: expected floats of shape \(B, M, L\)"):
        check_tokens("x", torch.ones(2, 3), axes="B, M, L")
    for empty in (torch.ones(0, 3), torch.ones(2, 0, 3)):
        with pytest.raises(BatchError, match=r"^x: the batch is empty"):
            check_tokens("x", empty, axes="B, L" if empty.ndim == 2 else "B, M, L")


def test_masks():
    for dtype in (torch.bool, torch.int64, torch.float32):
        found = check_mask("mask", torch.tensor([[1, 0]]).to(dtype), torch.Size([1, 2]))
        assert found.tolist() == [[True, False]]
    for bad in (0.5, 2.0, -1.0, math.nan):
        with pytest.raises(BatchError, match=r"^mask: expected only 0 and 1"):
            check_mask("mask", torch.tensor([[1.0, bad]]), torch.Size([1, 2]))
    with pytest.raises(ShapeError, match=r"^mask: expected shape \(1, 3\) like the log-probs, got \(1, 2\)"):
        check_mask("mask", torch.ones(1, 2), torch.Size([1, 3]))


def test_the_first_value_that_is_not_finite_is_named():
    values = torch.zeros(2, 3, 4)
    values[1, 0, 2], values[1, 2, 3] = -math.inf, math.nan
    with pytest.raises(BatchError, match=r"^x: -inf in row 1 at position 2, which is scored"):
        check_finite("x", values, torch.ones(2, 3, 4, dtype=torch.bool))
    large = torch.full((1, 2), 3e38)  # the sum is infinite, no value is
    check_finite("x", large, torch.ones(1, 2, dtype=torch.bool))


def test_values_of_rows():
    check_rows("x", torch.zeros(2), (2,))
    with pytest.raises(ShapeError, match=r"^x: expected one value per row, shape \(2,\), got \(2, 1\)"):
        check_rows("x", torch.zeros(2, 1), (2,))
    for bad in (math.nan, math.inf, -math.inf):
        with pytest.raises(BatchError, match=r"^x: expected finite values, got"):
            check_rows("x", torch.tensor([0.0, bad]), (2,))


def test_labels_of_rows():
    for dtype in (torch.bool, torch.int64, torch.float32):
        assert check_desirable(torch.tensor([1, 0]).to(dtype), 2).tolist() == [True, False]
    for bad in (2, -1):
        with pytest.raises(BatchError, match=r"^desirable: expected True and False"):
            check_desirable(torch.tensor([bad, 0]), 2)
    with pytest.raises(ShapeError, match=r"^desirable: expected one label per row, shape \(3,\), got \(2,\)"):
        check_desirable(torch.tensor([1, 0]), 3)
    near(check_desirable(torch.tensor([0.0, 1.0]), 2).double(), [0.0, 1.0])
