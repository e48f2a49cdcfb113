"""Token scores of a CTC recogniser: sums, KL and collision, infeasible transcripts, and peak memory."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from ctcalign import ctc
from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference import (
    BatchError,
    critical_token_scores,
    ctc_lengths,
    ctc_path_scores,
    ctc_sequence_scores,
    ctc_token_labels,
    ctc_token_scores,
    dpo_loss,
    simpo_loss,
    tdpo_loss,
)

TARGETS = torch.tensor([[1, 2, 2], [3, 1, -5]])
LENGTHS = (torch.tensor([9, 7]), torch.tensor([3, 2]))


def emissions(seed: int, frames: int = 9, classes: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, frames, classes, dtype=torch.float64, generator=generator).log_softmax(-1)


def test_tokens_and_their_end_sum_to_the_score_of_the_transcript() -> None:
    log_probs, reference = emissions(0), emissions(1)
    scores = ctc_token_scores(log_probs, TARGETS, *LENGTHS, reference_log_probs=reference)
    assert scores.mask.tolist() == [[True] * 4, [True] * 3 + [False]]
    whole = ctc_sequence_scores(log_probs, TARGETS, *LENGTHS)
    assert whole.mask.tolist() == [[True], [True]]
    assert_close(whole.log_probs[:, 0], ctc.total_score(log_probs, TARGETS, *LENGTHS))
    assert_close(scores.log_probs.sum(1), whole.log_probs[:, 0], rtol=0, atol=1e-10)
    assert_close(ctc_token_scores(log_probs, TARGETS, *LENGTHS).log_probs, scores.log_probs)
    assert_close(scores.reference_log_probs, ctc_token_scores(reference, TARGETS, *LENGTHS).log_probs)


def test_kl_and_collision_equal_those_of_the_next_token_distributions() -> None:
    log_probs, reference = emissions(2).requires_grad_(), emissions(3)
    scores = ctc_token_scores(log_probs, TARGETS, *LENGTHS, reference_log_probs=reference, log_collision=True)
    p = ctc.next_token_log_probs(log_probs, TARGETS, *LENGTHS)
    q = ctc.next_token_log_probs(reference, TARGETS, *LENGTHS)
    kl = (q.exp() * (q - p)).sum(-1)
    for row, count in enumerate((4, 3)):
        assert_close(scores.kl[row, :count], kl[row, :count])
        assert_close(scores.log_collision[row, :count], (2 * p[row, :count].detach()).logsumexp(-1))
        assert not scores.kl[row, count:].any()
    weights = torch.rand(2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights[1, 3] = 0.0
    (found,) = torch.autograd.grad((scores.kl * weights).sum(), log_probs)
    (expected,) = torch.autograd.grad((kl.nan_to_num(0.0)[weights > 0] * weights[weights > 0]).sum(), log_probs)
    assert_close(found, expected)


def test_gradients_equal_finite_differences() -> None:
    reference, logits = emissions(5, 5), emissions(4, 5).requires_grad_()
    lengths = torch.tensor([5, 4]), LENGTHS[1]

    def values(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = ctc_token_scores(x, TARGETS, *lengths, reference_log_probs=reference)
        return found.log_probs, found.kl

    assert torch.autograd.gradcheck(values, (logits,))


def test_losses_of_tokens_equal_losses_of_whole_transcripts() -> None:
    log_probs, reference = emissions(6).requires_grad_(), emissions(7)
    rejected = torch.tensor([[1, 3, 0], [2, 1, 1]])
    sides = [(TARGETS, LENGTHS), (rejected, (LENGTHS[0], torch.tensor([2, 3])))]
    good, bad = (ctc_token_scores(log_probs, y, *n, reference_log_probs=reference) for y, n in sides)
    common = (good.log_probs, bad.log_probs, good.reference_log_probs, bad.reference_log_probs)
    by_token = dpo_loss(*common, good.mask, bad.mask)
    whole, other = (ctc_sequence_scores(log_probs, y, *n) for y, n in sides)
    their, others = (ctc_sequence_scores(reference, y, *n).log_probs for y, n in sides)
    by_text = dpo_loss(whole.log_probs, other.log_probs, their, others, whole.mask, other.mask)
    assert_close(by_token.losses, by_text.losses)
    (first,) = torch.autograd.grad(by_token.loss, log_probs, retain_graph=True)
    (second,) = torch.autograd.grad(by_text.loss, log_probs)
    # The gradient of the total score does not assume normalised rows; project it onto them.
    assert_close(first, second - log_probs.detach().exp() * second.sum(-1, keepdim=True))
    drifting = tdpo_loss(*common, good.kl, bad.kl, good.mask, bad.mask)
    assert not torch.isclose(drifting.extras["chosen_kl"], drifting.extras["rejected_kl"]).any()
    drifting.loss.backward()
    assert torch.isfinite(log_probs.grad).all()
    assert log_probs.grad.any()

    counts = [ctc_lengths("labels", *n) for _, n in sides]
    averaged = simpo_loss(whole.log_probs, other.log_probs, whole.mask, other.mask,
                          chosen_lengths=counts[0], rejected_lengths=counts[1])  # fmt: skip
    assert_close(averaged.loss, simpo_loss(good.log_probs, bad.log_probs, good.mask, bad.mask).loss)


def test_lengths() -> None:
    assert [ctc_lengths(norm, *LENGTHS).tolist() for norm in ("labels", "frames", "none")] == [[4, 3], [9, 7], [1, 1]]
    with pytest.raises(UsageError, match="norm: got 'words', expected one of labels, frames, none"):
        ctc_lengths("words", *LENGTHS)


def test_frames_of_a_path() -> None:
    log_probs, reference = emissions(8).requires_grad_(), emissions(9)
    paths = torch.randint(4, (2, 9), generator=torch.Generator().manual_seed(0))
    scores = ctc_path_scores(log_probs, paths, LENGTHS[0], reference_log_probs=reference)
    assert scores.mask.sum(1).tolist() == [9, 7]
    assert_close(scores.log_probs[1, :7].sum(), ctc.path_log_prob(log_probs[1, :7], paths[1, :7]))
    kl = (reference.exp() * (reference - log_probs)).sum(-1)
    assert_close(scores.kl, kl.masked_fill(~scores.mask, 0.0))
    assert_close(ctc_path_scores(log_probs, 3 - paths, LENGTHS[0], reference_log_probs=reference).kl, scores.kl)
    with pytest.raises(ShapeError, match="input_lengths: expected 2 integer counts"):
        ctc_path_scores(log_probs, paths, torch.tensor([9]))


def test_token_labels_as_labels_of_next_token_distributions() -> None:
    assert ctc_token_labels(TARGETS, LENGTHS[1], 0).tolist() == [[1, 2, 2, 0], [3, 1, 0, -100]]
    assert ctc_token_labels(TARGETS[:1], blank=3).tolist() == [[1, 2, 2, 3]]
    good, bad = (ctc.next_token_log_probs(emissions(seed), TARGETS, *LENGTHS) for seed in (10, 11))
    scores = critical_token_scores(good, bad, ctc_token_labels(TARGETS, LENGTHS[1]), shift=False)
    contrast = (2 * good - bad).softmax(-1)
    assert_close(scores[0], contrast[0, torch.arange(4), torch.tensor([1, 2, 2, 0])])
    assert_close(scores[1, :3], contrast[1, torch.arange(3), torch.tensor([3, 1, 0])])


def test_an_infeasible_transcript_is_an_error_of_the_loss_and_does_not_affect_other_rows() -> None:
    frames = torch.tensor([3, 7])  # the first transcript needs four
    log_probs, reference = emissions(12).requires_grad_(), emissions(13)
    scores = ctc_token_scores(log_probs, TARGETS, frames, LENGTHS[1], reference_log_probs=reference)
    assert scores.log_probs[0].isfinite().tolist() == [True, True, False, False]
    assert scores.log_probs[0, 2:].eq(-math.inf).all()
    assert torch.isfinite(scores.kl).all()
    sides = (scores.log_probs, scores.log_probs, scores.reference_log_probs, scores.reference_log_probs)
    with pytest.raises(BatchError, match=r"row 0 at position 2.*infeasible target"):
        dpo_loss(*sides, scores.mask, scores.mask)
    kept = ctc.feasible(TARGETS, frames, LENGTHS[1])
    loss = dpo_loss(*(side[kept] for side in sides), scores.mask[kept], scores.mask[kept]).loss
    (gradient,) = torch.autograd.grad(loss + scores.kl[kept].sum(), log_probs)
    assert torch.isfinite(gradient).all()
    assert not gradient[0].any()
    with pytest.raises(ShapeError, match=r"reference_log_probs: expected shape \(2, 9, 4\)"):
        ctc_token_scores(log_probs, TARGETS, frames, LENGTHS[1], reference_log_probs=reference[:, 1:])


MEMORY = """
import ctypes, json
import torch
from ctcalign.preference import ctc_token_scores
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
def run(classes):
    log_probs, reference = (torch.randn(8, 400, classes).log_softmax(-1).requires_grad_() for _ in range(2))
    targets = torch.randint(1, classes, (8, 60))
    log_probs.grad = torch.zeros_like(log_probs)
    ctypes.CDLL(None).malloc_trim(0)  # otherwise memory that earlier code has freed is used without a trace
    open("/proc/self/clear_refs", "w").write("5")  # reset the peak to the current size
    before = peak()
    scores = ctc_token_scores(log_probs, targets, reference_log_probs=reference)
    (scores.log_probs.sum() + scores.kl.sum()).backward()
    return (peak() - before) / 4
