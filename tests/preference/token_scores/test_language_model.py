"""Token scores from logits: comparison with log-softmax, golden batches, chunks, and peak memory."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference import (
    BatchError,
    contrast_rewards,
    critical_token_scores,
    dpo_loss,
    lm_token_scores,
    tdpo_loss,
)
from ctcalign.preference.token_scores.vocabulary_chunks import chunks
from tests.preference.batches import SIDES, doubles, golden, near

DPO = golden("trl_dpo")
TDPO = golden("tdpo")


def random_lm(seed: int, shape: tuple[int, int, int] = (3, 6, 7)) -> dict:
    generator = torch.Generator().manual_seed(seed)
    logits, reference = (5 * torch.randn(shape, dtype=torch.float64, generator=generator) for _ in range(2))
    labels = torch.randint(0, shape[2], shape[:2], generator=generator)
    labels[torch.rand(shape[:2], generator=generator) < 0.3] = -100
    return {"logits": logits.requires_grad_(), "labels": labels, "reference_logits": reference}


def plainly(logits, labels, reference_logits, shift=True) -> list[torch.Tensor]:
    """The three values of each position, computed from the whole log-softmax."""
    if shift:
        logits, labels, reference_logits = logits[:, :-1], labels[:, 1:], reference_logits[:, :-1]
    mask, policy, reference = labels != -100, logits.log_softmax(-1), reference_logits.log_softmax(-1)
    found = [
        policy.gather(-1, labels.clamp(min=0)[..., None])[..., 0],
        (reference.exp() * (reference - policy)).sum(-1),
        (2 * policy).logsumexp(-1),
    ]
    return [values * mask for values in found]


@given(seed=st.integers(0, 2**16), numbers=st.integers(1, 200), shift=st.booleans())
@settings(max_examples=40, deadline=None)
def test_chunks_equal_log_softmax(seed, numbers, shift):
    batch = random_lm(seed)
    scores = lm_token_scores(**batch, shift=shift, chunk_numbers=numbers, log_collision=True)
    expected = plainly(**batch, shift=shift)
    for found, value in zip((scores.log_probs, scores.kl, scores.log_collision), expected, strict=True):
        near(found, value, rtol=1e-10)
    weights = torch.randn(2, *scores.mask.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    (gradient,) = torch.autograd.grad((weights[0] * scores.log_probs + weights[1] * scores.kl).sum(), batch["logits"])
    (target,) = torch.autograd.grad((weights[0] * expected[0] + weights[1] * expected[1]).sum(), batch["logits"])
    near(gradient, target, rtol=1e-9)
    assert not scores.log_collision.requires_grad


@given(rows=st.integers(1, 5), positions=st.integers(0, 9), classes=st.integers(1, 9), numbers=st.integers(1, 99))
@settings(max_examples=100, deadline=None)
def test_chunks_cover_each_position_once(rows, positions, classes, numbers):
    seen = torch.zeros(rows, positions, dtype=torch.int64)
    for part in chunks((rows, positions), classes, numbers):
        seen[part] += 1
        assert seen[part].numel() * classes <= max(numbers, classes)
    assert bool((seen == 1).all())


def golden_batch(data: dict) -> tuple[torch.Tensor, dict]:
    """Logits as a leaf, and the arguments of TDPO computed from them, by name."""
    logits = doubles(data["input"]["policy_logits"]).requires_grad_()
    reference, labels = doubles(data["input"]["ref_logits"]), torch.tensor(data["input"]["labels"])
    policy = lm_token_scores(logits, labels, reference_logits=reference, log_collision=True, chunk_numbers=20)
    frozen = lm_token_scores(reference, labels)
    batch = {}
    for side, rows in zip(SIDES, (slice(0, 3), slice(3, 6)), strict=True):
        batch[f"{side}_log_probs"], batch[f"{side}_mask"] = policy.log_probs[rows], policy.mask[rows]
        batch[f"{side}_reference_log_probs"], batch[f"{side}_kl"] = frozen.log_probs[rows], policy.kl[rows]
        batch[f"{side}_log_collision"] = policy.log_collision[rows]
    return logits, batch


@pytest.mark.parametrize("row", TDPO["results"], ids=range(len(TDPO["results"])))
def test_tdpo_of_the_authors_from_logits(row):
    logits, batch = golden_batch(TDPO)
    batch = {name: value for name, value in batch.items() if "collision" not in name}
    result = tdpo_loss(**batch, beta=row["beta"], alpha=row["alpha"], variant=row["variant"])
    result.loss.backward()
    near(result.losses.detach(), row["losses"])
    near(logits.grad, row["grad_mean_loss_wrt_policy_logits"])


def test_log_probs_and_weights_of_trl_from_logits():
    _, batch = golden_batch(DPO)
    near(torch.cat([batch[f"{side}_log_probs"] for side in SIDES]).detach(), DPO["policy_per_token_logps"])
    near(torch.cat([batch[f"{side}_reference_log_probs"] for side in SIDES]), DPO["ref_per_token_logps"])
    row = next(row for row in DPO["results"] if row["name"] == "sigmoid_wpo_weighting")
    batch = {name: value for name, value in batch.items() if "kl" not in name}
    near(dpo_loss(**batch, wpo=True).loss.detach(), row["loss_mean"])


@given(seed=st.integers(0, 2**16))
@settings(max_examples=10, deadline=None)
def test_a_permutation_of_the_vocabulary_changes_nothing(seed):
    batch = random_lm(seed)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(seed))
    labels = torch.where(batch["labels"] < 0, batch["labels"], order.argsort()[batch["labels"].clamp(min=0)])
    other = lm_token_scores(
        batch["logits"][..., order], labels, reference_logits=batch["reference_logits"][..., order], log_collision=True
    )
    one = lm_token_scores(**batch, log_collision=True)
    for name in ("log_probs", "kl", "log_collision"):
        near(getattr(one, name), getattr(other, name).detach(), rtol=1e-10)
    scores = critical_token_scores(batch["logits"], batch["reference_logits"], batch["labels"])
    permuted = critical_token_scores(batch["logits"][..., order], batch["reference_logits"][..., order], labels)
    near(scores, permuted, rtol=1e-10)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_masked_rows_may_hold_anything(value):
    batch = random_lm(1)
    hidden = torch.cat([(batch["labels"] == -100)[:, 1:], torch.ones(3, 1, dtype=torch.bool)], 1)[..., None]
    bad = {"logits": batch["logits"].detach().masked_fill(hidden, value).requires_grad_(), "labels": batch["labels"]}
    bad["reference_logits"] = batch["reference_logits"].masked_fill(hidden, value)
    gradients = []
    for one in (batch, bad):
        scores = lm_token_scores(**one, log_collision=True)
        gradients += torch.autograd.grad((scores.log_probs + scores.kl).sum(), one["logits"])
        assert torch.isfinite(scores.log_collision).all()
    assert torch.equal(*gradients)
    assert not gradients[1][hidden.expand_as(gradients[1])].any()


def test_tokens_of_probability_zero_keep_the_divergence_finite():
    logits = torch.tensor([[[0.0, 0.0, -math.inf]]], requires_grad=True)
    both = lm_token_scores(logits, torch.tensor([[0]]), reference_logits=logits.detach(), shift=False)
    near(both.kl.detach(), [[0.0]])
    both.kl.sum().backward()
    assert torch.isfinite(logits.grad).all()
    scores = critical_token_scores(logits, logits, torch.tensor([[0]]), shift=False)
    near(scores, [[0.5]])


def test_scores_of_critical_tokens():
    positive, negative = doubles([[[1.0, 0.0, 2.0]]]), doubles([[[0.5, 1.0, 3.0]]])
    found = critical_token_scores(positive, negative, torch.tensor([[2]]), shift=False)
    near(found, [[math.exp(1.0) / (math.exp(1.5) + math.exp(-1.0) + math.exp(1.0))]])
    plain = critical_token_scores(positive, negative, torch.tensor([[2]]), shift=False, strength=0.0)
    near(plain, positive.softmax(-1)[..., 2])


def test_a_mask_narrows_the_labels():
    batch = random_lm(2)
    mask = torch.ones(3, 6)
    mask[:, :4] = 0
    scores = lm_token_scores(**batch, mask=mask)
    assert torch.equal(scores.mask, ((batch["labels"] != -100) & (mask == 1))[:, 1:])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_logits_give_float32_scores_and_a_narrow_gradient(dtype):
    batch = random_lm(0)
    narrow = batch["logits"].detach().to(dtype).requires_grad_()
    scores = lm_token_scores(narrow, batch["labels"], reference_logits=batch["reference_logits"].to(dtype))
    wide = lm_token_scores(narrow.detach().double(), batch["labels"])
    assert scores.log_probs.dtype == scores.kl.dtype == torch.float32
    assert_close(scores.log_probs.detach().double(), wide.log_probs, rtol=2e-7, atol=1e-7)
    scores.log_probs.sum().backward()
    assert narrow.grad.dtype == dtype


MEMORY = """
import json, torch
from ctcalign.preference import lm_token_scores
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
def run(way, dtype, positions=200):
    logits = torch.zeros(2, positions, 32000, dtype=dtype).normal_().requires_grad_()
    reference = torch.zeros(2, positions, 32000, dtype=dtype).normal_()
    labels = torch.ones(2, positions, dtype=torch.long)
    open("/proc/self/clear_refs", "w").write("5")  # reset the peak to the current size
    before = peak()
    if way == "chunks":
        scores = lm_token_scores(logits, labels, reference_logits=reference, chunk_numbers=2**17)
        total = scores.log_probs.sum() + scores.kl.sum()
    else:
        p, q = logits[:, :-1].float().log_softmax(-1), reference[:, :-1].float().log_softmax(-1)
        total = p[..., 1].sum() + (q.exp() * (q - p)).sum()
    total.backward()
    return peak() - before
