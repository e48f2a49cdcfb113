"""The stretches in which a phrase is transcribed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.adapt.captions.recognised import MARGIN, with_margins


def test_margins_end_in_the_middle_between_neighbours():
    spans = [(1.0, 2.0), (2.1, 3.0), (5.0, 5.9)]
    expected = [(0.8, 2.05), (2.05, 3.2), (4.8, 6.0)]
    for found, one in zip(with_margins(spans, 6.0), expected, strict=True):
        assert found == pytest.approx(one)
    assert with_margins([(0.1, 0.5)], 0.5)[0] == pytest.approx((0.0, 0.5))


@given(st.lists(st.floats(0, 50), min_size=2, max_size=12, unique=True))
def test_stretches_contain_their_phrases_and_do_not_overlap(edges):
    edges = sorted(edges)[: len(edges) // 2 * 2]
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    found = with_margins(spans[::-1], 50.0)[::-1]
    for (start, end), (left, right) in zip(spans, found, strict=True):
        assert 0 <= left <= start <= end <= right <= 50.0
        assert start - left <= MARGIN + 1e-9
        assert right - end <= MARGIN + 1e-9
    assert all(right <= left + 1e-9 for (_, right), (left, _) in pairwise(found))
