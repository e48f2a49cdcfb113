from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import best_path
from ctcalign.errors import NoPathError
from tests.ctc.brute_force import best_score, collapsed, integer_log_probs

anything = settings(max_examples=200, deadline=None)


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[np.ndarray, list[int], int]:
    frames, classes = draw(st.integers(0, 6)), draw(st.integers(1, 3))
    blank = draw(st.integers(0, classes - 1))
    tokens = [c for c in range(classes) if c != blank]
    targets = draw(st.lists(st.sampled_from(tokens), max_size=4)) if tokens else []
    rng = random.Random(draw(st.integers(0, 2**32)))
    return integer_log_probs(rng, frames, classes, draw(st.sampled_from([0.0, 0.2]))), targets, blank


@anything
@given(small_cases())
def test_best_path_is_the_best_of_all_paths(case: tuple[np.ndarray, list[int], int]) -> None:
    log_probs, targets, blank = case
    expected = best_score(log_probs, targets, blank)
    if expected == -math.inf:
        with pytest.raises(NoPathError):
            best_path(log_probs, targets, blank)
        return
    best = best_path(log_probs, targets, blank)
    path = best.path.tolist()
    assert best.score == expected  # whole numbers: exact, ties or not
    assert best.certified
    assert collapsed(path, blank) == tuple(targets)
    assert sum(log_probs[t, label] for t, label in enumerate(path)) == expected
    spelled = [blank] * len(path)
    for token, (start, end) in zip(targets, best.spans, strict=True):
        assert 0 <= start < end <= len(path)
        assert spelled[start:end] == [blank] * (end - start)
        spelled[start:end] = [token] * (end - start)
    assert spelled == path


@anything
@given(seed=st.integers(0, 2**32), frames=st.integers(1, 6))
def test_real_valued_scores_reach_the_optimum(seed: int, frames: int) -> None:
    rng = np.random.default_rng(seed)
    log_probs = torch.from_numpy(rng.standard_normal((frames, 3))).log_softmax(1)
    targets = rng.integers(1, 3, rng.integers(0, 3)).tolist()
    expected = best_score(log_probs.numpy(), targets, 0)
    if expected > -math.inf:
        assert best_path(log_probs, targets).score == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("length", [1023, 1024, 1025, 2500])
def test_rows_longer_than_a_tile_agree_with_a_plain_search(length: int) -> None:
    rng = np.random.default_rng(length)
    frames = length + 700
    log_probs = -rng.integers(0, 6, (frames, 5)).astype(float)
    targets = rng.integers(1, 5, length)
    targets[1:] = np.where(targets[1:] == targets[:-1], targets[1:] % 4 + 1, targets[1:])  # no repeats: always a path
    best = best_path(log_probs, targets)
    assert best.score == textbook_viterbi(log_probs, targets)
    assert collapsed(best.path.tolist(), 0) == tuple(targets)
    assert log_probs[np.arange(frames), np.asarray(best.path)].sum() == best.score


def textbook_viterbi(log_probs: np.ndarray, targets: np.ndarray) -> float:
    """The interleaved trellis of 2 L + 1 states over all frames, as in the CTC paper, score only."""
    states = np.zeros(2 * len(targets) + 1, np.int64)
    states[1::2] = targets
    skip = np.zeros(states.size, bool)
    skip[3::2] = targets[1:] != targets[:-1]
    score = np.full(states.size, -np.inf)
    score[:2] = log_probs[0, states[:2]]
    for row in log_probs[1:]:
        one = np.append(-np.inf, score[:-1])
        two = np.where(skip, np.append([-np.inf, -np.inf], score[:-2]), -np.inf)
        score = np.maximum(np.maximum(score, one), two) + row[states]
    return float(score[-2:].max())


def test_float32_sums_would_lose_the_path_that_float64_keeps() -> None:
    # After 2**20 nats, float32 steps are 1/16: the two places for the token differ by less.
    log_probs = torch.full((3000, 2), -4096.0)
    log_probs[:, 0] = -1024.0
    log_probs[2000, 1], log_probs[2500, 1] = -1024.5, -1024.49
    best = best_path(log_probs, [1])
    assert best.spans == [(2500, 2501)]
    assert best.score == pytest.approx(2999 * -1024.0 - 1024.49, abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_every_floating_type_and_container(dtype: torch.dtype) -> None:
    exact = torch.randn(40, 6, generator=torch.Generator().manual_seed(1)).log_softmax(1).to(dtype)
    targets = [1, 1, 2, 5, 4]
    best = best_path(exact, torch.tensor(targets))
    again = best_path(exact.double().numpy(), np.array(targets))
    assert best.path.tolist() == again.path.tolist()
    assert best.score == again.score
    assert best.path.dtype == torch.int64
    assert isinstance(again.path, np.ndarray)  # the result is of the kind of the log-probs
    assert best.frame_scores.sum().item() == pytest.approx(best.score, rel=1e-5)


def test_views_and_gradients_do_not_matter() -> None:
    log_probs = torch.randn(3, 20, 6, generator=torch.Generator().manual_seed(2)).log_softmax(-1)
    expected = best_path(log_probs[1].contiguous(), [1, 2])
    strided = log_probs.transpose(0, 1)[:, 1].requires_grad_()
    assert best_path(strided, [1, 2]).score == expected.score
    flipped = np.ascontiguousarray(log_probs[1].detach().numpy()[::-1])[::-1]
    assert best_path(flipped, [1, 2]).score == expected.score


def test_half_precision_memory_map_is_read_in_blocks(tmp_path: object) -> None:
    rng = np.random.default_rng(3)
    array = torch.from_numpy(rng.standard_normal((20_000, 29))).log_softmax(1).numpy().astype(np.float16)
    file = np.memmap(f"{tmp_path}/emission.f16", np.float16, "w+", shape=array.shape)
    file[:] = array
    targets = rng.integers(1, 29, 300)
    mapped, plain = best_path(file, targets), best_path(array.astype(np.float64), targets)
    assert np.array_equal(mapped.path, plain.path)
    assert mapped.score == plain.score


def test_more_labels_than_a_byte_can_number() -> None:
    rng = np.random.default_rng(4)
    log_probs = -rng.integers(0, 6, (900, 1000)).astype(float)
    targets = rng.permutation(np.arange(1, 1000))[:400]
    assert best_path(log_probs, targets).score == textbook_viterbi(log_probs, targets)


def test_edges() -> None:
    nothing = best_path(torch.zeros(0, 3), [])
    assert (nothing.path.tolist(), nothing.score, nothing.spans, nothing.certified) == ([], 0.0, [], True)
    assert best_path(torch.full((4, 3), -1.0), []).path.tolist() == [0, 0, 0, 0]
    one = best_path(torch.tensor([[-1.0, -2.0]]), [1])
    assert (one.path.tolist(), one.score, one.spans) == ([1], -2.0, [(0, 1)])
    tight = best_path(torch.full((5, 3), -1.0), [1, 1, 2, 1])
    assert tight.path.tolist() == [1, 0, 1, 2, 1]
    assert best_path(torch.full((2, 3), -1.0), [0, 1], blank=2).path.tolist() == [0, 1]


def test_the_same_input_gives_the_same_path() -> None:
    log_probs = -np.random.default_rng(5).integers(0, 2, (500, 4)).astype(float)
    targets = np.tile([1, 2, 2, 3], 30)
    paths = [best_path(log_probs, targets).path for _ in range(3)]
    assert all(np.array_equal(paths[0], path) for path in paths)
