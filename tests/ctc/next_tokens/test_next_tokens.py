"""CTC as a language model: next-token log-probs against enumeration of all paths, k2's totals, finite differences."""

from __future__ import annotations

import itertools
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign import ctc
from ctcalign.errors import ShapeError, UsageError
from tests.ctc.brute_force import collapsed, log_sum

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "k2_ctc.json").read_text(encoding="utf-8"))
INF = math.inf


def by_enumeration(log_probs: np.ndarray, targets: list[int], blank: int) -> np.ndarray:
    """(L + 1, C): all paths are tried, and those whose text begins with a prefix are counted."""
    frames, classes = log_probs.shape
    texts: dict[tuple[int, ...], list[float]] = {}
    for path in itertools.product(range(classes), repeat=frames):
        score = sum(float(log_probs[t, label]) for t, label in enumerate(path))
        texts.setdefault(collapsed(path, blank), []).append(score)
    found = np.full((len(targets) + 1, classes), -INF)
    for u in range(len(targets) + 1):
        prefix = tuple(targets[:u])
        whole = log_sum(s for text, scores in texts.items() if text[:u] == prefix for s in scores)
        for v in range(classes):
            if v == blank:
                part = log_sum(texts.get(prefix, []))
            else:
                part = log_sum(s for text, scores in texts.items() if text[: u + 1] == (*prefix, v) for s in scores)
            if part > -INF:
                found[u, v] = part - whole
    return found


def normal(seed: int, *shape: int, spread: float = 1.0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (spread * torch.randn(shape, dtype=torch.float64, generator=generator)).log_softmax(-1).to(dtype)


def some_targets(seed: int, tokens: int, classes: int, blank: int) -> list[int]:
    return random.Random(seed).choices([label for label in range(classes) if label != blank], k=tokens)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**16),
    frames=st.integers(0, 5),
    tokens=st.integers(0, 3),
    blank=st.integers(0, 2),
    ruled_out=st.booleans(),
)
def test_next_tokens_are_those_of_all_paths(seed: int, frames: int, tokens: int, blank: int, ruled_out: bool) -> None:
    emission = normal(seed, 1, frames, 3)
    targets = some_targets(seed, tokens, 3, blank)  # of two labels: often repeated, often too many for the frames
    if ruled_out and frames:
        emission[0, seed % frames, seed % 3] = -INF
        emission = emission.log_softmax(-1)
    expected = by_enumeration(emission[0].numpy(), targets, blank)
    labels = torch.tensor([targets], dtype=torch.int64).reshape(1, -1)
    found = ctc.next_token_log_probs(emission, labels, blank=blank)[0]
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-12)
    own = ctc.token_log_probs(emission, labels, blank=blank)[0]
    np.testing.assert_allclose(own.numpy(), expected[range(tokens + 1), [*targets, blank]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", GOLDEN["tiny_cases"], ids=lambda case: case["name"])
def test_sums_are_the_total_scores_of_k2(case: dict) -> None:
    emission = torch.tensor([case["logp"]], dtype=torch.float64)
    targets = torch.tensor([case["labels"]], dtype=torch.int64).reshape(1, -1)
    total = ctc.token_log_probs(emission, targets).sum().item()
    assert total == pytest.approx(float(case["k2"]["tot_score"][0]), abs=1e-5)
    if case["enumeration"]["num_paths"]:
        assert total == pytest.approx(case["enumeration"]["tot_score"], abs=1e-10)


def test_sums_on_a_padded_batch_whatever_the_padding_holds() -> None:
    batch = GOLDEN["batch"]
    rows = [torch.tensor(row, dtype=torch.float64) for row in batch["logp"]]
    emission = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=math.nan).requires_grad_()
    labels = [torch.tensor(row) for row in batch["labels"]]
    targets = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-7)
    lengths = torch.tensor(batch["lengths"]), torch.tensor([len(row) for row in labels])
    scores = ctc.token_log_probs(emission, targets, *lengths)
    np.testing.assert_allclose(scores.detach().sum(1).numpy(), batch["k2"]["tot_score"], atol=1e-5)
    np.testing.assert_allclose(scores.detach().sum(1).numpy(), batch["torch_ctc_loss_float64_negated"], atol=1e-9)
    (first,) = torch.autograd.grad(scores.sum(), emission)
    nexts = ctc.next_token_log_probs(emission, targets, *lengths)
    torch.testing.assert_close(nexts.exp().sum(-1), torch.ones(3, 5, dtype=torch.float64), rtol=0, atol=1e-10)
    for row, label in enumerate(labels):
        assert nexts[row, len(label) + 1 :, 0].eq(0).all()  # beyond the end: the end again, for certain
        assert not scores[row, len(label) + 1 :].any()
        own = nexts[row, torch.arange(len(label) + 1), torch.tensor([*label, 0])]
        torch.testing.assert_close(own, scores[row, : len(label) + 1])
    (second,) = torch.autograd.grad(nexts.masked_fill(nexts == -INF, 0.0).square().sum(), emission)
    for row, count in enumerate(batch["lengths"]):
        occupancy = torch.tensor(batch["k2"]["occupancy"][row])[:count].double()
        # The gradient is that of normalised rows: the occupancy, less each label's share of it.
        torch.testing.assert_close(first[row, :count], occupancy - rows[row].softmax(-1), rtol=0, atol=1e-5)
        assert not first[row, count:].any()
        assert not second[row, count:].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("spread", [1.0, 30.0, 400.0])
