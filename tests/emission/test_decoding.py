"""Greedy decoding against the definition, frame by frame."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.emission import decoding as module
from ctcalign.emission.decoding import GreedyDecoding

BLANK, SEPARATOR = 0, 3
PATHS = st.lists(st.integers(0, 4), max_size=12)


def decoded(path: list[int]) -> GreedyDecoding:
    return GreedyDecoding.of(np.eye(5, dtype=np.float32)[np.array(path, np.int64)], BLANK, SEPARATOR)


def runs_of(path: list[int], first: int = 0) -> list[tuple[int, int]]:
    """Label and first frame of each run of equal labels, blanks left out."""
    found, at = [], first
    for label, run in groupby(path):
        if label != BLANK:
            found.append((label, at))
        at += len(list(run))
    return found


def pairs(decoding: GreedyDecoding) -> list[tuple[int, int]]:
    return list(zip(decoding.labels.tolist(), decoding.frames.tolist(), strict=True))


@settings(deadline=None)
@given(path=PATHS, data=st.data())
def test_labels_and_their_frames(path, data):
    decoding = decoded(path)
    assert decoding.path.tolist() == path
    assert pairs(decoding) == runs_of(path)
    assert pairs(decoding.without_separators()) == [pair for pair in runs_of(path) if pair[0] != SEPARATOR]
    first = data.draw(st.integers(0, len(path)))
    stop = data.draw(st.integers(first, len(path)))
    part, alone = decoding.between(first, stop), decoding.alone(first, stop)
    assert pairs(part) == [(label, frame) for label, frame in runs_of(path) if first <= frame < stop]
    assert pairs(alone) == runs_of(path[first:stop], first)
    assert part.path.tolist() == alone.path.tolist() == path[first:stop]
    inner = data.draw(st.integers(first, stop))
    assert pairs(alone.alone(inner, stop)) == pairs(decoding.alone(inner, stop))
    assert pairs(part.between(inner, stop)) == pairs(decoding.between(inner, stop))


@settings(deadline=None)
@given(path=PATHS, pause=st.integers(1, 4))
def test_stretches_of_speech(path, pause):
    symbols = [frame for frame, label in enumerate(path) if label not in (BLANK, SEPARATOR)]
    expected: list[list[int]] = []
    for frame in symbols:
        if expected and frame - expected[-1][-1] <= pause:
            expected[-1].append(frame)
        else:
            expected.append([frame])
    assert decoded(path).stretches(pause) == [(group[0], group[-1] + 1) for group in expected]
    assert decoded([BLANK] * 3 + path).alone(3, 3 + len(path)).stretches(pause) == [
        (group[0] + 3, group[-1] + 4) for group in expected
    ]


def test_by_hand():
    decoding = decoded([1, 1, 0, 1, 2, 0, 0, 2])
    assert decoding.labels.tolist() == [1, 1, 2, 2]
    assert decoding.frames.tolist() == [0, 3, 4, 7]
    assert decoding.between(1, 7).labels.tolist() == [1, 2]
    assert decoding.between(3, 8).frames.tolist() == [3, 4, 7]
    assert decoding.alone(1, 4).frames.tolist() == [1, 3]
    assert decoding.stretches(3) == [(0, 8)]
    assert decoding.stretches(2) == [(0, 5), (7, 8)]


@pytest.mark.parametrize("block", [1, 3, 100])
def test_blocks_and_precision_change_nothing(monkeypatch, block):
    rows = np.random.default_rng(1).normal(size=(50, 5)).astype(np.float16)
    whole = GreedyDecoding.of(rows.astype(np.float32), BLANK, SEPARATOR)
    monkeypatch.setattr(module, "BLOCK", block)
    assert pairs(GreedyDecoding.of(rows, BLANK, SEPARATOR)) == pairs(whole)


def test_no_frames():
    empty = decoded([])
    assert empty.labels.tolist() == []
    assert empty.between(0, 5).frames.tolist() == []
    assert empty.stretches(2) == []