run(32)  # load lazily imported code first
print(json.dumps([min(run(classes) for _ in range(4)) for classes in (32, 500)]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is read from Linux's /proc")
def test_memory_is_the_gradient_and_some_tables() -> None:
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}  # return freed memory to the system
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=True, env=environment)
    for classes, floats in zip((32, 500), json.loads(run.stdout), strict=True):
        gradient, bound = 8 * 400 * classes, 4 * 8 * 60 * (400 + classes)
        bound += 2**18  # Linux counts resident pages of each thread in batches: a peak is exact to about a megabyte
        assert gradient < floats < gradient + bound  # a tensor (B, L, T, V) would need 20 to 300 times as much


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_whole_transcripts_of_raw_logits_have_the_sum_of_their_tokens(dtype):
    logits = (8 * torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(3)) + 5).to(dtype).requires_grad_()
    targets, lengths = torch.tensor([[1, 2], [3, 3]]), (torch.tensor([6, 5]), torch.tensor([2, 2]))
    whole = ctc_sequence_scores(logits, targets, *lengths).log_probs[:, 0]
    tokens = ctc_token_scores(logits.detach(), targets, *lengths).log_probs.sum(1)
    tolerance = 1e-9 if dtype == torch.float64 else 1e-3
    assert_close(whole.double(), tokens.double(), atol=tolerance, rtol=tolerance)
    assert (whole < 0).all()
    whole.sum().backward()
    assert logits.grad.double().sum(-1).abs().max() < (1e-9 if dtype == torch.float64 else 0.1)  # that of a log-softmax


