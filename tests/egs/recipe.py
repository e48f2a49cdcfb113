"""Run a recipe as a user does: from another folder, without the repository on the module path."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from recipes.awp.plan import merged, read_plan
from tests.warm_python import warm_python

ROOT = Path(__file__).parents[2]


def run_recipe(
    name: str, *options: object, check: bool = True, cwd: Path | None = None, script: str = "run.sh"
) -> subprocess.CompletedProcess[str]:
    """Run a script of egs/NAME with options, from a folder. A failure shows the output and the logs of its runs."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"PYTHON": str(warm_python() / "python"), "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    command = [str(ROOT / "egs" / name / script), *map(str, options)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=cwd or tempfile.gettempdir(), check=False
    )
    logs = [
        file.read_text(encoding="utf-8")[-2000:] for o in options if o for file in Path(str(o)).glob("runs/*/log.txt")
    ]
    assert not check or done.returncode == 0, "\n".join([done.stdout[-2000:], done.stderr[-4000:], *logs])
    return done


def tiny_plan(name: str, methods: list[str], folder: Path, small: dict[str, Any]) -> Path:
    """The plan of `egs/<name>` with a small network, two updates per run, and the first setting of some methods."""
    plan = read_plan(ROOT / f"egs/{name}/conf/plan.yaml")
    plan["base"] = merged(plan["base"], small)
    for part in ("baseline", "continuation"):
        plan[part] = merged(plan[part], {"trainer": {"max_steps": 2}})
    plan["methods"] = {method: plan["methods"][method] for method in methods}
    for about in plan["methods"].values():
        about["vary"] = {option: values[:1] for option, values in about.get("vary", {}).items()}
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return file
