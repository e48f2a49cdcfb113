"""Scores kept now and then, and back-pointers computed in a strip along the path, give the path of a full search."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import GraphBuilder, best_path, best_path_graph, chain
from ctcalign.ctc.viterbi.emission_rows import EmissionRows
from ctcalign.ctc.viterbi.search import Search, labels_used
from ctcalign.ctc.viterbi.windows import windows
from ctcalign.errors import NoPathError


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    block=st.integers(1, 40),
    memory=st.sampled_from([1, 2000, 1 << 30]),
    band=st.sampled_from([None, 12]),
    beam=st.sampled_from([None, 1.5, 15.0]),
    skipping=st.booleans(),
)
def test_same_path_whatever_is_kept(
    seed: int, block: int, memory: int, band: int | None, beam: float | None, skipping: bool
) -> None:
    rng = np.random.default_rng(seed)
    log_probs = -rng.integers(0, 4, (120, 5)).astype(np.float32)
    builder = GraphBuilder()
    for _ in range(8):
        builder.alternatives([rng.integers(1, 5, 3).tolist(), rng.integers(1, 5, 2).tolist()])
        builder.optional([4])
        if skipping:
            builder.optional(rng.integers(1, 5, 6).tolist(), 2.0)
    graph = builder.build()

    def states(memory: int, block: int | None) -> np.ndarray:
        rows = EmissionRows(log_probs, labels_used(graph, 0))
        search = Search(graph, rows, windows(graph, 120, band, None), beam, memory, block)
        search.chunk_frames = 7
        try:
            found = search.run()
        except NoPathError:  # a beam so narrow that nothing reaches the end
            return np.empty(0)
        return np.append(found.states, found.certified)

    np.testing.assert_array_equal(states(memory, block), states(1 << 40, None))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_little_memory_through_the_public_function(dtype: torch.dtype) -> None:
    log_probs = torch.randn(3000, 29, generator=torch.Generator().manual_seed(0)).log_softmax(1).to(dtype)
    targets = np.random.default_rng(0).integers(1, 29, 900)
    plain, frugal = best_path(log_probs, targets), best_path(log_probs, targets, max_memory=1)
    assert np.array_equal(plain.path, frugal.path)
    assert plain.score == frugal.score
    graph = best_path_graph(log_probs, chain(targets), max_memory=1)
    assert np.array_equal(plain.path, graph.path)


@pytest.mark.parametrize(("max_memory", "megabytes"), [(None, 4.5), (1, 2.5)])
def test_memory_stays_far_below_that_of_all_back_pointers(max_memory: int | None, megabytes: float) -> None:
    frames, length = 20_000, 2000  # 9 MB of back-pointers at two bits a cell
    log_probs = np.random.default_rng(1).standard_normal((frames, 5)).astype(np.float16) - 6
    graph = chain(np.random.default_rng(2).integers(1, 5, length))
    best_path(log_probs[:50], [1])  # compiled
    rows = EmissionRows(log_probs, labels_used(graph, 0))
    limits = windows(graph, frames, None, None)
    tracemalloc.start()
    try:
        Search(graph, rows, limits, None, max_memory).run()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / 1e6 < megabytes


def test_blocks_grow_until_the_checkpoints_fit() -> None:
    graph, frames = chain(np.arange(900) % 3 + 1), 5000
    rows = EmissionRows(np.zeros((frames, 4)), labels_used(graph, 0))
    cells = windows(graph, frames, None, None)
    row = 16 * int((cells.hi - cells.lo).max())  # bytes of the widest checkpoint: two scores a cell

    def block(max_memory: int | None) -> int:
        starts = Search(graph, rows, cells, None, max_memory).starts
        assert starts == list(range(0, frames, starts[1]))
        return starts[1]

    assert block(None) == block(100 * row) == 512
    assert block(9 * row) == 556  # 5000 frames in nine blocks
    assert block(9 * row - 1) == 556
    assert block(row) == 561  # longer blocks would need more memory themselves: 8 sqrt(5000) + 1
