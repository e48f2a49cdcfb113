"""Optional packages: each error names the extra that installs the package, and most commands need none of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from ctcalign.errors import MissingPackageError
from ctcalign.extras import EXTRAS, is_installed, missing_package, require

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
TALK = ROOT / "egs" / "demo" / "talk.ogg"
CAPTIONS = ROOT / "egs" / "demo" / "talk.srt"


def distributions_of(lines: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", line).group().lower() for line in lines}


def declared() -> tuple[set[str], dict[str, set[str]]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: distributions_of(lines) for name, lines in project["optional-dependencies"].items()}
    return distributions_of(project["dependencies"]), extras


def test_each_extra_installs_its_packages():
    _, extras = declared()
    known = packages_distributions()
    for package, extra in EXTRAS.items():
        names = {name.lower() for name in known.get(package, [])} | {package.replace("_", "-")}
        assert names & extras[extra], package


def test_no_package_of_an_extra_is_a_dependency():
    base, extras = declared()
    optional = {package.replace("_", "-") for package in EXTRAS} | {"scikit-learn"}
    assert not base & optional
    assert {"pysubs2", "praatio"} <= extras["dev"] - base


def test_a_missing_package_is_named_with_its_extra():
    error = missing_package(ModuleNotFoundError("No module named 'lhotse'", name="lhotse.cut"))
    assert isinstance(error, MissingPackageError)
    assert str(error) == "lhotse is not installed; pip install 'ctcalign[train]'"
    assert missing_package(ModuleNotFoundError("No module named 'numpy'", name="numpy")) is None
    assert missing_package(ModuleNotFoundError("nothing known")) is None


def test_require_finds_packages_without_importing_them(monkeypatch):
    monkeypatch.setitem(EXTRAS, "no_such_package", "text")
    require("click")
    with pytest.raises(MissingPackageError, match=r"no_such_package is not installed; pip install 'ctcalign\[text\]'"):
        require("no_such_package")
    assert is_installed("click")


PROGRAM = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from ctcalign.cli import main
sys.argv[0] = "ctcalign"
main()
"""


def run_without(missing: set[str], *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "CTCALIGN_DEBUG"}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(missing=sorted(missing)), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def optional_packages() -> set[str]:
    """Import names of every optional package that is installed and of no dependency."""
    base, extras = declared()
    optional = set().union(*extras.values()) - base - {"ctcalign", "pytest", "packaging"}
    return {
        package
        for package, names in packages_distributions().items()
        if any(name.lower() in optional for name in names)
    } | set(EXTRAS)


def test_align_and_convert_need_no_optional_package(tmp_path):
    missing = optional_packages()
    assert {"torch", "librosa", "scipy", "lhotse", "torchaudio", "silero_vad", "pysubs2", "praatio"} <= missing
    alignment = tmp_path / "talk.json"
    result = run_without(missing, "align", TALK, CAPTIONS, "-q", "-o", alignment, "-o", tmp_path / "talk.vtt")
    assert (result.returncode, result.stderr) == (0, "")
    for name in ("talk.TextGrid", "talk.ctm", "talk.ass", "talk.jsonl.gz"):
        result = run_without(missing, "convert", alignment, tmp_path / name)
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("silero_vad", ("align", TALK, CAPTIONS, "--method", "ipfa", "-o", "{folder}/talk.json"), "ipfa"),
        ("torchaudio", ("align", TALK, CAPTIONS, "--model", "torchaudio:WAV2VEC2_ASR_BASE_960H"), "torchaudio"),
        ("lhotse", ("evaluate", "{folder}/cuts.jsonl.gz"), "train"),
        ("pytorch_lightning", ("fit", "--config", "{folder}/train.yaml"), "train"),
        ("torch", ("evaluate", "{folder}/cuts.jsonl.gz"), "train"),
        ("torch", ("fit", "--config", "{folder}/train.yaml"), "train"),
        ("torch", ("align", TALK, CAPTIONS, "--method", "ipfa", "-o", "{folder}/talk.json"), "ipfa"),
    ],
)
def test_a_command_without_its_package_is_one_line_with_the_remedy(package, arguments, extra, tmp_path):
    result = run_without({package}, *(str(argument).format(folder=tmp_path) for argument in arguments))
    assert result.returncode == 1
    assert result.stderr == f"ctcalign: error: {package} is not installed; pip install 'ctcalign[{extra}]'\n"
    assert list(tmp_path.iterdir()) == []
