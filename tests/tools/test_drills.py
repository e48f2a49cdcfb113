"""A slice of the fault drill, and that its checks can fail."""

from __future__ import annotations

from collections import Counter

import pytest

from tools.drills import DRILLS, OLD, Checker, Result, Row, check_message, make_inputs, refused, stop, temporary, trial


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


@pytest.fixture(scope="module")
def checker(inputs):
    return Checker(inputs, DRILLS["align"])


@pytest.mark.parametrize(("name", "part"), [("SIGTERM", 0.5), ("SIGINT", 0.8), ("SIGKILL", 0.9)])
def test_a_stopped_alignment_leaves_old_or_new_outputs(checker, inputs, name, part):
    row = stop(name, checker, inputs, part * checker.seconds)
    assert row.broken == []
    assert row.outcomes["old outputs"] + row.outcomes["new outputs"] == 1


def test_an_output_that_is_an_input_is_refused(checker, inputs):
    row = refused(checker, inputs, (2,), checker.drill.overwritten)
    assert row.broken == []
    assert row.outcomes == Counter({"status 2": 1})


def test_half_an_output_a_mixture_leftovers_and_a_traceback_are_seen(checker, inputs):
    with trial(inputs, checker.drill) as place:
        assert checker.outputs(place) == "old"
        (place / "out.srt").write_bytes(checker.new["out.srt"])
        assert checker.outputs(place) == "mixed"
        (place / "out.srt").write_bytes(checker.new["out.srt"][:20])
        assert "neither the old nor the new" in checker.outputs(place)
        assert temporary(place) == []
        (place / ".ctcalign-00000000-1-00c0ffee.tmp").write_bytes(OLD)
        assert temporary(place) == [".ctcalign-00000000-1-00c0ffee.tmp"]
    row = Row()
    check_message(Result(1, "Traceback (most recent call last):\n"), row)
    check_message(Result(130, "ctcalign: stopping; ...\nctcalign: error: interrupted\n"), row)
    assert len(row.broken) == 1
