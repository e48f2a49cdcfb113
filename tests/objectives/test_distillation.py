"""Frame-level distillation: posteriors moved to other frames, and the loss, both against loops over single numbers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from ctcalign.errors import BatchError, ShapeError, UsageError
from ctcalign.objectives import distillation_loss, frames_at
from ctcalign.objectives import distillation_loss as loss_of
from tests.objectives.letters import collapsed


def posteriors(seed: int, batch: int = 2, frames: int = 7, classes: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, frames, classes, dtype=torch.float64, generator=generator).softmax(-1)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 99),
    frames=st.integers(1, 12),
    ratio=st.sampled_from([1.0, 2.0, 0.5, 1.5, 2 / 3]),
    delay=st.sampled_from([0.0, 3.0, -2.0, 0.4, 2.6, -0.75]),
    lengths=st.lists(st.integers(0, 7), min_size=2, max_size=2),
)
def test_a_new_frame_is_the_mean_of_what_lies_in_it(seed, frames, ratio, delay, lengths):
    probs = posteriors(seed)
    padded = probs.clone()
    for row, length in zip(padded, lengths, strict=True):
        row[length:] = math.nan  # padding may hold anything
    found, inside = frames_at(padded, torch.tensor(lengths), frames=frames, ratio=ratio, delay=delay)
    if ratio == 1:
        delay = round(delay)
    for row in range(2):
        for t in range(frames):
            begin, end = t * ratio - delay, (t + 1) * ratio - delay
            whole = begin >= -1e-9 and end <= lengths[row] + 1e-9
            assert bool(inside[row, t]) == whole
            expected = torch.zeros(3, dtype=torch.float64)
            for k in range(7) if whole else ():
                expected += probs[row, k] * max(0.0, min(end, k + 1) - max(begin, k)) / ratio
            assert_close(found[row, t], expected, atol=1e-9, rtol=0)


def test_the_same_frames_are_not_changed():
    probs = posteriors(1)
    found, inside = frames_at(probs, frames=7)
    assert_close(found, probs)
    assert inside.all()


def smoothed(rows, valid, t, tolerance):
    """Mean of the valid rows around t."""
    near = [rows[k] for k in range(len(rows)) if abs(k - t) <= tolerance and valid[k]]
    return torch.stack(near).mean(0)


def by_hand(log_probs, goal, valid, blank, temperature, tolerance=0):
    total, path = 0.0, []
    probs = (log_probs / temperature).softmax(-1)
    for t in range(len(valid)):
        if not valid[t]:
            path.append(blank)
            continue
        own, other = smoothed(probs, valid, t, tolerance), smoothed(goal, valid, t, tolerance)
        for c in range(goal.shape[1]):
            if other[c] > 0:
                total += float(other[c]) * (math.log(float(other[c])) - math.log(float(own[c])))
        path.append(int(goal[t].argmax()))
    return temperature**2 * total / max(1, len(collapsed(path, blank)))


@pytest.mark.parametrize(("temperature", "tolerance"), [(1.0, 0), (2.5, 0), (1.0, 1), (2.5, 3), (1.0, 9)])
@pytest.mark.parametrize("blank", [0, 2])
def test_the_loss_is_the_divergence_per_label_of_the_teacher(blank, temperature, tolerance):
    log_probs, goal = posteriors(1).log(), posteriors(2)
    goal[0, 3] = torch.tensor([0.0, 1.0, 0.0])  # a label of probability 0
    valid = torch.tensor([[True] * 7, [False, True, True, True, True, False, False]])
    options = {"blank": blank, "temperature": temperature, "tolerance": tolerance}
    found = distillation_loss(log_probs, goal, valid, **options)
    for row in range(2):
        assert float(found[row]) == pytest.approx(by_hand(log_probs[row], goal[row], valid[row], **options))


def test_the_loss_of_the_teacher_itself_is_zero():
    goal = posteriors(3)
    for tolerance in (0, 2):
        found = distillation_loss(goal.log(), goal, torch.ones(2, 7).bool(), tolerance=tolerance)
        assert_close(found, torch.zeros(2).double())


def test_a_spike_within_the_tolerance_costs_little():
    spikes = torch.full((1, 9, 2), 0.01).double()
    spikes[0, :, 0] = 0.99
    spikes[0, 4] = torch.tensor([0.01, 0.99])
    valid = torch.ones(1, 9).bool()
    exact, near, far = (
        float(distillation_loss(spikes.roll(by, 1).log(), spikes, valid, tolerance=tolerance))
        for by, tolerance in ((1, 0), (1, 2), (4, 2))
    )
    assert near < 0.2 * exact
    assert far > 3 * near


@pytest.mark.parametrize("tolerance", [0, 2])
def test_frames_that_do_not_count_change_neither_value_nor_gradient(tolerance):
    def distillation_loss(*tensors):
        return loss_of(*tensors, tolerance=tolerance)

    log_probs, goal = posteriors(1).log().requires_grad_(), posteriors(2)
    valid = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])
    whole = distillation_loss(log_probs, goal, valid)
    whole.sum().backward()
    assert not log_probs.grad[1, 4:].any()
    assert log_probs.grad[1, :4].any()
    changed = log_probs.detach().clone()
    changed[1, 4:], goal[1, 4:] = math.nan, math.nan
    assert_close(distillation_loss(changed, goal, valid), whole.detach())
    assert_close(distillation_loss(changed[1:, :4], goal[1:, :4], valid[1:, :4]), whole[1:].detach())
    assert distillation_loss(changed[1:], goal[1:], torch.zeros(1, 7).bool()).tolist() == [0.0]


@pytest.mark.parametrize("tolerance", [0, 1])
def test_gradient_and_half_precision(tolerance):
    logits, goal = posteriors(4).log().requires_grad_(), posteriors(5)
    valid = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])

    def loss(x):
        return distillation_loss(x.log_softmax(-1), goal, valid, temperature=1.5, tolerance=tolerance)

    assert torch.autograd.gradcheck(loss, logits)
    half = distillation_loss(logits.detach().log_softmax(-1).bfloat16(), goal.bfloat16(), valid, tolerance=tolerance)
    assert half.dtype == torch.float32
    assert torch.isfinite(half).all()


def test_wrong_arguments():
    goal, valid = posteriors(1), torch.ones(2, 7).bool()
    with pytest.raises(ShapeError, match=r"teacher_probs: expected the shape \(2, 7, 3\) of .* got \(2, 6, 3\)"):
        distillation_loss(goal.log(), goal[:, :6], valid)
    with pytest.raises(ShapeError, match=r"valid: expected the shape \(2, 7\)"):
        distillation_loss(goal.log(), goal, valid[:, :6])
    with pytest.raises(UsageError, match="temperature: got 0"):
        distillation_loss(goal.log(), goal, valid, temperature=0.0)
    with pytest.raises(UsageError, match="tolerance: got -1"):
        distillation_loss(goal.log(), goal, valid, tolerance=-1)
    with pytest.raises(UsageError, match="ratio: got -1"):
        frames_at(goal, frames=3, ratio=-1.0)
    with pytest.raises(BatchError, match="NaN"):
        distillation_loss(goal.log() * math.nan, goal, valid)
