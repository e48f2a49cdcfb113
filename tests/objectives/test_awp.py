"""The hinge over pairs: golden values and gradients, which pairs count, and invalid input."""

from __future__ import annotations

import math

import pytest
import torch
from torch.testing import assert_close

from ctcalign.errors import ShapeError, UsageError
from ctcalign.objectives import (
    BatchError,
    LowLatency,
    MinimumWER,
    PropertyContext,
    align_with_purpose_loss,
    awp_pairs,
    improve,
)
from tests.objectives.letters import BLANK, VOCABULARY, golden, path_of

GOLDEN = golden("awp_loss")
RESULTS = pytest.mark.parametrize("row", GOLDEN["results"], ids=lambda row: f"{row['property']}-{row['margin']}")


def golden_input(row):
    """Logits (B, T, C) that require a gradient, sampled and improved paths, lengths."""
    logits = torch.tensor(GOLDEN["logits"]).transpose(1, 2).contiguous().requires_grad_()
    name = "low_latency" if row["property"] == "f_low_latency" else "min_wer"
    sampled = torch.tensor(GOLDEN[f"paths_{name}"])
    return logits, sampled, torch.tensor(row["shifted_paths"]), torch.tensor(GOLDEN["pred_lengths"])


def random_input(seed=0, batch=2, paths=3, frames=6, classes=4, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(batch, frames, classes, dtype=dtype, generator=generator)
    sampled, better = (torch.randint(classes, (batch, paths, frames), generator=generator) for _ in range(2))
    return logits.log_softmax(-1).requires_grad_(), sampled, better, torch.tensor([frames, frames - 2][:batch])


@RESULTS
def test_golden_values_and_gradients(row):
    logits, sampled, better, lengths = golden_input(row)
    log_probs = (logits.softmax(-1) + 1e-7).log()  # as in the published code
    pairs = awp_pairs(log_probs, sampled, better, lengths, margin=row["margin"])
    assert_close(pairs.sampled, torch.tensor(row["mean_logp_sampled"]), atol=1e-5, rtol=0)
    assert_close(pairs.improved, torch.tensor(row["mean_logp_shifted"]), atol=1e-5, rtol=0)
    loss = pairs.loss("sum_paths")
    assert loss.item() == pytest.approx(row["loss"], abs=1e-5)
    loss.backward()
    assert_close(logits.grad, torch.tensor(row["grad_wrt_logits"]).transpose(1, 2), atol=1e-6, rtol=0)


@RESULTS
def test_log_softmax_gives_the_golden_loss(row):
    logits, sampled, better, lengths = golden_input(row)
    log_probs = logits.log_softmax(-1)
    loss = align_with_purpose_loss(log_probs, sampled, better, lengths, row["margin"], "sum_paths")
    assert loss.item() == pytest.approx(row["loss"], abs=1e-5)
    assert_close(3 * align_with_purpose_loss(log_probs, sampled, better, lengths, row["margin"]), loss)


@RESULTS
def test_golden_improved_paths(row):
    _, sampled, better, lengths = golden_input(row)
    if row["property"] == "f_low_latency":
        removal = torch.tensor([-1 if index is None else index for index in row["removed_indices"]]).view(2, 3, 1)
        contexts = [PropertyContext(blank=BLANK)] * 2
        assert torch.equal(LowLatency(pad_mode="full").improve_batch(sampled, contexts, lengths, None, removal), better)
    else:
        contexts = [PropertyContext(path_of(text), VOCABULARY, BLANK) for text in GOLDEN["gt_texts"]]
        found, _ = improve(sampled, MinimumWER(ties="published", require_improvement=False), contexts)
        assert torch.equal(found, better)


def test_unchanged_pairs_are_recognised_by_their_paths_not_by_their_scores():
    log_probs = torch.full((1, 3, 4), -math.log(4)).requires_grad_()  # all paths have the same score
    sampled, better = torch.tensor([[[0, 1, 2], [0, 1, 2]]]), torch.tensor([[[0, 1, 2], [1, 2, 0]]])
    pairs = awp_pairs(log_probs, sampled, better, margin=0.5)
    assert pairs.hinge.tolist() == [[0.0, 0.5]]
    assert pairs.loss().item() == 0.25
    pairs.loss().backward()
    assert log_probs.grad.abs().sum() > 0


def test_a_change_in_the_padding_does_not_count():
    log_probs, sampled, _, lengths = random_input()
    better = sampled.clone()
    better[1, :, 4:] = (sampled[1, :, 4:] + 1) % 4
    pairs = awp_pairs(log_probs, sampled, better, lengths, margin=1.0)
    assert not pairs.changed.any()
    assert pairs.loss() == 0
    assert pairs.statistics()["share_unchanged"] == 1
    assert pairs.statistics()["mean_gain"] == 0


def test_a_pair_computed_by_hand():
    log_probs = torch.tensor([[[-1.0, -2.0, -3.0], [-4.0, -1.0, -2.0]]])
    sampled, better = torch.tensor([[[0, 1], [2, 2]]]), torch.tensor([[[1, 0], [0, 1]]])
    pairs = awp_pairs(log_probs, sampled, better, margin=0.25)
    assert_close(pairs.sampled, torch.tensor([[-1.0, -2.5]]))
    assert_close(pairs.improved, torch.tensor([[-3.0, -1.0]]))
    assert_close(pairs.hinge, torch.tensor([[2.25, 0.0]]))
    found = {name: value.item() for name, value in pairs.statistics().items()}
    assert found == {"share_unchanged": 0.0, "hinge_activity": 0.5, "mean_gain": pytest.approx(-0.25)}
    preferences = pairs.preferences()
    assert_close(preferences.chosen, torch.tensor([-3.0, -1.0]))
    assert_close(preferences.rejected, torch.tensor([-1.0, -2.5]))
    assert preferences.utterance.tolist() == [0, 0]


def test_gradcheck():
    log_probs, sampled, better, lengths = random_input()
    assert torch.autograd.gradcheck(lambda x: align_with_purpose_loss(x, sampled, better, lengths, 0.3), log_probs)


def test_padding_changes_neither_value_nor_gradient():
    log_probs, sampled, better, lengths = random_input()
    align_with_purpose_loss(log_probs, sampled, better, lengths, 0.3).backward()
    noisy = log_probs.detach().clone()
    noisy[1, 4:] = math.nan
    noisy.requires_grad_()
    rubbish = sampled.clone()
    rubbish[1, :, 4:] = -1
    loss = align_with_purpose_loss(noisy, rubbish, better, lengths, 0.3)
    loss.backward()
    assert_close(loss, align_with_purpose_loss(log_probs, sampled, better, lengths, 0.3))
    assert_close(noisy.grad, log_probs.grad)
    assert (log_probs.grad[1, 4:] == 0).all()


@pytest.mark.parametrize("reduction", ["mean", "sum_paths"])
def test_a_batch_of_two_is_the_mean_of_two_batches(reduction):
    log_probs, sampled, better, lengths = random_input()
    whole = align_with_purpose_loss(log_probs, sampled, better, lengths, 0.1, reduction)
    parts = [
        align_with_purpose_loss(
            log_probs[i : i + 1], sampled[i : i + 1], better[i : i + 1], lengths[i : i + 1], 0.1, reduction
        )
        for i in range(2)
    ]
    assert_close(whole, (parts[0] + parts[1]) / 2)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_summed_in_float32(dtype):
    log_probs, sampled, better, lengths = random_input(dtype=torch.float32)
    half = log_probs.detach().to(dtype).requires_grad_()
    loss = align_with_purpose_loss(half, sampled, better, lengths, 0.3)
    loss.backward()
    assert loss.dtype == torch.float32
    assert torch.isfinite(half.grad).all()
    assert_close(loss, align_with_purpose_loss(log_probs, sampled, better, lengths, 0.3), atol=0.02, rtol=0)


def test_a_path_of_probability_zero_does_not_count():
    log_probs = torch.zeros(1, 2, 2).log_softmax(-1)
    log_probs[0, 0, 1] = -math.inf
    log_probs.requires_grad_()
    pairs = awp_pairs(log_probs, torch.tensor([[[0, 0], [1, 0]]]), torch.tensor([[[1, 0], [0, 0]]]), margin=1.0)
    assert pairs.changed.all()
    assert not pairs.counted.any()
    pairs.loss().backward()
    assert torch.isfinite(log_probs.grad).all()
    assert all(torch.isfinite(value) for value in pairs.statistics().values())


def test_an_utterance_without_frames_is_unchanged():
    log_probs, sampled, better, _ = random_input()
    pairs = awp_pairs(log_probs, sampled, better, torch.tensor([6, 0]), margin=0.5)
    assert not pairs.changed[1].any()
    assert torch.isfinite(pairs.loss())


def test_invalid_input_gives_one_line_errors():
    log_probs, sampled, better, lengths = random_input()
    nan = log_probs.detach().clone()
    nan[1, 2] = math.nan
    empty = torch.zeros(0, 6, 4)
    cases = [
        (BatchError, "NaN in utterance 1", lambda: align_with_purpose_loss(nan, sampled, better, lengths)),
        (BatchError, "the batch is empty", lambda: align_with_purpose_loss(empty, sampled[:0], better[:0])),
        (BatchError, r"counts in \[0, 6\]", lambda: awp_pairs(log_probs, sampled, better, torch.tensor([7, 6]))),
        (BatchError, r"labels in \[0, 4\)", lambda: awp_pairs(log_probs, sampled + 4, better, lengths)),
        (BatchError, "infeasible utterances", lambda: awp_pairs(log_probs, sampled * 0 - 1, better, lengths)),
        (BatchError, "at least one path", lambda: awp_pairs(log_probs, sampled[:, :0], better[:, :0], lengths)),
        (ShapeError, "counts, never fractions", lambda: awp_pairs(log_probs, sampled, better, torch.ones(2))),
        (ShapeError, "improved: expected", lambda: awp_pairs(log_probs, sampled, better[:, :2], lengths)),
        (ShapeError, "sampled: expected ints", lambda: awp_pairs(log_probs, sampled[:, :, :5], better, lengths)),
        (ShapeError, "log_probs: expected floats", lambda: awp_pairs(log_probs[0], sampled, better, lengths)),
        (UsageError, "margin: got -1", lambda: awp_pairs(log_probs, sampled, better, lengths, margin=-1)),
        (
            UsageError,
            "reduction: got 'sum'",
            lambda: align_with_purpose_loss(log_probs, sampled, better, reduction="sum"),
        ),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_labels_at_the_edges_of_the_vocabulary():
    log_probs, _, _, lengths = random_input()
    low, high = torch.zeros(2, 1, 6, dtype=torch.int64), torch.full((2, 1, 6), 3)
    pairs = awp_pairs(log_probs, low, high, lengths)
    assert_close(pairs.sampled[0, 0], log_probs[0, :, 0].mean())
    assert_close(pairs.improved[1, 0], log_probs[1, :4, 3].mean())
    for label in (-1, 4):
        one = high.clone()
        one[0, 0, 5] = label
        for pair in ((one, high), (high, one)):
            with pytest.raises(BatchError, match=r"expected labels in \[0, 4\) before .* got (-1 to 3|0 to 4);"):
                awp_pairs(log_probs, *pair, lengths)


def test_pairs_that_the_caller_calls_changed():
    log_probs, sampled, better, lengths = random_input()
    own = torch.tensor([[True, False, False], [False, True, True]])
    pairs = awp_pairs(log_probs, sampled, better, lengths, margin=9.0, changed=own)
    assert torch.equal(pairs.counted, own)
    assert torch.equal(pairs.hinge > 0, own)
    assert pairs.preferences().utterance.tolist() == [0, 1, 1]
    assert_close(pairs.preferences().chosen, pairs.improved[own])
    assert {name: int(value) for name, value in pairs.statistics_weights().items()} == {
        "hinge_activity": 3, "mean_gain": 3}  # fmt: skip
    assert pairs.statistics()["share_unchanged"].item() == 0.5
    assert_close(pairs.statistics()["mean_gain"], (pairs.improved - pairs.sampled)[own].mean().detach())
    for bad in (own[:, :2], own.long()):
        with pytest.raises(ShapeError, match=r"^changed: expected bool \(2, 3\), got"):
            awp_pairs(log_probs, sampled, better, lengths, changed=bad)


def test_a_pair_counts_only_if_both_scores_are_finite():
    log_probs = torch.tensor([[[0.0, -math.inf, -1.0]]])
    sampled, better = torch.tensor([[[0], [1], [2]]]), torch.tensor([[[1], [2], [0]]])
    pairs = awp_pairs(log_probs, sampled, better, margin=0.5)
    assert pairs.counted.tolist() == [[False, False, True]]
    assert pairs.hinge.tolist() == [[0.0, 0.0, 0.0]]  # -1 - 0 + 0.5 is below zero
    found = {name: value.item() for name, value in pairs.statistics().items()}
    assert found == {"share_unchanged": 0.0, "hinge_activity": 0.0, "mean_gain": 1.0}


def test_a_hinge_at_zero_is_not_active():
    log_probs = torch.tensor([[[-1.0, -2.0]]])
    pairs = awp_pairs(log_probs, torch.tensor([[[1]]]), torch.tensor([[[0]]]), margin=1.0)
    assert pairs.hinge.item() == 0.0
    assert pairs.statistics()["hinge_activity"].item() == 0.0
    assert align_with_purpose_loss(log_probs, torch.tensor([[[0]]]), torch.tensor([[[1]]])).item() == 1.0  # margin 0
    assert awp_pairs(log_probs, torch.tensor([[[0]]]), torch.tensor([[[1]]])).hinge.item() == 1.0


def test_reductions():
    log_probs, sampled, better, lengths = random_input(paths=3)
    pairs = awp_pairs(log_probs, sampled, better, lengths, margin=1.0)
    assert_close(pairs.loss(), pairs.hinge.mean())
    assert_close(pairs.loss("sum_paths"), pairs.hinge.sum() / 2)
    assert_close(align_with_purpose_loss(log_probs, sampled, better, lengths, 1.0), pairs.hinge.mean())
    with pytest.raises(UsageError, match=r"^reduction: got 'none'"):
        pairs.loss("none")


def test_both_sets_of_paths_are_checked():
    log_probs, sampled, better, lengths = random_input()
    for name, pair in (("sampled", (sampled.float(), better)), ("improved", (sampled, better.float()))):
        with pytest.raises(ShapeError, match=rf"^{name}: expected ints"):
            awp_pairs(log_probs, *pair, lengths)