def test_long_utterances_sum_to_the_total_score_and_to_one(dtype: torch.dtype, spread: float) -> None:
    emission = normal(1, 2, 200, 30, spread=spread, dtype=dtype)
    targets = torch.randint(1, 30, (2, 40), generator=torch.Generator().manual_seed(1))
    targets[1, 5:9] = 7
    lengths = torch.tensor([200, 150]), torch.tensor([40, 33])
    within = 1e-5 if dtype == torch.float32 else 1e-10
    nexts = ctc.next_token_log_probs(emission, targets, *lengths)
    torch.testing.assert_close(nexts.exp().sum(-1), torch.ones(2, 41, dtype=dtype), rtol=0, atol=within)
    sums = ctc.token_log_probs(emission, targets, *lengths).sum(1)
    torch.testing.assert_close(sums, ctc.total_score(emission, targets, *lengths), rtol=within, atol=within)


def test_impossible_is_minus_infinity_never_nan() -> None:
    emission = normal(2, 3, 3, 4)
    emission[1, :, 2] = -INF
    emission[2, 1] = -INF  # a frame in which nothing can be said
    targets = torch.tensor([[1, 1, 1], [1, 2, 3], [1, 2, 3]])
    nexts = ctc.next_token_log_probs(emission, targets)
    own = ctc.token_log_probs(emission, targets)
    assert not torch.isnan(nexts).any()
    assert not torch.isnan(own).any()
    assert own[0].isfinite().tolist() == [True, True, False, False]  # the third would need five frames
    assert own[1].isfinite().tolist() == [True, False, False, False]
    assert nexts[1].isfinite().any(1).tolist() == [True, True, False, False]
    assert nexts[2].eq(-INF).all()
    assert own[2].eq(-INF).all()


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"log_probs": torch.zeros(4, 3)}, ShapeError, r"log_probs: expected floats of shape \(B, T, C\)"),
        ({"targets": torch.tensor([[1, 0]])}, UsageError, "blank"),
        ({"input_lengths": torch.tensor([5])}, UsageError, "input_lengths"),
        ({"blank": 3}, UsageError, "blank"),
        ({"log_probs": torch.full((1, 4, 3), math.nan)}, UsageError, "NaN or .inf in utterance 0 at frame 0"),
    ],
)
def test_wrong_input_says_what_is_wrong(changed: dict, error: type, message: str) -> None:
    arguments = {"log_probs": torch.zeros(1, 4, 3), "targets": torch.tensor([[1, 2]]), **changed}
    for function in (ctc.next_token_log_probs, ctc.token_log_probs):
        with pytest.raises(error, match=message):
            function(**arguments)
