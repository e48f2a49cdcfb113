"""Options that all recipes share: --help from any folder, and usage errors."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.egs.recipe import ROOT, run_recipe

RECIPES = sorted(str(file.parent.relative_to(ROOT / "egs")) for file in (ROOT / "egs").rglob("run.sh"))


@pytest.mark.parametrize("name", RECIPES)
def test_help_is_the_head_of_the_script(name):
    script = ROOT / "egs" / name / "run.sh"
    head = script.read_text(encoding="utf-8").splitlines()[1].removeprefix("# ")
    assert run_recipe(name, "--help").stdout.splitlines()[0] == head
    assert "(some_name is --some-name)" in run_recipe(name, "-h").stdout
    relative = subprocess.run([f"egs/{name}/run.sh", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert relative.stdout.splitlines()[0] == head


@pytest.mark.parametrize("name", RECIPES)
def test_help_names_every_option(name):
    script = (ROOT / "egs" / name / "run.sh").read_text(encoding="utf-8").split("parse_options.sh")[0]
    head, options = run_recipe(name, "--help").stdout.split("Options and their defaults")
    code = re.sub(r"#.*", "", script.split("set -euo pipefail")[1])
    known = set(re.findall(r"(?<![\w-])([a-z_]+)=", code)) - {"command", "inputs"}
    assert {"python"} <= known
    assert sorted(option for option in known if f"{option}=" not in options) == []
    used = {option.replace("-", "_") for option in re.findall(r"--([a-z][a-z-]+)", head)}
    assert sorted(used - known) == []


@pytest.mark.parametrize("name", RECIPES)
def test_usage_errors(name):
    for options, message in ((["--no-such", "1"], "unknown option --no-such"), (["--python"], "needs a value")):
        done = run_recipe(name, *options, check=False)
        assert done.returncode == 2
        assert message in done.stderr
