"""Delay penalty, FastEmit, Peak-First and TrimTail: golden values, brute force, and their effect on latency."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch.nn.functional import ctc_loss
from torch.testing import assert_close

from ctcalign.errors import ShapeError, UsageError
from ctcalign.objectives import BatchError, delay_penalty_loss, fastemit_ctc_loss, peak_first_loss, trim_tail
from ctcalign.objectives.delay import reduced
from tests.objectives.letters import collapsed, first_frames, golden

BATCH = golden("k2_ctc")["batch"]


def padded(rows, value):
    shape = (len(rows), max(map(len, rows)), *torch.tensor(rows[0]).shape[1:])
    found = torch.full(shape, value, dtype=torch.tensor(rows[0]).dtype)
    for place, row in enumerate(rows):
        found[place, : len(row)] = torch.tensor(row)
    return found


def golden_batch():
    log_probs = padded(BATCH["logp"], math.nan).double().requires_grad_()
    return log_probs, padded(BATCH["labels"], 1), torch.tensor(BATCH["lengths"]), torch.tensor([4, 3, 2])


def random_batch(seed=0, frames=5, classes=4, blank=0):
    generator = torch.Generator().manual_seed(seed)
    log_probs = torch.randn(2, frames, classes, dtype=torch.float64, generator=generator).log_softmax(-1)
    labels = [label for label in range(classes) if label != blank]
    targets = torch.tensor([[labels[0], labels[1]], [labels[2], labels[2]]])
    return log_probs.requires_grad_(), targets, torch.tensor([frames, frames - 1]), torch.tensor([2, 2])


@pytest.mark.parametrize("row", BATCH["k2_ctc_loss_delay_penalty"], ids=lambda row: str(row["delay_penalty"]))
def test_delay_penalty_equals_k2(row):
    log_probs, targets, frames, tokens = golden_batch()
    loss = delay_penalty_loss(log_probs, targets, frames, tokens, penalty=row["delay_penalty"], reduction="none")
    assert_close(loss, torch.tensor(row["loss"]).double(), atol=1e-5, rtol=1e-6)
    loss.sum().backward()
    assert_close(log_probs.grad.float(), padded(row["grad_wrt_logp"], 0.0), atol=1e-5, rtol=0)
    mean = delay_penalty_loss(log_probs, targets, frames, tokens, penalty=row["delay_penalty"])
    assert mean.item() == pytest.approx(row["loss_mean_over_target_len"], abs=1e-5)


@pytest.mark.parametrize("blank", [0, 2])
def test_delay_penalty_equals_brute_force(blank):
    log_probs, targets, frames, tokens = random_batch(blank=blank)
    loss = delay_penalty_loss(log_probs, targets, frames, tokens, penalty=0.7, blank=blank, reduction="none")
    for utterance in range(2):
        T, scores = int(frames[utterance]), []
        for path in itertools.product(range(4), repeat=T):
            if collapsed(path, blank) == targets[utterance].tolist():
                early = sum(T // 2 - t for t in first_frames(path, blank))
                scores.append(sum(log_probs[utterance, t, label] for t, label in enumerate(path)) + 0.7 * early)
        assert_close(loss[utterance], -torch.stack(scores).logsumexp(0))


@pytest.mark.parametrize(
    "function",
    [lambda *a, **o: delay_penalty_loss(*a, penalty=0, **o), lambda *a, **o: fastemit_ctc_loss(*a, scale=0, **o)],
)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_with_parameter_zero_it_is_the_ctc_loss(function, reduction):
    log_probs, targets, frames, tokens = random_batch()
    peer = ctc_loss(log_probs.transpose(0, 1), targets, frames, tokens, reduction=reduction)
    assert_close(function(log_probs, targets, frames, tokens, reduction=reduction), peer)
    if reduction == "sum":
        assert_close(function(log_probs, targets, frames, tokens, reduction="batch_mean"), peer / 2)


def test_fastemit_scales_the_gradient_of_labels():
    log_probs, targets, frames, tokens = random_batch()
    (plain,) = torch.autograd.grad(delay_penalty_loss(log_probs, targets, frames, tokens, penalty=0), log_probs)
    loss = fastemit_ctc_loss(log_probs, targets, frames, tokens, scale=0.5)
    (scaled,) = torch.autograd.grad(loss, log_probs)
    assert_close(loss, delay_penalty_loss(log_probs, targets, frames, tokens, penalty=0))
    assert_close(scaled[..., 0], plain[..., 0])
    assert_close(scaled[..., 1:], 1.5 * plain[..., 1:])


def test_the_delay_penalty_moves_labels_to_the_front():
    """On a uniform emission the gradient favours the label in the first half; without a penalty it is symmetric."""
    gradients = []
    for penalty in (0.0, 0.5):
        logits = torch.zeros(1, 8, 2, requires_grad=True)
        delay_penalty_loss(logits.log_softmax(-1), torch.tensor([[1]]), penalty=penalty).backward()
        gradients.append(logits.grad[0, :, 1])
    plain, early = gradients
    assert_close(plain, plain.flip(0))
    assert early[:4].sum() < -0.4 < 0.4 < early[4:].sum()


def test_an_utterance_without_alignment_contributes_nothing():
    log_probs, targets, _, tokens = random_batch()
    frames = torch.tensor([5, 2])  # two equal labels need three frames
    losses = delay_penalty_loss(log_probs, targets, frames, tokens, penalty=0.1, reduction="none")
    assert losses[1] == math.inf
    total = delay_penalty_loss(log_probs, targets, frames, tokens, penalty=0.1, reduction="sum")
    assert_close(total, losses[0])
    total.backward()
    assert torch.isfinite(log_probs.grad).all()
    assert (log_probs.grad[1] == 0).all()


def test_peak_first_by_hand():
    p = torch.tensor([[[0.5, 0.5], [0.25, 0.75], [0.125, 0.875]]], dtype=torch.float64)
    kl = [sum(float(q * math.log(q / r)) for q, r in zip(p[0, t + 1], p[0, t], strict=True)) for t in range(2)]
    assert peak_first_loss(p.log()).item() == pytest.approx(sum(kl) / 2)
    assert peak_first_loss(p.log(), torch.tensor([2])).item() == pytest.approx(kl[0])
    assert peak_first_loss(p.log(), torch.tensor([1])).item() == 0
    assert peak_first_loss(p[:, :1].log()).item() == 0


def test_peak_first_moves_a_peak_to_the_left():
    logits = torch.tensor([[[4.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 0.0]]], requires_grad=True)
    peak_first_loss(logits.log_softmax(-1)).backward()
    assert logits.grad[0, 1, 1] < 0  # the frame before the peak gains its label
    assert logits.grad[0, 2, 1] > 0  # the frame of the peak loses it
    assert (logits.grad[0, 3] == 0).all()  # the last frame has no next frame


def test_peak_first_with_a_label_of_probability_zero_and_padding():
    log_probs = torch.tensor(
        [[[-math.log(2), -math.log(2)], [0.0, -math.inf], [math.nan, math.nan]]], requires_grad=True
    )
    loss = peak_first_loss(log_probs, torch.tensor([2]), reduction="none")
    assert_close(loss, torch.tensor([math.log(2)]))
    loss.sum().backward()
    assert torch.isfinite(log_probs.grad).all()
    assert peak_first_loss(torch.zeros(1, 3, 2, dtype=torch.bfloat16), temperature=2.0).dtype == torch.float32


def test_trim_tail():
    features = torch.randn(3, 40, 2)
    lengths = torch.tensor([40, 30, 3])
    generator = torch.Generator().manual_seed(0)
    seen = set()
    for _ in range(200):
        trimmed, left = trim_tail(features, lengths, 4, generator)
        cut = (lengths - left).tolist()
        seen |= {("long", cut[0]), ("short", cut[2])}
        assert trimmed.shape[1] == int(left.max())
        for row, (kept, count) in enumerate(zip(trimmed, left.tolist(), strict=True)):
            assert torch.equal(kept[:count], features[row, :count])
            assert (kept[count:] == 0).all()
    # 1 to 4 frames are cut; from three frames only one can be cut, since two are more than half
    assert seen == {("long", 1), ("long", 2), ("long", 3), ("long", 4), ("short", 0), ("short", 1)}


def test_invalid_input_gives_one_line_errors():
    log_probs, targets, _, _ = random_batch()
    nan = log_probs.detach().clone()
    nan[0, 1, 1] = math.nan
    cases = [
        (UsageError, "penalty: got -1", lambda: delay_penalty_loss(log_probs, targets, penalty=-1)),
        (UsageError, "scale: got nan", lambda: fastemit_ctc_loss(log_probs, targets, scale=math.nan)),
        (UsageError, "temperature: got 0", lambda: peak_first_loss(log_probs, temperature=0)),
        (UsageError, "reduction: got 'max'", lambda: peak_first_loss(log_probs, reduction="max")),
        (
            UsageError,
            "reduction: got 'max'",
            lambda: delay_penalty_loss(log_probs, targets, penalty=0, reduction="max"),
        ),
        (UsageError, "most: got 0", lambda: trim_tail(torch.zeros(1, 5, 2), torch.tensor([5]), 0)),
        (ShapeError, "features: expected", lambda: trim_tail(torch.zeros(5, 2), torch.tensor([5]), 2)),
        (BatchError, "lengths: expected counts", lambda: trim_tail(torch.zeros(1, 5, 2), torch.tensor([6]), 2)),
        (BatchError, "NaN or .inf in utterance 0 at frame 1", lambda: delay_penalty_loss(nan, targets, penalty=0)),
        (BatchError, "NaN or .inf in utterance 0 at frame 1", lambda: peak_first_loss(nan)),
        (BatchError, "the batch is empty", lambda: peak_first_loss(log_probs[:0])),
        (BatchError, "input_lengths: expected counts", lambda: peak_first_loss(log_probs, torch.tensor([9, 1]))),
        (BatchError, "label 0 of utterance 0 at place 0", lambda: fastemit_ctc_loss(log_probs, targets * 0, scale=1)),
        (BatchError, "blank: got 9", lambda: delay_penalty_loss(log_probs, targets, penalty=0, blank=9)),
        (ShapeError, "targets: expected ints", lambda: delay_penalty_loss(log_probs, targets[0], penalty=0)),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_reductions_of_losses():
    losses = torch.tensor([6.0, math.inf, 4.0, 5.0], requires_grad=True)
    lengths = torch.tensor([3, 2, 1, 0])
    assert reduced(losses, lengths, "none") is losses
    assert reduced(losses, lengths, "sum").item() == 15.0
    assert reduced(losses, lengths, "batch_mean").item() == 15.0 / 4
    mean = reduced(losses, lengths, "mean")
    assert mean.item() == (2.0 + 0.0 + 4.0 + 5.0) / 4  # an empty transcript counts as one label
    mean.backward()
    assert_close(losses.grad, torch.tensor([1 / 12, 0.0, 0.25, 0.25]))


def test_penalty_of_an_odd_number_of_frames():
    log_probs = torch.full((1, 3, 2), -1.0)  # the label may begin in frame 0, 1 or 2: bonus 1, 0, -1
    alignments = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]  # first frame and end of the label
    expected = -math.log(sum(math.exp(-3.0 + 0.7 * (1 - first)) for first, _ in alignments))
    loss = delay_penalty_loss(log_probs, torch.tensor([[1]]), penalty=0.7)
    assert loss.item() == pytest.approx(expected)
    assert delay_penalty_loss(log_probs, torch.tensor([[1]]), penalty=0.0).item() == pytest.approx(3 - math.log(6))


@pytest.mark.parametrize("blank", [0, 2])
def test_fastemit_leaves_the_gradient_of_the_blank(blank):
    log_probs, targets, frames, tokens = random_batch(blank=blank)
    options = {"blank": blank, "reduction": "sum"}
    (plain,) = torch.autograd.grad(fastemit_ctc_loss(log_probs, targets, frames, tokens, scale=0, **options), log_probs)
    (scaled,) = torch.autograd.grad(
        fastemit_ctc_loss(log_probs, targets, frames, tokens, scale=3, **options), log_probs
    )
    factor = torch.full((4,), 4.0, dtype=torch.float64)
    factor[blank] = 1.0
    assert_close(scaled, plain * factor)
    with pytest.raises(UsageError, match=r"^scale: got 1e[+]30"):
        fastemit_ctc_loss(log_probs, targets, frames, tokens, scale=1e30, blank=blank)
    assert torch.isfinite(fastemit_ctc_loss(log_probs, targets, frames, tokens, scale=9e29, blank=blank))


def test_peak_first_with_a_temperature_and_reductions():
    p = torch.tensor([[[0.5, 0.5], [0.2, 0.8]], [[0.9, 0.1], [0.4, 0.6]]], dtype=torch.float64)

    def kl(row, temperature):
        powers = [[float(x) ** (1 / temperature) for x in frame] for frame in row]
        here, after = ([x / sum(frame) for x in frame] for frame in powers)
        return sum(q * math.log(q / r) for q, r in zip(after, here, strict=True))

    for temperature in (1.0, 2.0, 0.5):
        expected = torch.tensor([kl(row, temperature) for row in p.tolist()], dtype=torch.float64)
        for reduction, value in [("none", expected), ("sum", expected.sum()), ("mean", expected.mean())]:
            assert_close(peak_first_loss(p.log(), temperature=temperature, reduction=reduction), value)
    assert_close(peak_first_loss(p.log()), peak_first_loss(p.log(), temperature=1.0, reduction="mean"))
    single = peak_first_loss(p.log(), torch.tensor([2, 1]), reduction="none")
    assert_close(single[0], peak_first_loss(p[:1].log()))
    assert single[1] == 0.0
    assert torch.equal(peak_first_loss(p.log(), torch.tensor([0, 0]), reduction="none"), single * 0)


def test_peak_first_has_no_gradient_to_the_next_frame():
    log_probs = torch.tensor([[[0.5, 0.5], [0.2, 0.8]]], dtype=torch.float64).log().requires_grad_()
    peak_first_loss(log_probs).backward()
    assert_close(log_probs.grad, torch.tensor([[[-0.2, -0.8], [0.0, 0.0]]], dtype=torch.float64))


def test_half_of_an_utterance_is_never_cut():
    features = torch.ones(5, 6, 1)
    lengths = torch.tensor([6, 3, 2, 1, 0])
    for _ in range(20):
        trimmed, left = trim_tail(features, lengths, 1, torch.Generator().manual_seed(0))
        assert left.tolist() == [5, 2, 2, 1, 0]
        assert trimmed.shape == (5, 5, 1)
        assert trimmed.sum((1, 2)).tolist() == [5, 2, 2, 1, 0]
    assert trim_tail(features, lengths, 1)[1].tolist() == [5, 2, 2, 1, 0]
    narrow = trim_tail(features, lengths.to(torch.int32), 1)[1]
    assert narrow.dtype == torch.int32
    trimmed, left = trim_tail(features[:0], lengths[:0], 1)
    assert (trimmed.shape, left.shape) == ((0, 0, 1), (0,))
