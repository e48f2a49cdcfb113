"""A slice of the fuzzing with fixed seeds, and the fuzzing itself: it must find what is wrong."""

from __future__ import annotations

import inspect
import time
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import strategies as st

from ctcalign.errors import CaptionError
from tests.test_public_names import NAMES
from tools.fuzz import judging
from tools.fuzz.calls import CALLS
from tools.fuzz.campaign import Campaign
from tools.fuzz.rounds import run_round
from tools.fuzz.target import Given, Target
from tools.fuzz.targets import table

FOUND = sorted((Path(__file__).parent / "found").iterdir())
EXAMPLES = 12  # lists of inputs of each target, most with several inputs


@pytest.mark.parametrize("group", ["captions", "documents", "text", "readings", "mathematics"])
def test_no_input_of_the_slice_breaks_a_target(group):
    inputs = 0
    for target in (one for one in table().values() if one.group == group):
        result = run_round(target, 0, EXAMPLES)
        assert not result.faults, (target.name, {fault: found.shown for fault, found in result.faults.items()})
        inputs += result.inputs
    assert inputs > 100


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_inputs_that_were_found_do_no_harm_any_more(path):
    """The name of a file is that of its target, an underscore, and the name that the target gives the file."""
    name, _, given = path.name.partition("_")
    target = table()[name]
    for _ in range(2):  # the first call may import something
        start = time.process_time()
        message = "nothing to say"
        try:
            target.call(Given(given, path.read_bytes()))
        except target.errors as error:
            message = str(error)
        assert 0 < len(message) < 2000
        seconds = time.process_time() - start
    assert seconds < 1.0


def _breaks(value):
    if value == 7:
        raise KeyError("broken")
    raise CaptionError("one clear line")


def _waits(value):
    end = time.process_time() + 0.3 * (value == 7)
    while time.process_time() < end:
        pass


def _fills_memory(value):
    return b"x" * 80_000_000 if value == 7 else None


def _says_nothing(value):
    raise CaptionError("" if value == 7 else "one clear line")


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (_breaks, "KeyError at "),
        (_waits, "slow"),
        (_fills_memory, "memory"),
        (_says_nothing, "message of CaptionError"),
    ],
)
def test_the_fuzzing_sees_what_is_wrong(call, fault, monkeypatch):
    monkeypatch.setattr(judging, "LIMIT_SECONDS", 0.2)
    monkeypatch.setattr(judging, "LIMIT_MEMORY", 50_000_000)
    target = Target("test.x", st.just([1, 7, 2]), call, shown=lambda value: str(value).encode(), errors=(CaptionError,))
    result = run_round(target, 0, 1)
    [found] = result.faults.values()
    assert found.fault.startswith(fault)
    assert (found.shown, found.count, result.inputs) == (b"7", 1, 3)


def test_rounds_are_the_same_again_and_differ_from_each_other():
    seen = []
    target = Target("test.x", st.lists(st.integers()), seen.append, errors=())
    for number in (0, 0, 1):
        run_round(target, number, 20)
        seen.append("end")
    first, second, third, _ = "".join(f"{value} " for value in seen).split("end")
    assert first.strip() == second.strip() != third.strip()


def test_every_public_function_of_the_mathematics_is_a_target():
    known = {function for function, _ in CALLS.values()}
    for room in ("ctc", "objectives", "objectives.properties", "preference"):
        for name in NAMES[f"ctcalign.{room}"].split():
            found = getattr(import_module(f"ctcalign.{room}"), name)
            if inspect.isfunction(found) and not name.endswith("_names") and not name.startswith("register"):
                assert found in known, f"{room}.{name} is missing in tools/fuzz/calls.py"


def test_a_run_goes_on_where_the_last_one_stopped(tmp_path):
    counts = []
    for inputs in (100, 500):
        campaign = Campaign(tmp_path / "state", ["documents.search"], fresh=False)
        campaign.run(1, None, inputs)
        counts.append(int(campaign.table().splitlines()[-1].split("|")[2].replace(",", "")))
        assert campaign.faults() == []
    assert 100 <= counts[0] < 500 <= counts[1]
    assert not (tmp_path / "state" / "input-0").exists()
