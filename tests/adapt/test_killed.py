"""An adaptation killed in every stage of every pass and started again gives the manifests of one that was not."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

import ctcalign
from ctcalign.adapt.options import AdaptOptions
from tests.adapt import talks
from tests.adapt.conftest import Corpus
from tests.adapt.talks import SETTINGS
from tests.warm_python import warm_python

# Files before whose move the process is killed, one after the other: each start comes a little further.
TWO_PASSES = (
    "held-out/cuts.jsonl.gz",
    "recordings/talk0/audio.flac",
    "recordings/talk1/audio.flac",
    "pass-01/calibrate/confidence.json",
    "pass-01/align/talk1.json",
    "pass-01/filter/dropped.jsonl",
    "pass-01/utterances/train.jsonl.gz",
    "pass-01/evaluate-original/target.json",
    "pass-01/rejected/pairs.jsonl",
    "pass-01/fit/run/last.ckpt",
    "pass-01/fit/run/model.safetensors",
    "pass-01/evaluate/target.json",
    "pass-02/calibrate/done.json",
    "pass-02/align/failed.jsonl",
    "pass-02/filter/done.json",
    "pass-02/utterances/stage.json",
    "pass-02/rejected/done.json",
    "pass-02/fit/done.json",
    "pass-02/evaluate/done.json",
    "out/model.safetensors",
    "report.json",
)
# With source speech, and captions that are left out of the training as the only ones to judge by.
LEFT_OUT = (
    "source/cuts.jsonl.gz",
    "pass-01/calibrate/done.json",
    "left-out/cuts.jsonl.gz",
    "left-out/done.json",
    "pass-01/evaluate-original/source.json",
)
# With a learnt share of source speech, of which no weights but those on the way keep the budget.
INTERPOLATED = (
    "pass-01/fit/run/last.ckpt",
    "pass-01/fit/source-share.json",
    "pass-01/evaluate/source.json",
    "pass-01/interpolate-0.75/stage.json",
    "pass-01/interpolate-0.75/model.safetensors",
    "pass-01/interpolate-0.75/done.json",
    "pass-01/evaluate-0.75/target.json",
    "pass-01/interpolate-0.5/model.safetensors",
    "pass-01/evaluate-0.5/source.json",
    "pass-01/evaluate-0.5/done.json",
)
# Imports everything once; each start is a fork of it.
PROGRAM = """
import json, os, signal, sys
from pathlib import Path
import ctcalign
import ctcalign.adapt.run, ctcalign.train.run, ctcalign.calibration.fit, sklearn.linear_model
from ctcalign.adapt.options import AdaptOptions
from ctcalign.files.together import Outputs
import ctcalign.adapt.steps.measure as measuring
from tests.adapt.talks import far_from_the_source

given = json.loads(sys.argv[1])
if given["far"]:
    measuring.measured = far_from_the_source
move, replace = Outputs.move, Path.replace

def start(point):
    def killed_before(target):
        if point and str(target).endswith(point):
            seen.append(target)
            if len(seen) > (point.endswith("last.ckpt")):  # the second one: the training goes on from the first
                os.kill(os.getpid(), signal.SIGKILL)

    def moving(self):
        for _, target, _ in self._moves:
            killed_before(target)
        move(self)

    def replacing(self, target):
        killed_before(target)
        return replace(self, target)

    seen = []
    Outputs.move, Path.replace = moving, replacing
    paths = {name: tuple(map(Path, files)) for name, files in given["paths"].items()}
    options = AdaptOptions(**given["options"] | paths)
    ctcalign.adapt(given["corpus"], given["corpus"], given["model"], output=given["output"], options=options)

for point in [*given["points"], None]:
    child = os.fork()
    if child == 0:
        try:
            start(point)
        finally:
            sys.stdout.flush()
            os._exit(0 if point is None else 3)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) != (point is not None) or os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
        sys.exit(f"{point}: status {status}")
