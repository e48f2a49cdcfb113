"""When a pass is kept, and when another one follows."""

from __future__ import annotations

import pytest

from ctcalign.adapt.stopping import new_spans, verdict


@pytest.mark.parametrize(
    ("target", "source", "kept", "stop"),
    [
        (0.2, 0.104, True, None),
        (0.3, 0.1, False, "the target error did not fall"),
        (0.35, None, False, "the target error did not fall"),
        (0.2, 0.106, False, "the source error rose beyond the budget of 5 %"),
        (0.2, None, True, None),
    ],
)
def test_verdict(target, source, kept, stop):
    found = verdict(target, 0.3, source, 0.1, 0.05)
    assert (found.kept, found.stop) == (kept, stop)


def test_new_spans_are_those_that_were_mostly_not_kept_before():
    before = [("a", 0.0, 2.0), ("a", 2.0, 3.0), ("b", 5.0, 6.0)]
    kept = [("a", 0.1, 2.9), ("a", 2.5, 3.6), ("b", 0.0, 1.0)]
    assert new_spans(kept, before) == [("a", 2.5, 3.6), ("b", 0.0, 1.0)]
    assert new_spans([("a", 0.05, 2.05)], before) == []
