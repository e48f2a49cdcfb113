"""Plans of experiments, and the execution of their runs."""

from __future__ import annotations

import json
import sys

import pytest

from recipes.awp import run
from recipes.awp.choice import chosen
from recipes.awp.evaluation import Row, write_rows
from recipes.awp.plan import execute, merged, read_plan, runs_of

PLAN = {
    "base": {"model": {"size": 1, "deep": {"kept": True}}},
    "baseline": {"trainer": {"max_steps": 30}},
    "continuation": {"trainer": {"max_steps": 10}},
    "methods": {
        "ctc": {},
        "awp_latency": {"vary": {"weight": [0.1, 1]}, "config": {"model": {"deep": {"weight": "$weight"}}}},
    },
}


def test_a_plan_gives_all_runs():
    found = runs_of(PLAN, [1, 2])
    assert [run.name for run in found] == [
        "baseline-s1", "baseline-s2", "ctc-s1", "ctc-s2", "awp_latency-weight0.1-s1", "awp_latency-weight0.1-s2",
        "awp_latency-weight1-s1", "awp_latency-weight1-s2",
    ]  # fmt: skip
    last = found[-1]
    assert (last.parent, last.setting) == ("baseline-s2", "weight 1")
    assert last.config == {"model": {"size": 1, "deep": {"kept": True, "weight": 1}}, "trainer": {"max_steps": 10}}
    assert found[0].config["trainer"] == {"max_steps": 30}
    assert [run.method for run in runs_of(PLAN, [1], ["ctc"])] == ["baseline", "ctc"]
    shared = runs_of({**PLAN, "baseline_seeds": [7]}, [1, 2], ["ctc"])
    assert [(run.name, run.parent) for run in shared] == [
        ("baseline-s7", None), ("ctc-s1", "baseline-s7"), ("ctc-s2", "baseline-s7"),
    ]  # fmt: skip
    assert merged({"a": [1, 2]}, {"a": [3]}) == {"a": [3]}


STREAMING = {
    **PLAN,
    "methods": {
        "ctc": {},
        "streaming": {"seeds": [1], "vary": {"look_ahead": [0.32, 0.64]}, "config": {"look": "$look_ahead"}},
        "awp_streaming": {"start": "streaming-look_ahead0.64"},
        "longer": {"start": "awp_streaming"},
        "each": {"vary": {"look_ahead": [0.32, 0.64]}, "start": "streaming-look_ahead$look_ahead"},
    },
}


def test_a_method_can_continue_from_a_setting_of_another():
    found = runs_of(STREAMING, [1, 2], ["longer"])
    assert [(run.name, run.parent) for run in found] == [
        ("baseline-s1", None), ("baseline-s2", None), ("streaming-look_ahead0.64-s1", "baseline-s1"),
        ("awp_streaming-s1", "streaming-look_ahead0.64-s1"), ("awp_streaming-s2", "streaming-look_ahead0.64-s1"),
        ("longer-s1", "awp_streaming-s1"), ("longer-s2", "awp_streaming-s2"),
    ]  # fmt: skip
    assert [(run.name, run.parent) for run in runs_of(STREAMING, [3], ["each"])][-2:] == [
        ("each-look_ahead0.32-s3", "streaming-look_ahead0.32-s1"),
        ("each-look_ahead0.64-s3", "streaming-look_ahead0.64-s1"),
    ]
    wrong = {**PLAN, "methods": {"m": {"start": "ctc"}}}
    with pytest.raises(SystemExit, match=r"method 'm': start: no run 'ctc' before it"):
        runs_of(wrong, [1])


def test_runs_begin_after_those_they_start_from():
    groups = []

    def start(group):
        groups.append([run.name for run in group])
        return [run.method != "awp_streaming" for run in group]

    runs = runs_of(STREAMING, [1], ["ctc", "longer", "streaming"])
    with pytest.raises(SystemExit, match="1 of 6 runs failed: awp_streaming-s1"):
        execute(runs, start)
    assert groups == [
        ["baseline-s1"],
        ["ctc-s1", "streaming-look_ahead0.32-s1", "streaming-look_ahead0.64-s1"],
        ["awp_streaming-s1"],
    ]


