"""Progress as lines of `logging`."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

import ctcalign
from ctcalign.emission.progress import LOGGER, logged

DEMO = Path(__file__).parents[2] / "egs" / "demo"


def lines(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


def test_a_line_for_each_stage_and_each_tenth(caplog):
    caplog.set_level(logging.INFO, LOGGER)
    logged("starting", 0, None)
    for done in range(1001):
        logged("running", done, 1000)
        logged("running", done, 1000)
    logged("aligning", 0, None)
    for done in range(1, 50):
        logged("aligning", done, None)
    assert lines(caplog) == ["starting", "running", *(f"running: {10 * k} %" for k in range(1, 11)), "aligning"]


def test_a_stage_that_begins_again_is_a_new_one(caplog):
    caplog.set_level(logging.INFO, LOGGER)
    for _ in range(2):
        logged("running", 0, 4)
        logged("running", 4, 4)
    assert lines(caplog) == ["running", "running: 100 %"] * 2


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_align_says_what_it_does_if_logging_wants_it(caplog, level):
    caplog.set_level(level, LOGGER)
    ctcalign.align(DEMO / "talk.ogg", DEMO / "talk.srt", "builtin:en")
    found = lines(caplog)
    assert bool(found) == (level == logging.INFO)
    if found:
        assert any(line.startswith("running the model") for line in found)
        assert found[-1] == "aligning"


def test_a_callback_takes_its_place(caplog):
    caplog.set_level(logging.INFO, LOGGER)
    seen: list[tuple[str, float, float | None]] = []
    ctcalign.align(DEMO / "talk.ogg", DEMO / "talk.srt", "builtin:en", progress=lambda *values: seen.append(values))
    assert lines(caplog) == []
    assert {stage for stage, _, _ in seen} >= {"aligning"}
    assert all(total is None or 0 <= done <= total + 1e-6 for _, done, total in seen)