"""


def manifests(root: Path) -> dict[str, bytes | list[str]]:
    """The content of all files but weights and logs; of a training's outputs the names: a model has a date."""
    found: dict[str, bytes | list[str]] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and path.suffix in (".json", ".jsonl", ".gz", ".yaml", ".flac") and "run" not in path.parts:
            found[name] = path.read_bytes()
            if name.endswith("fit/done.json") or ("interpolate" in name and name.endswith("done.json")):
                found[name] = sorted(json.loads(found[name])["files"])
            if name == "report.json":  # the log of losses is not flushed at every step
                report = json.loads(found[name])
                found[name] = [json.dumps({**row, "curve": []}) for row in report.pop("passes")] + [json.dumps(report)]
    return found


def check_killed(
    corpus: Corpus, points: tuple[str, ...], passes: int, tmp_path: Path, far: bool = False, **given: Any
) -> dict[str, Any]:
    """Adapt with kills and without, and compare; gives the report.

    Args:
        far: whether errors are those of `far_from_the_source`; the caller sets it for this process.
        given: options; those that are lists of paths as lists.
    """
    values = {"passes": passes, "precision": 0.8, "lr": 3e-3, "settings": list(SETTINGS)} | given
    paths = {name: list(map(str, values.pop(name))) for name in list(values) if name in ("held_out", "keep_source")}
    out = tmp_path / "out"
    work: dict[str, Any] = {
        "corpus": str(corpus.folder),
        "model": corpus.model,
        "points": points,
        "output": str(out),
        "far": far,
    }
    work |= {"paths": paths, "options": values}
    done = subprocess.run(
        [warm_python() / "python", "-W", "ignore", "-c", PROGRAM, json.dumps(work)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    out.rename(tmp_path / "killed")  # manifests name files in their folder
    options = AdaptOptions(**values | {name: tuple(map(Path, files)) for name, files in paths.items()})
    found = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=out, options=options)
    assert len(found.report["passes"]) == passes
    whole, killed = manifests(out), manifests(tmp_path / "killed")
    assert sorted(killed) == sorted(whole)
    assert [name for name in whole if killed[name] != whole[name]] == []
    models = [load_file(tmp_path / name / "model.safetensors") for name in ("out", "killed")]
    for name, weights in models[0].items():
        torch.testing.assert_close(models[1][name], weights, rtol=0, atol=1e-6)
    return found.report


def stages(root: Path) -> set[str]:
    """The folders of all stages."""
    return {str(path.parent.relative_to(root)) for path in root.rglob("stage.json")}


def test_killed_in_every_stage_of_two_passes(corpus, tmp_path):
    report = check_killed(corpus, TWO_PASSES, 2, tmp_path, rejected="bco", updates=24, held_out=[corpus.held_out])
    assert all(row["rejected"]["pairs"] for row in report["passes"])
    assert {point.rpartition("/")[0].removesuffix("/run") for point in TWO_PASSES} >= stages(tmp_path / "out")


def test_killed_where_captions_that_are_left_out_judge(corpus, tmp_path):
    source = talks.held_out(tmp_path / "source", "reader", 5, count=12, pitch=1.0)
    check_killed(corpus, LEFT_OUT, 1, tmp_path, updates=12, keep_source=[source])
    assert "left-out" in stages(tmp_path / "out")


def test_killed_while_weights_are_interpolated_after_a_learnt_share(corpus, tmp_path, monkeypatch):
    source = talks.held_out(tmp_path / "source", "reader", 5, count=12, pitch=1.0)
    monkeypatch.setattr("ctcalign.adapt.steps.measure.measured", talks.far_from_the_source)
    report = check_killed(
        corpus,
        INTERPOLATED,
        1,
        tmp_path,
        True,
        updates=12,
        held_out=[corpus.held_out],
        keep_source=[source],
        source_share="learn",
    )
    [row] = report["passes"]
    assert row["share"] == 0.5
    assert row["source_share"]
    folders = {point.rpartition("/")[0] for point in INTERPOLATED}
    late = {name for name in stages(tmp_path / "out") if name.startswith(("pass-01/interpolate", "pass-01/evaluate-0"))}
    assert late
    assert late <= folders
