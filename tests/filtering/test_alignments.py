"""`ctcalign.filter`: one alignment in Python."""

from __future__ import annotations

import pytest

import ctcalign
from ctcalign.errors import UsageError
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.run import filter_files
from ctcalign.formats import read_alignment, write
from tests.filtering.talks import talk


@pytest.mark.parametrize("limits", [{}, {"min_confidence": 0.7}, {"precision": 0.79}, {"precision": 0.99}])
def test_it_keeps_what_the_command_keeps(tmp_path, limits):
    write(talk(), tmp_path / "talk.json")
    precision = limits.get("precision")
    criteria = Criteria(min_confidence=limits.get("min_confidence"))
    report = filter_files([tmp_path / "talk.json"], tmp_path / "kept.json", criteria, precision=precision)
    for given in (talk(), tmp_path / "talk.json"):
        found = ctcalign.filter(given, **limits)
        assert found.cues == read_alignment(tmp_path / "kept.json").cues
        assert len(found.warnings) == len(talk().warnings) + 1 + len(report.warnings)
    assert talk().cues  # the input stays


def test_further_limits_and_wrong_ones():
    lasting = ctcalign.filter(talk(), criteria=Criteria(min_duration=1000.0))
    assert lasting.cues == []
    with pytest.raises(UsageError, match="min_confidence is 2, expected a probability"):
        ctcalign.filter(talk(), min_confidence=2)
