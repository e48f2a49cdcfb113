"""Checks of padded batches: what is accepted at the edges, what becomes of it, and each message."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign.ctc.batch_inputs import checked, checked_emissions, checked_targets
from ctcalign.errors import ShapeError, UsageError

EMISSION = torch.full((2, 4, 3), -1.0)
TARGETS = torch.tensor([[1, 2], [2, 9]])


def test_a_checked_batch():
    batch = checked(EMISSION.half(), TARGETS.int(), torch.tensor([4, 0]), torch.tensor([2, 1]), 0)
    assert batch.log_probs.dtype == torch.float32
    assert batch.targets.dtype == torch.int64
    assert (batch.frames, batch.tokens) == ([4, 0], [2, 1])
    assert (batch.blank, batch.topology, batch.repeats_need_blank) == (0, "standard", True)
    whole = checked(EMISSION.double(), TARGETS[:, :1], None, None, 0, "modified")
    assert whole.log_probs.dtype == torch.float64
    assert (whole.frames, whole.tokens, whole.repeats_need_blank) == ([4, 4], [1, 1], False)
    assert checked(EMISSION, TARGETS[:, :1], None, None, 0).topology == "standard"
    last = checked(EMISSION, torch.tensor([[0, 1], [1, 0]]), None, None, 2)
    assert last.targets.tolist() == [[0, 1], [1, 0]]
    empty = checked(EMISSION, torch.zeros(2, 0), None, None, 0)  # no labels: of any type
    assert (empty.tokens, tuple(empty.targets.shape)) == ([0, 0], (2, 0))
    assert checked_emissions(EMISSION.bfloat16(), None)[0].dtype == torch.float32
    assert checked_emissions(EMISSION[:, :0], None)[1] == [0, 0]


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        (torch.zeros(4, 3), r"^log_probs: expected floats of shape \(B, T, C\), got torch.float32 \(4, 3\)"),
        (torch.zeros(2, 4, 3).long(), r"^log_probs: expected floats .* got torch.int64"),
        ([[[0.0]]], r"^log_probs: expected floats .* got <class 'list'>"),
        (torch.zeros(0, 4, 3), r"^log_probs: the batch is empty, shape \(0, 4, 3\)"),
        (torch.zeros(2, 4, 0), r"^log_probs: the batch is empty, shape \(2, 4, 0\)"),
    ],
)
def test_emissions_of_another_shape(log_probs, message):
    with pytest.raises(ShapeError, match=message):
        checked_emissions(log_probs, None)


def test_lengths():
    for bad in ([5, 1], [-1, 1]):
        with pytest.raises(UsageError, match=r"^input_lengths: expected counts in \[0, 4\], got"):
            checked_emissions(EMISSION, torch.tensor(bad))
    for bad in (torch.tensor([4]), torch.tensor([4.0, 1.0]), torch.tensor([True, True])):
        with pytest.raises(ShapeError, match=r"^input_lengths: expected 2 integer counts"):
            checked_emissions(EMISSION, bad)
    with pytest.raises(UsageError, match=r"^target_lengths: expected counts in \[0, 2\], got \[3, 1\]"):
        checked_targets(TARGETS, torch.tensor([3, 1]), 2, "standard")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_of_valid_frames(value):
    emission = EMISSION.clone()
    emission[1, 2, 0] = value
    with pytest.raises(UsageError, match=r"^log_probs: NaN or \+inf in utterance 1 at frame 2;"):
        checked_emissions(emission, torch.tensor([4, 3]))
    assert checked_emissions(emission, torch.tensor([4, 2]))[1] == [4, 2]
    emission[1, 2, 0] = -math.inf
    checked_emissions(emission, None)


def test_blanks():
    for blank in (-1, 3, 1.0, None):
        with pytest.raises(UsageError, match=r"^blank: got .*, expected one of the 3 labels"):
            checked(EMISSION, TARGETS[:, :1], None, None, blank)
    checked(EMISSION, TARGETS[:, :1], None, None, 0)
    checked(EMISSION, torch.zeros(2, 1).long(), None, None, 2)


def test_labels():
    for label in (-1, 3, 0):
        targets = torch.tensor([[1, 2], [label, 2]])
        with pytest.raises(UsageError, match=rf"^targets: label {label} in utterance 1; expected labels in \[0, 3\)"):
            checked(EMISSION, targets, None, None, 0)
        assert checked(EMISSION, targets.flip(1), None, torch.tensor([2, 1]), 0).tokens == [2, 1]  # in the padding
    with pytest.raises(ShapeError, match=r"^targets: expected ints of shape \(2, L\), got torch.float32 \(2, 2\)"):
        checked(EMISSION, TARGETS.float(), None, None, 0)
    with pytest.raises(ShapeError, match=r"^targets: expected ints of shape \(2, L\), got torch.int64 \(1, 2\)"):
        checked(EMISSION, TARGETS[:1], None, None, 0)
    with pytest.raises(ShapeError, match=r"^targets: expected ints of shape \(2, L\), got torch.int64 \(2,\)"):
        checked(EMISSION, TARGETS[0], None, None, 0)
    with pytest.raises(UsageError, match=r"^topology: got 'hmm', expected one of standard, modified"):
        checked(EMISSION, TARGETS, None, None, 0, "hmm")
