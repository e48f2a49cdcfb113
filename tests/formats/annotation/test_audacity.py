"""Audacity label tracks."""

from __future__ import annotations

from tests.formats.conftest import rows


def test_audacity_labels(reading):
    content = "0.500000\t1.250000\thello\tyou\n\\\t100.0\t2000.0\n2,5\t2,5\tpoint\n3.0\t4.0\t\nx\t4.0\tbad\n"
    captions = reading(content, "labels.txt", format="audacity")
    assert rows(captions) == [(0.5, 1.25, "hello\tyou"), (2.5, 2.5, "point"), (3.0, 4.0, ""), (None, None, "bad")]
    assert any("unreadable times" in w and "line 5" in w for w in captions.warnings)