run("chunks", torch.float32, 2)  # load lazily imported code first
print(json.dumps([run(way, dtype) for way in ("chunks", "plain") for dtype in (torch.float32, torch.bfloat16)]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is read from Linux's /proc")
def test_memory_is_the_gradient_and_a_few_chunks():
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=True)
    wide, narrow, *plain = json.loads(run.stdout)  # megabytes in addition to the logits of the two models
    copy = 2 * 200 * 32000 * 4 / 2**20  # 49 in float32; the gradient has the dtype of the logits
    assert wide < copy + 16 * 0.5  # chunks of half a megabyte
    assert narrow < copy / 2 + 16 * 0.5
    assert min(plain) > 3 * copy  # the measurement can detect more


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"labels": torch.full((3, 6), 7)},
            BatchError,
            r"labels: 7 is scored but .* expected labels in \[0, 7\)",
        ),
        ({"labels": torch.zeros(3, 5).long()}, ShapeError, r"labels: expected ints of shape \(3, 6\) like the logits"),
        ({"labels": torch.zeros(3, 6)}, ShapeError, "labels: expected ints"),
        ({"logits": torch.zeros(3, 6)}, ShapeError, r"logits: expected floats of shape \(B, P, V\)"),
        ({"reference_logits": torch.zeros(3, 6, 8)}, ShapeError, r"reference_logits: .* the same vocabulary"),
        ({"mask": torch.zeros(3, 5)}, ShapeError, r"mask: expected shape \(3, 6\)"),
        ({"chunk_numbers": 0}, UsageError, "chunk_numbers: got 0"),
    ],
)
def test_invalid_arguments(options, error, message):
    with pytest.raises(error, match=message) as caught:
        lm_token_scores(**{**random_lm(0), **options})
    assert "\n" not in str(caught.value)


def test_contrast_rewards():
    better, worse = torch.tensor([[0.0, -1.0, -1.0]]).requires_grad_(), torch.tensor([[-1.0, 0.0, -1.0]])
    found = contrast_rewards(better, worse)
    near(found, [[0.7310585786 - 0.5, 0.2689414214 - 0.5, 0.0]])
    assert not found.requires_grad