def test_whole_transcripts_with_impossible_frames():
    log_probs = torch.zeros(1, 3, 3).log_softmax(-1)
    log_probs[0, 1] = -torch.inf
    assert ctc_sequence_scores(log_probs, torch.tensor([[1]])).log_probs.item() == -torch.inf


def test_values_that_were_not_requested_are_none():
    log_probs = emissions(0)
    plain = ctc_token_scores(log_probs, TARGETS, *LENGTHS)
    assert (plain.kl, plain.log_collision, plain.reference_log_probs) == (None, None, None)
    collided = ctc_token_scores(log_probs, TARGETS, *LENGTHS, log_collision=True)
    assert (collided.kl, collided.reference_log_probs) == (None, None)
    assert_close(collided.log_probs, plain.log_probs)
    compared = ctc_token_scores(log_probs, TARGETS, *LENGTHS, reference_log_probs=emissions(1))
    assert compared.log_collision is None
    assert not compared.reference_log_probs[1, 3:].any()
    same = ctc_token_scores(log_probs, TARGETS, *LENGTHS, reference_log_probs=log_probs)
    assert same.kl.abs().max() < 1e-12
    assert_close(same.reference_log_probs, same.log_probs)


@pytest.mark.parametrize("blank", [0, 3])
def test_another_blank(blank):
    log_probs = emissions(3)
    targets = torch.tensor([[1, 2, 2], [2, 1, blank]])  # beyond the length anything may stand
    scores = ctc_token_scores(log_probs, targets, *LENGTHS, blank, reference_log_probs=emissions(4), log_collision=True)
    assert_close(scores.log_probs.sum(1), ctc.total_score(log_probs, targets, *LENGTHS, blank))
    assert_close(scores.reference_log_probs.sum(1), ctc.total_score(emissions(4), targets, *LENGTHS, blank))
    assert_close(ctc_sequence_scores(log_probs, targets, *LENGTHS, blank).log_probs[:, 0], scores.log_probs.sum(1))
    assert_close(ctc_token_scores(log_probs, targets, *LENGTHS, blank).log_probs, scores.log_probs)
    own = ctc.next_token_log_probs(log_probs, targets, *LENGTHS, blank)
    labels = ctc_token_labels(targets, LENGTHS[1], blank)
    assert labels.tolist() == [[1, 2, 2, blank], [2, 1, blank, -100]]
    picked = own.gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    assert_close(scores.log_probs[scores.mask], picked[scores.mask])


