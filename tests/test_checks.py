"""Argument checks: each accepts valid input, names the argument and the value otherwise, and ignores padding."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch

from ctcalign.checks import (
    check_choice,
    check_count,
    check_no_nan,
    check_number,
    check_targets,
    check_utterances,
    checked_lengths,
)
from ctcalign.errors import BatchError, ShapeError, UsageError

CPU = torch.device("cpu")


def test_valid_options():
    check_choice("mode", "a", ("a", "b"))
    assert check_number("weight", 0) == 0.0
    assert isinstance(check_number("weight", 2), float)
    assert check_count("n", 0, least=0) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_choice("mode", "c", ("a", "b")), "mode: got 'c', expected one of a, b"),
        (lambda: check_number("weight", -1), "weight: got -1, expected a finite number >= 0"),
        (lambda: check_number("weight", math.nan), "weight: got nan, expected a finite number >= 0"),
        (lambda: check_number("weight", 0, positive=True), "weight: got 0, expected a finite number > 0"),
        (lambda: check_number("weight", 0.5, below=0.5), "expected a finite number >= 0 and < 0.5"),
        (lambda: check_count("n", 0), "n: got 0, expected a whole number >= 1"),
        (lambda: check_count("n", True), "n: got True, expected a whole number >= 1"),
        (lambda: check_count("n", 1.0), "n: got 1.0, expected a whole number >= 1"),
    ],
)
def test_invalid_options(call, message):
    with pytest.raises(UsageError, match=message):
        call()


def test_lengths():
    assert checked_lengths("lengths", None, 2, 5, CPU).tolist() == [5, 5]
    found = checked_lengths("lengths", torch.tensor([5, 0], dtype=torch.int32), 2, 5, CPU)
    assert (found.tolist(), found.dtype) == ([5, 0], torch.int64)
    with pytest.raises(BatchError, match=r"lengths: expected counts in \[0, 5\], got \[6, 0\]"):
        checked_lengths("lengths", torch.tensor([6, 0]), 2, 5, CPU)
    with pytest.raises(UsageError, match=r"got \[-1, 0\]"):
        checked_lengths("lengths", torch.tensor([-1, 0]), 2, 5, CPU, error=UsageError)
    for wrong in (torch.tensor([1]), torch.tensor([0.5, 1.0]), torch.tensor([True, False])):
        with pytest.raises(ShapeError, match="expected 2 integer counts"):
            checked_lengths("lengths", wrong, 2, 5, CPU)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_is_located_in_valid_frames_and_ignored_in_padding(value):
    log_probs = torch.zeros(2, 4, 3)
    log_probs[0, 0, 0] = -math.inf  # a label of probability 0
    log_probs[1, 2, 1] = value
    check_no_nan(log_probs, torch.tensor([4, 2]))
    with pytest.raises(BatchError, match="in utterance 1 at frame 2"):
        check_no_nan(log_probs, torch.tensor([4, 3]))
    with pytest.raises(UsageError, match="in utterance 1 at frame 2"):
        check_no_nan(log_probs, torch.tensor([4, 3]), error=UsageError)


def test_targets_may_hold_anything_in_padding():
    targets = torch.tensor([[1, 2], [1, 9]])
    assert check_targets(targets, torch.tensor([2, 1]), 3, 0, 2).tolist() == [2, 1]
    with pytest.raises(BatchError, match="label 9 of utterance 1 at place 1"):
        check_targets(targets, None, 3, 0, 2)
    with pytest.raises(BatchError, match=r"label 1 of utterance 0 at place 0; .* other than the blank 1"):
        check_targets(targets, None, 10, 1, 2)


def test_utterances_give_both_lengths():
    frames, tokens = check_utterances(
        torch.zeros(2, 4, 3), torch.tensor([[1, 2], [1, 0]]), None, torch.tensor([2, 1]), 0
    )
    assert (frames.tolist(), tokens.tolist()) == ([4, 4], [2, 1])
    with pytest.raises(BatchError, match="the batch is empty"):
        check_utterances(torch.zeros(0, 4, 3), torch.zeros(0, 1), None, None, 0)


def test_checks_of_options_do_not_load_torch():
    code = "import sys; from ctcalign.checks import check_count; check_count('n', 1); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
