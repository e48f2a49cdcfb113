"""Back-pointers that are thrown away and computed again give the same path."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import GraphBuilder, best_path, best_path_graph, chain
from ctcalign.ctc.emission_rows import EmissionRows
from ctcalign.ctc.search import Search, labels_used
from ctcalign.ctc.windows import windows


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    block=st.integers(1, 40),
    memory=st.sampled_from([1, 2000, 1 << 30]),
    band=st.sampled_from([None, 12]),
    beam=st.sampled_from([None, 15.0]),
)
def test_same_path_whatever_is_kept(seed: int, block: int, memory: int, band: int | None, beam: float | None) -> None:
    rng = np.random.default_rng(seed)
    log_probs = -rng.integers(0, 4, (120, 5)).astype(np.float32)
    builder = GraphBuilder()
    for _ in range(8):
        builder.alternatives([rng.integers(1, 5, 3).tolist(), rng.integers(1, 5, 2).tolist()])
        builder.optional([4])
    graph = builder.build()

    def states(memory: int, block: int | None) -> np.ndarray:
        rows = EmissionRows(log_probs, labels_used(graph, 0))
        search = Search(graph, rows, windows(graph, 120, band, None), beam, memory, block)
        search.chunk_frames = 7
        found = search.run()
        return np.append(found.states, found.certified)

    np.testing.assert_array_equal(states(memory, block), states(1 << 40, None))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_little_memory_through_the_public_function(dtype: torch.dtype) -> None:
    log_probs = torch.randn(3000, 29, generator=torch.Generator().manual_seed(0)).log_softmax(1).to(dtype)
    targets = np.random.default_rng(0).integers(1, 29, 900)
    plain, frugal = best_path(log_probs, targets), best_path(log_probs, targets, max_memory=1)
    assert torch.equal(plain.path, frugal.path)
    assert plain.score == frugal.score
    graph = best_path_graph(log_probs, chain(targets), max_memory=1)
    assert torch.equal(plain.path, graph.path)


def test_memory_is_bounded_by_the_square_root() -> None:
    """Counted, not measured: what the search holds at any moment."""
    frames, length = 20_000, 2000
    log_probs = np.random.default_rng(1).standard_normal((frames, 5)).astype(np.float16) - 6
    graph = chain(np.random.default_rng(2).integers(1, 5, length))
    rows = EmissionRows(log_probs, labels_used(graph, 0))
    search = Search(graph, rows, windows(graph, frames, None, None), None, 1)
    held: list[int] = []
    run_block = search._block

    def counting(start: int) -> object:
        block = run_block(start)
        held.append(sum(piece.codes.nbytes for piece in block))
        return block

    search._block = counting  # type: ignore[method-assign]
    search.run()
    blocks = -(-frames // search.block_frames)
    assert len(held) == 2 * blocks - 1  # forward once, and again but for the last block
    assert max(held) + blocks * 16 * (length + 1) < 5 * frames**0.5 * length  # against frames * length / 4 for all
