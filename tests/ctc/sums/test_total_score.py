"""Total scores and occupancies: against enumeration, k2's numbers, torch's CTC loss and finite differences."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign import ctc
from ctcalign.ctc.batch_inputs import checked
from ctcalign.ctc.sums import tensors as trellis_tensors
from ctcalign.ctc.sums.trellis import build_trellis
from ctcalign.errors import ShapeError, UsageError
from tests.ctc.brute_force import log_sum, walk_scores

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "k2_ctc.json").read_text(encoding="utf-8"))


def small_case(seed: int, frames: int, tokens: int, classes: int = 3) -> tuple[torch.Tensor, torch.Tensor, int]:
    rng = np.random.default_rng(seed)
    blank = int(rng.integers(classes))
    others = [label for label in range(classes) if label != blank]
    emission = torch.from_numpy(rng.normal(size=(1, frames, classes))).log_softmax(-1)
    return emission, torch.from_numpy(rng.choice(others, size=(1, tokens)).astype(np.int64)), blank


def by_enumeration(
    emission: torch.Tensor, targets: torch.Tensor, blank: int, modified: bool, bonus: torch.Tensor | None = None
) -> tuple[float, np.ndarray]:
    scores = emission[0].numpy()
    walks = walk_scores(scores, targets[0].tolist(), blank, modified, None if bonus is None else bonus[0].numpy())
    total = log_sum(score for _, score in walks)
    occupancy = np.zeros_like(scores)
    for path, score in walks:
        for t, label in enumerate(path):
            occupancy[t, label] += math.exp(score - total)
    return total, occupancy


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**16),
    frames=st.integers(0, 5),
    tokens=st.integers(0, 3),
    modified=st.booleans(),
    delayed=st.booleans(),
)
def test_equals_enumeration(seed: int, frames: int, tokens: int, modified: bool, delayed: bool) -> None:
    emission, targets, blank = small_case(seed, frames, tokens)
    bonus = torch.linspace(1, -1, frames, dtype=torch.float64)[None] if delayed else None
    topology = "modified" if modified else "standard"
    total, occupancy = by_enumeration(emission, targets, blank, modified, bonus)
    options = {"blank": blank, "topology": topology, "emission_bonus": bonus}
    assert ctc.total_score(emission, targets, **options).item() == pytest.approx(total, abs=1e-10)
    np.testing.assert_allclose(ctc.occupancy(emission, targets, **options)[0].numpy(), occupancy, atol=1e-10)
    assert bool(ctc.feasible(targets, torch.tensor([frames]), topology=topology)) == (total > -math.inf)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**16), modified=st.booleans())
def test_tensor_operations_equal_the_kernels(seed: int, modified: bool) -> None:
    rng = torch.Generator().manual_seed(seed)
    emission = torch.randn(4, 9, 5, dtype=torch.float64, generator=rng).log_softmax(-1)
    targets = torch.randint(0, 4, (4, 5), generator=rng)  # blank 4
    frames, tokens = torch.tensor([9, 7, 0, 2]), torch.tensor([3, 5, 0, 5])
    topology = "modified" if modified else "standard"
    batch = checked(emission, targets, frames, tokens, 4, topology)
    bonus = torch.randn(4, 9, dtype=torch.float64, generator=rng)
    found = torch.zeros_like(emission)
    scores = trellis_tensors.totals(emission, build_trellis(batch), bonus, found)
    options = {"blank": 4, "topology": topology, "emission_bonus": bonus}
    torch.testing.assert_close(scores, ctc.total_score(emission, targets, frames, tokens, **options))
    torch.testing.assert_close(found, ctc.occupancy(emission, targets, frames, tokens, **options))


@pytest.mark.parametrize("case", GOLDEN["tiny_cases"], ids=lambda case: case["name"])
def test_meets_k2_on_tiny_cases(case: dict) -> None:
    emission = torch.tensor([case["logp"]], dtype=torch.float64)
    targets = torch.tensor([case["labels"]], dtype=torch.int64).reshape(1, -1)
    total = ctc.total_score(emission, targets).item()
    assert total == pytest.approx(float(case["k2"]["tot_score"][0]), abs=1e-5)
    modified = ctc.total_score(emission, targets, topology="modified").item()
    assert modified == pytest.approx(float(case["k2_modified_topo_tot_score"][0]), abs=1e-5)
    expected = np.array(case["k2"]["occupancy"][0])
    np.testing.assert_allclose(ctc.occupancy(emission, targets)[0].numpy(), expected, atol=1e-5)
    if case["enumeration"]["num_paths"]:
        assert total == pytest.approx(case["enumeration"]["tot_score"], abs=1e-10)


def golden_batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    batch = GOLDEN["batch"]
    rows = [torch.tensor(row, dtype=torch.float64) for row in batch["logp"]]
    emission = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=math.nan)
    labels = [torch.tensor(row) for row in batch["labels"]]
    targets = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-7)
    return emission, targets, torch.tensor(batch["lengths"]), torch.tensor([len(row) for row in labels])


def test_meets_k2_on_a_padded_batch_whatever_the_padding_holds() -> None:
    emission, targets, frames, tokens = golden_batch()
    emission.requires_grad_()
    scores = ctc.total_score(emission, targets, frames, tokens)
    k2 = GOLDEN["batch"]["k2"]
    np.testing.assert_allclose(scores.detach().numpy(), k2["tot_score"], atol=1e-5)
    np.testing.assert_allclose(scores.detach().numpy(), GOLDEN["batch"]["torch_ctc_loss_float64_negated"], atol=1e-9)
    scores.sum().backward()
    for row, count in enumerate(frames.tolist()):
        np.testing.assert_allclose(
            emission.grad[row, :count].numpy(), np.array(k2["occupancy"][row])[:count], atol=1e-5
        )
        assert not emission.grad[row, count:].any()


def test_gradient_is_the_occupancy_and_meets_finite_differences() -> None:
    emission, targets, blank = small_case(5, 6, 2, classes=4)
    emission.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: ctc.total_score(x, targets, blank=blank), (emission,))
    (gradient,) = torch.autograd.grad(ctc.total_score(emission, targets, blank=blank).sum(), emission)
    torch.testing.assert_close(gradient, ctc.occupancy(emission, targets, blank=blank))
    torch.testing.assert_close(gradient.sum(-1), torch.ones(1, 6, dtype=torch.float64))


def test_long_utterances_agree_with_torch() -> None:
    torch.manual_seed(0)
    emission = torch.randn(3, 400, 32, dtype=torch.float64).log_softmax(-1).requires_grad_()
    targets = torch.randint(1, 32, (3, 60))
    targets[1, 5:9] = 7
    frames, tokens = torch.tensor([400, 300, 123]), torch.tensor([60, 42, 60])
    ours = ctc.total_score(emission, targets, frames, tokens)
    theirs = -torch.nn.functional.ctc_loss(emission.transpose(0, 1), targets, frames, tokens, reduction="none")
    torch.testing.assert_close(ours, theirs)
    (first,) = torch.autograd.grad(ours.sum(), emission)
    (second,) = torch.autograd.grad(theirs.sum(), emission)
    # torch's own gradient goes through a softmax that it assumes below; take its effect on unnormalised logits.
    softened = first - emission.exp() * first.sum(-1, keepdim=True)
    torch.testing.assert_close(softened.detach(), second - emission.exp() * second.sum(-1, keepdim=True).detach())


def test_infeasible_is_minus_infinity_and_sends_no_gradient() -> None:
    emission = torch.randn(2, 2, 3).log_softmax(-1).requires_grad_()
    scores = ctc.total_score(emission, torch.tensor([[1, 1], [1, 2]]))
    assert scores[0].item() == -math.inf
    assert math.isfinite(scores[1].item())
    torch.where(torch.isfinite(scores), scores, torch.zeros(())).sum().backward()
    assert not emission.grad[0].any()
    assert torch.isfinite(emission.grad).all()
    assert emission.grad[1].any()


def test_impossible_frames_never_make_nan() -> None:
    emission = torch.full((1, 3, 3), -math.inf)
    emission[0, :, 1] = 0.0
    assert ctc.total_score(emission, torch.tensor([[1]])).item() == 0.0
    assert ctc.total_score(emission, torch.tensor([[2]])).item() == -math.inf
    assert not torch.isnan(ctc.occupancy(emission, torch.tensor([[2]]))).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_types(dtype: torch.dtype) -> None:
    emission = torch.randn(1, 8, 4).log_softmax(-1).to(dtype).requires_grad_()
    score = ctc.total_score(emission, torch.tensor([[1, 2]]))
    assert score.dtype == torch.float32
    exact = ctc.total_score(emission.detach().double(), torch.tensor([[1, 2]]))
    assert score.item() == pytest.approx(exact.item(), rel=1e-6)
    score.backward()
    assert emission.grad.dtype == dtype


def test_a_view_is_read_as_what_it_is() -> None:
    emission = torch.randn(7, 2, 4).log_softmax(-1)
    targets = torch.tensor([[1, 2], [3, 3]])
    torch.testing.assert_close(
        ctc.occupancy(emission.transpose(0, 1), targets), ctc.occupancy(emission.transpose(0, 1).contiguous(), targets)
    )


EMISSION = torch.zeros(2, 4, 3)
TARGETS = torch.tensor([[1, 2], [2, 1]])


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((EMISSION[0], TARGETS), {}, ShapeError, r"log_probs: expected floats of shape \(B, T, C\)"),
        ((EMISSION[:0], TARGETS[:0]), {}, ShapeError, "empty"),
        ((EMISSION.long(), TARGETS), {}, ShapeError, "floats"),
        ((EMISSION, TARGETS[:1]), {}, ShapeError, "targets"),
        ((EMISSION, TARGETS * 0), {}, UsageError, "blank"),
        ((EMISSION, TARGETS + 2), {}, UsageError, "label 3"),
        ((EMISSION, TARGETS, torch.tensor([4, 5])), {}, UsageError, "input_lengths"),
        ((EMISSION, TARGETS, torch.tensor([0.5, 1.0])), {}, ShapeError, "never fractions"),
        ((EMISSION, TARGETS, None, torch.tensor([3, 1])), {}, UsageError, "target_lengths"),
        ((EMISSION / 0, TARGETS), {}, UsageError, "NaN or .inf in utterance 0 at frame 0"),
        ((EMISSION, TARGETS), {"blank": 3}, UsageError, "blank"),
        ((EMISSION, TARGETS), {"topology": "other"}, UsageError, "topology"),
        ((EMISSION, TARGETS), {"emission_bonus": torch.zeros(2, 3)}, ShapeError, "emission_bonus"),
    ],
)
def test_wrong_input_says_what_is_wrong(arguments: tuple, options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        ctc.total_score(*arguments, **options)
    assert "\n" not in str(caught.value)


def test_an_empty_batch_of_transcripts():
    nothing = torch.zeros(0, dtype=torch.int64)
    assert ctc.feasible(torch.zeros(0, 3, dtype=torch.int64), nothing, nothing).tolist() == []
