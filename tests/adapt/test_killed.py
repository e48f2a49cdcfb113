"""An adaptation killed in every stage and started again gives the manifests of one that was not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

import ctcalign
from ctcalign.adapt.options import AdaptOptions
from tests.adapt.talks import SETTINGS

# Files before whose move the process is killed, one after the other: each start comes a little further.
POINTS = (
    "held-out/cuts.jsonl.gz",
    "recordings/talk1/audio.flac",
    "pass-01/calibrate/confidence.json",
    "pass-01/align/talk1.json",
    "pass-01/filter/dropped.jsonl",
    "pass-01/utterances/train.jsonl.gz",
    "pass-01/fit/run/last.ckpt",
    "pass-01/fit/run/model.safetensors",
    "pass-01/evaluate/target.json",
    "pass-02/align/failed.jsonl",
    "pass-02/fit/done.json",
    "report.json",
)
# Imports everything once; each start is a fork of it.
PROGRAM = """
import json, os, signal, sys
from pathlib import Path
import ctcalign
import ctcalign.adapt.run, ctcalign.train.run, ctcalign.calibration.fit, sklearn.linear_model
from ctcalign.adapt.options import AdaptOptions
from ctcalign.files.together import Outputs

given = json.loads(sys.argv[1])
move = Outputs.move

def start(point):
    def killing(self):
        for _, target, _ in self._moves:
            if point and str(target).endswith(point):
                seen.append(target)
                if len(seen) > (point.endswith("last.ckpt")):  # the second one: the training goes on from the first
                    os.kill(os.getpid(), signal.SIGKILL)
        move(self)

    seen = []
    Outputs.move = killing
    options = AdaptOptions(**given["options"] | {"held_out": (Path(given["held_out"]),)})
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
            if name.endswith("fit/done.json"):
                found[name] = sorted(json.loads(found[name])["files"])
            if name == "report.json":  # the log of losses is not flushed at every step
                report = json.loads(found[name])
                found[name] = [json.dumps({**row, "curve": []}) for row in report.pop("passes")] + [json.dumps(report)]
    return found


def test_killed_in_every_stage(corpus, tmp_path):
    values = {"passes": 2, "precision": 0.8, "updates": 24, "lr": 3e-3, "settings": list(SETTINGS)}
    given = {"corpus": str(corpus.folder), "model": corpus.model, "held_out": str(corpus.held_out), "points": POINTS}
    given |= {"options": values, "output": str(tmp_path / "out")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(given)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "out").rename(tmp_path / "killed")  # manifests name files in their folder
    options = AdaptOptions(**values | {"held_out": (corpus.held_out,), "settings": SETTINGS})
    found = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "out", options=options)
    assert len(found.report["passes"]) == 2  # every point was reached
    whole, killed = manifests(tmp_path / "out"), manifests(tmp_path / "killed")
    assert sorted(killed) == sorted(whole)
    assert [name for name in whole if killed[name] != whole[name]] == []
    models = [load_file(tmp_path / name / "model.safetensors") for name in ("out", "killed")]
    for name, weights in models[0].items():
        torch.testing.assert_close(models[1][name], weights, rtol=0, atol=1e-6)
