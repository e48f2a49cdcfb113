from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ctcalign import ctc
from ctcalign.ctc import collapse, path_log_prob, path_log_probs, token_spans
from ctcalign.errors import ShapeError, UsageError
from tests.ctc.brute_force import collapsed


@given(path=st.lists(st.integers(0, 3), max_size=12), blank=st.integers(0, 3))
def test_collapse_and_spans(path: list[int], blank: int) -> None:
    assert tuple(collapse(path, blank)) == collapsed(path, blank)
    rebuilt = [blank] * len(path)
    for token, start, end in token_spans(torch.tensor(path, dtype=torch.long), blank):
        rebuilt[start:end] = [token] * (end - start)
    assert rebuilt == path


def test_every_path_of_a_batch_is_scored() -> None:
    log_probs = torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).log_softmax(-1)
    paths = torch.tensor(list(itertools.product(range(3), repeat=3)))
    scores = path_log_probs(log_probs, paths.expand(2, -1, -1))
    assert scores.shape == (2, 27)
    torch.testing.assert_close(scores.logsumexp(1), torch.zeros(2, dtype=torch.float64))  # all paths: probability 1
    for b, n in ((0, 5), (1, 26)):
        assert scores[b, n] == pytest.approx(sum(float(log_probs[b, t, paths[n, t]]) for t in range(3)))
        torch.testing.assert_close(scores[b, n], path_log_prob(log_probs[b], paths[n]))


def test_frames_behind_the_length_count_for_nothing() -> None:
    log_probs = torch.randn(2, 4, 3, dtype=torch.float64).log_softmax(-1).requires_grad_()
    paths = torch.randint(0, 3, (2, 5, 4))
    lengths = torch.tensor([4, 2])
    scores = path_log_probs(log_probs, paths, lengths)
    torch.testing.assert_close(scores[1], path_log_probs(log_probs[1:, :2], paths[1:, :, :2])[0])
    spoiled = paths.clone()
    spoiled[1, :, 2:] = -100
    torch.testing.assert_close(path_log_probs(log_probs, spoiled, lengths), scores)
    scores.sum().backward()
    assert log_probs.grad is not None
    assert (log_probs.grad[1, 2:] == 0).all()
    assert log_probs.grad[0].sum() == 5 * 4
    assert torch.autograd.gradcheck(lambda x: path_log_probs(x, paths, lengths), log_probs)


def test_impossible_scores_stay_minus_infinity() -> None:
    log_probs = torch.tensor([[[-torch.inf, 0.0]]])
    assert path_log_probs(log_probs, torch.tensor([[[0], [1]]])).tolist() == [[-torch.inf, 0.0]]


def test_wrong_shapes_and_lengths() -> None:
    log_probs = torch.zeros(2, 4, 3)
    with pytest.raises(ShapeError, match=r"paths \(B, n, T\), got \(2, 4, 3\) and \(2, 4\)"):
        path_log_probs(log_probs, torch.zeros(2, 4).long())
    with pytest.raises(ShapeError, match="input_lengths must be 2 integer counts"):
        path_log_probs(log_probs, torch.zeros(2, 1, 4).long(), torch.tensor([0.5, 1.0]))
    with pytest.raises(ValueError, match=r"input_lengths must lie in \[0, 4\]"):
        path_log_probs(log_probs, torch.zeros(2, 1, 4).long(), torch.tensor([5, 1]))
    with pytest.raises(ValueError, match=r"labels in \[0, 3\)"):
        path_log_probs(log_probs, torch.full((2, 1, 4), 3))
    with pytest.raises(ShapeError, match=r"path must have shape \(T,\)"):
        collapse([[1]])
    with pytest.raises(ShapeError, match=r"path \(T,\)"):
        path_log_prob(log_probs[0], torch.zeros(3).long())


def test_public_names() -> None:
    for name in ctc._HOMES:
        assert callable(getattr(ctc, name)) or isinstance(getattr(ctc, name), int)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ctc.nothing


def test_edges_of_labels_and_lengths() -> None:
    log_probs = torch.tensor([[[-1.0, -2.0, -4.0], [-8.0, -16.0, -32.0]]])
    paths = torch.tensor([[[0, 2], [2, 0]]])
    assert path_log_probs(log_probs, paths).tolist() == [[-33.0, -12.0]]
    assert path_log_probs(log_probs, paths, torch.tensor([2])).tolist() == [[-33.0, -12.0]]
    assert path_log_probs(log_probs, paths, torch.tensor([1])).tolist() == [[-1.0, -4.0]]
    assert path_log_probs(log_probs, paths, torch.tensor([0])).tolist() == [[0.0, 0.0]]
    assert path_log_prob(log_probs[0], paths[0, 1]).item() == -12.0
    assert path_log_prob(log_probs[0, :0], paths[0, 0, :0]).item() == 0.0
    for label in (-1, 3):
        with pytest.raises(UsageError, match=r"path must hold labels in \[0, 3\)"):
            path_log_prob(log_probs[0], torch.tensor([0, label]))
        with pytest.raises(UsageError, match=r"paths must hold labels in \[0, 3\)"):
            path_log_probs(log_probs, torch.tensor([[[label, 0]]]), torch.tensor([1]))
        assert path_log_probs(log_probs, torch.tensor([[[0, label]]]), torch.tensor([1])).item() == -1.0
    for lengths in (torch.tensor([3]), torch.tensor([-1])):
        with pytest.raises(UsageError, match=r"input_lengths must lie in \[0, 2\]"):
            path_log_probs(log_probs, paths, lengths)
    for lengths in (torch.tensor([1, 1]), torch.tensor([True])):
        with pytest.raises(ShapeError, match="input_lengths must be 1 integer counts"):
            path_log_probs(log_probs, paths, lengths)
    for function, wrong in ((path_log_prob, (log_probs[0], paths[0, 0].float())),
                            (path_log_prob, (log_probs[0].long(), paths[0, 0])),
                            (path_log_probs, (log_probs, paths.float())),
                            (path_log_probs, (log_probs.long(), paths))):  # fmt: skip
        with pytest.raises(ShapeError, match="expected floats log_probs and"):
            function(*wrong)
    with pytest.raises(ShapeError, match=r"expected log_probs \(T, C\)"):
        path_log_prob(log_probs, paths[0])
    for shape in ((2, 2, 2), (1, 2, 3)):
        with pytest.raises(ShapeError, match=r"expected log_probs \(B, T, C\)"):
            path_log_probs(log_probs, torch.zeros(shape).long())


def test_spans_by_hand() -> None:
    assert token_spans([]) == []
    assert token_spans([2]) == [(2, 0, 1)]
    assert token_spans([0, 0]) == []
    assert token_spans([1, 1, 0, 1, 2, 2]) == [(1, 0, 2), (1, 3, 4), (2, 4, 6)]
    assert token_spans([1, 1, 0], blank=1) == [(0, 2, 3)]
    assert collapse([1, 1, 0, 1]) == [1, 1]
    assert collapse([1, 1, 0, 1], 1) == [0]


def test_names_are_listed() -> None:
    assert set(ctc._HOMES) <= set(dir(ctc))
    assert dir(ctc) == sorted(dir(ctc))