def test_a_prefix_that_the_reference_cannot_reach_has_no_divergence():
    log_probs, reference = emissions(5, 4), emissions(6, 4)
    reference[:, :, 1] = -math.inf
    reference = reference.log_softmax(-1)
    targets = torch.tensor([[1, 2], [2, 3]])
    scores = ctc_token_scores(log_probs, targets, reference_log_probs=reference)
    assert scores.reference_log_probs[0].tolist() == [-math.inf, -math.inf, -math.inf]
    assert scores.kl[0, 0] > 0  # the first distribution exists
    assert scores.kl[0, 1:].tolist() == [0.0, 0.0]
    assert torch.isfinite(scores.kl).all()
    assert torch.isfinite(scores.log_probs).all()


def test_shapes_of_labels_and_paths():
    with pytest.raises(ShapeError, match=r"^targets: expected ints of shape \(B, L\), got torch.int64 \(3,\)"):
        ctc_token_labels(TARGETS[0])
    for wrong in (TARGETS.float(), TARGETS.bool(), TARGETS[:0]):
        with pytest.raises(ShapeError, match=r"^targets: expected ints of shape \(B, L\)"):
            ctc_token_labels(wrong)
    for wrong in ([4, 1], [-1, 1]):
        with pytest.raises(BatchError, match=r"^target_lengths: expected counts in \[0, 3\]"):
            ctc_token_labels(TARGETS, torch.tensor(wrong))
    assert ctc_token_labels(TARGETS, torch.tensor([0, 3])).tolist() == [[0, -100, -100, -100], [3, 1, -5, 0]]
    assert ctc_token_labels(TARGETS.int(), torch.tensor([0, 3])).dtype == torch.int64
    log_probs, paths = emissions(7), torch.zeros(2, 9, dtype=torch.int64)
    for wrong in (paths[0], paths[:0]):
        with pytest.raises(ShapeError, match=r"^paths: expected ints of shape \(B, T\)"):
            ctc_path_scores(log_probs, wrong, LENGTHS[0])
    whole = ctc_path_scores(log_probs, paths, log_collision=True)
    assert whole.mask.all()
    assert whole.kl is None
    assert_close(whole.log_probs, log_probs[..., 0])
    assert_close(whole.log_collision, (2 * log_probs).logsumexp(-1))
    with pytest.raises(BatchError, match=r"^input_lengths: expected counts in \[0, 9\]"):
        ctc_path_scores(log_probs, paths, torch.tensor([10, 1]))
    assert ctc_path_scores(log_probs, paths, torch.tensor([9, 0])).mask.sum(1).tolist() == [9, 0]
    for wrong in (log_probs.long(), log_probs[..., :0], torch.tensor(0.0)):
        with pytest.raises(ShapeError, match=r"^log_probs: "):
            ctc_sequence_scores(wrong, TARGETS, *LENGTHS)
