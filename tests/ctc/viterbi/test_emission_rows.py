"""Emission rows by hand: used labels, wildcards, fillers; and which values are log-probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ctcalign.ctc import EPSILON, FILLER, WILDCARD
from ctcalign.ctc.viterbi.emission_rows import EmissionRows, as_numpy, check_values, checked_shape
from ctcalign.errors import NoPathError, ShapeError, UsageError

INF = float("inf")
ROWS = np.array([[-1.0, -4.0, -2.0, -8.0], [-3.0, -6.0, -5.0, -0.5], [-7.0, -INF, -INF, -INF]])


def rows_of(labels: list[int], log_probs=ROWS, **options) -> EmissionRows:
    return EmissionRows(log_probs, np.array(labels), **options)


def test_used_labels_relative_to_the_best_of_them() -> None:
    rows = rows_of([0, 2, 1])
    assert (rows.frames, rows.classes, rows.blank, rows.columns) == (3, 4, 0, 6)
    never = [-INF] * 3  # no label, the filler, the wildcard: not used
    assert rows.block(0, 3).tolist() == [
        [0.0, -1.0, -3.0, *never],
        [0.0, -2.0, -3.0, *never],
        [0.0, -INF, -INF, *never],
    ]
    assert rows.block(1, 2).tolist() == [[0.0, -2.0, -3.0, *never]]
    assert rows.column_of(np.array([1, 2, 1])).tolist() == [2, 1, 2, 3]
    assert rows.raw(0, 2).tolist() == ROWS[:2].tolist()


def test_wildcards_and_fillers() -> None:
    rows = rows_of([0, 1, WILDCARD, FILLER, FILLER - 1], wildcard_penalty=0.25, filler_penalties=[1.0, 3.0],
                   filler_frames=np.array([True, False, True]))  # fmt: skip
    assert rows.columns == 2 + 2 + 2
    # Blank, label 1, nothing, FILLER - 1, FILLER, wildcard
    first = np.array([-1.0, -4.0, -INF, -1.0 - 3.0, -1.0 - 1.0, -2.0 - 0.25]) + 1.0
    second = np.array([-3.0, -6.0, -INF, -0.5, -0.5, -0.5 - 0.25]) + 0.5
    third = np.array([-7.0, -INF, -INF, -10.0, -8.0, -INF]) + 7.0
    assert rows.block(0, 3).tolist() == [first.tolist(), second.tolist(), third.tolist()]
    labels = np.array([1, WILDCARD, EPSILON, FILLER, FILLER - 1])
    assert rows.column_of(labels).tolist() == [1, 5, 2, 4, 3, 2]
    path = np.array([WILDCARD, FILLER - 1, FILLER])
    assert rows.path_scores(path).tolist() == [-2.25, -0.5, -8.0]
    assert rows.path_scores(np.array([FILLER, 3, 0]), block=2).tolist() == [-2.0, -0.5, -7.0]
    assert rows.path_scores(np.array([FILLER - 1, WILDCARD, FILLER - 1]), block=1).tolist() == [-4.0, -0.75, -10.0]


@pytest.mark.parametrize(("blank", "best"), [(0, [-2.0, -0.5, -INF]), (3, [-1.0, -3.0, -7.0]), (2, [-1.0, -0.5, -7.0])])
def test_a_wildcard_is_never_the_blank(blank: int, best: list[float]) -> None:
    rows = rows_of([blank, WILDCARD])
    assert rows.wildcard_scores(ROWS).tolist() == best
    assert rows_of([0, WILDCARD], ROWS[:, :1]).wildcard_scores(ROWS[:, :1]).tolist() == [-INF] * 3
    free = rows_of([0, FILLER])
    assert free.path_scores(np.array([FILLER] * 3)).tolist() == [-1.0, -0.5, -7.0]


@pytest.mark.parametrize(("classes", "dtype"), [(254, np.uint8), (255, np.int64)])
def test_columns_are_bytes_if_they_fit(classes: int, dtype: type) -> None:
    rows = EmissionRows(np.zeros((1, 400)), np.arange(classes - 1))
    assert rows.columns == classes + 2
    assert rows.column_of(np.arange(1, 4)).dtype == dtype


def test_frames_without_any_path() -> None:
    with pytest.raises(
        NoPathError, match=r"^log_probs: in frame 2 blank and every label of the text have log-prob -inf"
    ):
        rows_of([1, 2]).block(1, 3)
    rows_of([1, 2]).block(0, 2)


def test_frames_of_fillers() -> None:
    for wrong in ([True, True, True], np.ones(3)):
        with pytest.raises(ShapeError, match=r"^filler_frames must be an array of bool, got"):
            rows_of([0], filler_frames=wrong)
    with pytest.raises(ShapeError, match=r"^filler_frames must have shape \(3,\), got \(2,\)"):
        rows_of([0], filler_frames=np.ones(2, np.bool_))


def test_types() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        assert as_numpy(torch.zeros(1, 2, dtype=dtype, requires_grad=True)).dtype == np.float32
    assert as_numpy(torch.zeros(1, 2).double()).dtype == np.float64
    assert as_numpy(np.zeros((1, 2), np.float16)).dtype == np.float32
    assert as_numpy(np.zeros((1, 2))).dtype == np.float64


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        ([[0.0]], "^log_probs must be a torch tensor or a numpy array, got list"),
        (torch.zeros(2, 2, device="meta"), "^log_probs must be dense and hold values, got torch.strided on meta"),
        (torch.zeros(2, 2).to_sparse(), "^log_probs must be dense and hold values, got torch.sparse_coo on cpu"),
        (torch.zeros(2, 2).long(), r"^log_probs must be floating point .*, got dtype torch.int64"),
        (np.zeros((2, 2), np.int32), r"^log_probs must be floating point .*, got dtype int32"),
        (np.zeros(3), r"^log_probs must have shape \(T, C\) with C >= 1, got \(3,\)$"),
        (np.zeros((3, 0)), r"^log_probs must have shape \(T, C\) with C >= 1, got \(3, 0\)$"),
        (np.zeros((1, 2, 3)), r"got \(1, 2, 3\); pass one utterance, log_probs\[i\]$"),
    ],
)
def test_shapes(log_probs, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        checked_shape(log_probs)


def test_shapes_at_the_edge() -> None:
    for fits in (np.zeros((0, 1)), torch.zeros(4, 1)):
        assert checked_shape(fits) is fits


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([-1.0, 0.0101], "found 0.0101 in frame 8, label 1: these look like logits"),
        ([0.0, 1.0], "found 1.0 in frame 8, label 1: these look like probabilities"),
        ([0.5, 0.5], "found 0.5 in frame 8, label 0: these look like probabilities"),
        ([-0.001, 1.001], "these look like logits"),
        ([0.5, 0.6], "these look like logits"),
        ([0.0, 1.02], "these look like logits"),
        ([np.nan, 0.5], "NaN in frame 8, label 0;"),
        ([0.5, np.nan], "NaN in frame 8, label 1;"),
        ([0.0, np.inf], r"\+inf in frame 8;"),
    ],
)
def test_values_that_are_no_log_probs(row: list[float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_values(np.array([row]), 8)
    if "probabilities" not in message:  # these are recognised if all values of the block are
        with pytest.raises(UsageError, match=message):
            check_values(np.array([[-1.0, -INF], row]), 7)


def test_values_at_the_edge() -> None:
    check_values(np.array([[0.01, -INF], [0.0, 0.0]]), 0)
    check_values(np.zeros((0, 3)), 0)