def test_bad_plans(tmp_path):
    with pytest.raises(SystemExit, match=r"no method \['x'\]"):
        runs_of(PLAN, [1], ["x"])
    wrong = {**PLAN, "methods": {"m": {"config": {"a": "$weight"}}}}
    with pytest.raises(SystemExit, match=r"\$weight is not among the values"):
        runs_of(wrong, [1])
    file = tmp_path / "plan.yaml"
    file.write_text("base: {}\nmethod: {}\n")
    with pytest.raises(SystemExit, match="expected the keys"):
        read_plan(file)
    file.write_text("base: {}\nbaseline: {}\ncontinuation: {}\nmethods: {m: {wary: {}}}\n")
    with pytest.raises(SystemExit, match=r"unknown keys \['wary'\]"):
        read_plan(file)


def test_finished_runs_are_skipped_and_failed_ones_named(tmp_path, capsys):
    """The training is replaced by a program that fails in folders named ...weight1..."""
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import json, pathlib, sys\n"
        "a = sys.argv\nfolder = pathlib.Path(a[a.index('--folder') + 1])\n"
        "sys.exit(3) if 'weight1' in folder.name else None\n"
        "(folder / 'count').open('a').write('x')\n"
        "(folder / 'init').write_text(a[a.index('--init') + 1] if '--init' in a else '')\n"
        "for name in ('run.json', 'dev.jsonl', 'test.jsonl'): (folder / name).write_text('{}')\n"
    )
    command = [sys.executable, str(worker)]
    plan = tmp_path / "plan.yaml"
    plan.write_text(json.dumps(PLAN))
    out = tmp_path / "runs"
    arguments = ["--plan", str(plan), "--data", "d", "--out", str(out), "--seeds", "1", "--jobs", "2"]
    run.main([*arguments, "--only", "ctc"], command)
    assert sorted(p.name for p in out.iterdir()) == ["baseline-s1", "ctc-s1"]
    assert (out / "ctc-s1" / "init").read_text() == str(out / "baseline-s1")
    with pytest.raises(SystemExit, match="1 of 4 runs failed: awp_latency-weight1-s1"):
        run.main(arguments, command)
    assert "awp_latency-weight1-s1: FAILED" in capsys.readouterr().err
    assert (out / "ctc-s1" / "count").read_text() == "x"  # was not run again
    plan.write_text(json.dumps({**PLAN, "continuation": {"trainer": {"max_steps": 11}}}))
    with pytest.raises(SystemExit, match="was created with another configuration"):
        run.main(arguments, command)


def test_the_setting_that_is_best_on_a_part_is_chosen(tmp_path):
    methods = {**STREAMING["methods"], "awp_latency": PLAN["methods"]["awp_latency"]}
    runs = runs_of({**STREAMING, "methods": methods}, [1, 2], ["ctc", "longer", "awp_latency"])
    with pytest.raises(SystemExit, match="'awp_latency': no seed has rows of dev for every setting"):
        chosen(runs, tmp_path, "dev")
    for name, errors in {"weight0.1-s1": 3, "weight1-s1": 2, "weight1-s2": 9}.items():  # seed 2 is not complete
        (tmp_path / f"awp_latency-{name}").mkdir()
        row = Row("a", "", "", errors, 10, 0, 0, [], None, None, 0, 0, [])
        write_rows(tmp_path / f"awp_latency-{name}" / "dev.jsonl", [row])
    left = {run.name for run in runs} - {run.name for run in chosen(runs, tmp_path, "dev")}
    assert left == {"awp_latency-weight0.1-s1", "awp_latency-weight0.1-s2"}
