"""Every wrong input gives one line that names the argument, what came and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ctcalign.ctc import best_path, best_path_graph, chain
from ctcalign.errors import NoPathError, ShapeError

FINE = torch.full((6, 4), -1.0)


def changed(frame: int, label: int, value: float) -> torch.Tensor:
    log_probs = FINE.clone()
    log_probs[frame, label] = value
    return log_probs


@pytest.mark.parametrize(
    ("log_probs", "targets", "options", "error", "text"),
    [
        (changed(2, 3, float("nan")), [1], {}, ValueError, "NaN in frame 2, label 3"),
        (changed(4, 0, float("inf")), [1], {}, ValueError, r"\+inf in frame 4"),
        (changed(1, 2, 3.5), [1], {}, ValueError, r"3.5 in frame 1, label 2.*look like logits; pass log_softmax"),
        (FINE.exp() * 0 + 0.25, [1], {}, ValueError, "look like probabilities; pass their logarithm"),
        (FINE, [1, 0], {}, ValueError, r"targets contain blank \(0\) at 1"),
        (FINE, [1, 4], {}, ValueError, r"targets must lie in \[0, 4\).*got 4 at 1.*one vocabulary"),
        (FINE, [-1], {}, ValueError, r"targets must lie in \[0, 4\), got -1"),
        (FINE, [1], {"blank": 4}, ValueError, r"blank must lie in \[0, 4\)"),
        (FINE, [[1]], {}, ShapeError, r"targets must be integers of shape \(L,\)"),
        (FINE, [1.5], {}, ShapeError, "targets must be integers"),
        (FINE[None], [1], {}, ShapeError, r"\(T, C\).*\(1, 6, 4\); pass one utterance, log_probs\[i\]"),
        (FINE.long(), [1], {}, ShapeError, "log_probs must be floating point"),
        ([[0.0]], [], {}, ShapeError, "torch tensor or a numpy array, got list"),
        (FINE, [1, 1, 2, 2, 3], {}, NoPathError, r"at least 7 frames \(length 5 \+ 2 repeats\) but log_probs has 6"),
        (FINE[:0], [1], {}, NoPathError, "at least 1 frames"),
        (FINE * float("inf"), [1], {}, NoPathError, "in frame 0 blank and every label of the text have log-prob -inf"),
        (changed(5, 2, -1.0)[:, :2] * torch.tensor([1.0, float("inf")]), [1], {}, NoPathError, "-inf; floor"),
        (FINE, [1], {"band": 0}, ValueError, "band must be a positive number of frames, got 0"),
        (FINE, [1], {"beam": -1.0}, ValueError, "beam must be a positive number of nats"),
        (FINE, [1], {"max_memory": 0}, ValueError, "max_memory must be a positive number of bytes"),
        (FINE, [1], {"centre": [2]}, ValueError, "centre is given without band"),
        (FINE, [1], {"centre": [2, 3], "band": 2}, ShapeError, "centre must be 1 finite frame numbers"),
        (FINE, [1], {"centre": [np.nan], "band": 2}, ShapeError, "centre must be 1 finite"),
    ],
)
def test_wrong_input(log_probs: Any, targets: Any, options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        best_path(log_probs, targets, **options)


def test_a_frame_late_in_the_recording_is_named() -> None:
    log_probs = np.full((20_000, 3), -1.0, np.float16)
    log_probs[19_000] = -np.inf
    with pytest.raises(NoPathError, match="frame 19000"):
        best_path(log_probs, [1, 2])


def test_rounding_above_zero_is_no_error() -> None:
    assert best_path(torch.full((3, 2), 1e-3, dtype=torch.bfloat16), [1]).certified


def test_wildcard_penalty_is_checked() -> None:
    with pytest.raises(ValueError, match="wildcard_penalty must be finite and >= 0, got -1"):
        best_path_graph(FINE, chain([1]), wildcard_penalty=-1)
