"""Cells of the search: those on complete paths, against all walks, and bands against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import EPSILON, START, GraphBuilder, TokenGraph, chain
from ctcalign.ctc.viterbi.windows import windows
from ctcalign.errors import NoPathError, ShapeError, UsageError
from tests.ctc.brute_force import state_paths


@settings(max_examples=80, deadline=None)
@given(targets=st.lists(st.integers(1, 2), max_size=4), frames=st.integers(1, 7))
def test_cells_on_complete_paths_of_a_chain(targets: list[int], frames: int) -> None:
    cells = np.array(state_paths(targets, frames, 0)).reshape(-1, frames) // 2
    if not len(cells):
        with pytest.raises(NoPathError, match="targets need at least"):
            windows(chain(targets), frames, None, None)
        return
    found = windows(chain(targets), frames, None, None)
    assert found.lo.tolist() == found.full_lo.tolist() == cells.min(0).tolist()
    assert found.hi.tolist() == found.full_hi.tolist() == (cells.max(0) + 1).tolist()


def band_by_hand(low: list[float], high: list[float], frames: int, band: float) -> list[tuple[int, int]]:
    """First and last cell in each frame: cell j is expected from `low` of target j - 1 to `high` of target j."""
    opens, closes = [0.0, *low], [*high, float(frames)]
    rows = []
    for t in range(frames):
        cells = [j for j in range(len(opens)) if opens[j] <= t + band and closes[j] >= t - band]
        rows.append((min(cells), max(cells) + 1))
    return rows


@pytest.mark.parametrize("band", [1, 2, 3.5, 40])
@pytest.mark.parametrize("frames", [9, 24])
def test_a_band_around_targets_that_are_spread_evenly(band: float, frames: int) -> None:
    targets = [1, 2, 3, 3, 1, 2]  # 7 frames at least: the second 3 is the fifth of them
    even = [(slot + 0.5) * frames / 7 - 0.5 for slot in (0, 1, 2, 4, 5, 6)]
    full = windows(chain(targets), frames, None, None)
    found = windows(chain(targets), frames, band, None)
    for t, (lo, hi) in enumerate(band_by_hand(even, even, frames, band)):
        assert found.lo[t] == max(lo, full.lo[t])
        assert found.hi[t] == max(min(hi, full.hi[t]), found.lo[t] + 1)
    assert found.full_lo.tolist() == full.lo.tolist()
    assert found.full_hi.tolist() == full.hi.tolist()


def test_a_band_around_given_frames() -> None:
    graph, frames = chain([1, 2, 3]), 20
    full = windows(graph, frames, None, None)
    one = windows(graph, frames, 2, [4.0, 5.0, 15.0])
    for t, (lo, hi) in enumerate(band_by_hand([4, 5, 15], [4, 5, 15], frames, 2)):
        assert (one.lo[t], one.hi[t]) == (max(lo, full.lo[t]), min(hi, full.hi[t]))
    two = windows(graph, frames, 2, [[2.0, 4.0], [5.0, 9.0], [15.0, 15.0]])
    for t, (lo, hi) in enumerate(band_by_hand([2, 5, 15], [4, 9, 15], frames, 2)):
        assert (two.lo[t], two.hi[t]) == (max(lo, full.lo[t]), min(hi, full.hi[t]))
    # Frames that no complete path allows are moved to the nearest that it does: 0, 1, 19.
    far = windows(graph, frames, 2, [-50.0, -50.0, 90.0])
    near = windows(graph, frames, 2, [0.0, 1.0, 19.0])
    assert far.lo.tolist() == near.lo.tolist()
    assert far.hi.tolist() == near.hi.tolist()


def test_targets_of_a_graph_are_spread_by_its_longest_way() -> None:
    builder = GraphBuilder()
    builder.sequence([1])
    builder.alternatives([[2, 3], [4]])
    builder.sequence([5])
    graph, frames = builder.build(), 40
    # Depths from the start 1, 2, 3, 2, 4; nodes to the end 4, 3, 2, 2, 1: places among 4, 4, 4, 3, 4.
    even = [(down - 0.5) / most * frames - 0.5 for down, most in [(1, 4), (2, 4), (3, 4), (2, 3), (4, 4)]]
    by_default, given_frames = windows(graph, frames, 3, None), windows(graph, frames, 3, even)
    assert by_default.lo.tolist() == given_frames.lo.tolist()
    assert by_default.hi.tolist() == given_frames.hi.tolist()


def test_an_empty_text() -> None:
    found = windows(chain([]), 3, None, None)
    assert (found.lo.tolist(), found.hi.tolist()) == ([0, 0, 0], [1, 1, 1])
    banded = windows(chain([]), 3, 1, None)
    assert (banded.lo.tolist(), banded.hi.tolist()) == ([0, 0, 0], [1, 1, 1])
    assert windows(chain([]), 0, None, None).lo.tolist() == []


def optional_text() -> TokenGraph:
    builder = GraphBuilder()
    builder.add(1, [START])
    builder.add(2, [0])
    builder.add(EPSILON, [START, 1])
    builder.add(3, [2])
    return builder.build([3])


def test_text_that_can_be_skipped_needs_no_frame() -> None:
    found = windows(optional_text(), 1, None, None)
    assert (int(found.lo[0]), int(found.hi[0])) == (3, 4)
    with pytest.raises(NoPathError, match=r"^targets need at least 1 frames \(length 1\) but log_probs has 0;"):
        windows(optional_text(), 0, None, None)


def test_messages() -> None:
    with pytest.raises(NoPathError, match=r"^targets need at least 5 frames \(length 3 \+ 2 repeats\) but .* has 4;"):
        windows(chain([1, 1, 1]), 4, None, None)
    with pytest.raises(NoPathError, match=r"^targets need at least 2 frames \(length 2\) but log_probs has 1;"):
        windows(chain([1, 2]), 1, None, None)
    windows(chain([1, 1, 1]), 5, None, None)
    for band in (0, -1, float("inf"), float("nan")):
        with pytest.raises(UsageError, match=r"^band must be a positive number of frames, got"):
            windows(chain([1]), 5, band, None)
    with pytest.raises(UsageError, match=r"^centre is given without band"):
        windows(chain([1]), 5, None, [1])
    for centre in ([1.0], [1.0, np.nan], [[1.0, 2.0]], [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]):
        with pytest.raises(ShapeError, match=r"^centre must be 2 finite frame numbers"):
            windows(chain([1, 2]), 5, 1, centre)
    with pytest.raises(UsageError, match=r"^centre: the earliest frame of target 1 is later than its latest"):
        windows(chain([1, 2]), 5, 1, [[1.0, 1.0], [3.0, 2.0]])
