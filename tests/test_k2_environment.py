"""`make test-k2` on machines that cannot have the second environment. The environment itself is tested by its use."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without environments, and a PATH without any Python."""
    shutil.copytree(ROOT / "tools" / "k2_env", tmp_path / "tools" / "k2_env")
    for room in ("ctc", "lattice", "text"):
        (tmp_path / "tests" / room).mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for command in ("bash", "env", "cat", "cksum", "dirname"):
        found = shutil.which(command)
        assert found is not None
        (tmp_path / "bin" / command).symlink_to(found)
    return tmp_path


def run(checkout: Path, script: str) -> subprocess.CompletedProcess[str]:
    command = [checkout / "tools" / "k2_env" / script, "python3", ".venv-k2"]
    environment = {**os.environ, "PATH": str(checkout / "bin")}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_without_python_3_11_the_tests_are_skipped_by_name(checkout: Path) -> None:
    result = run(checkout, "test.sh")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "test-k2: SKIPPED tests/ctc tests/lattice beside k2: no Python 3.11\n"
    assert result.stderr == "k2 environment: k2 1.23.4 needs Python 3.11, which this machine does not have\n"
    assert not (checkout / ".venv-k2").exists()


def test_the_set_up_alone_fails_with_a_status_of_its_own(checkout: Path) -> None:
    assert run(checkout, "set_up.sh").returncode == 69


def test_an_environment_that_cannot_be_made_is_an_error(checkout: Path) -> None:
    python = checkout / "bin" / "python3.11"
    python.write_text('#!/usr/bin/env bash\n[ "$1" = -c ]\n')  # says that it suits, makes no venv
    python.chmod(0o755)
    (checkout / "bin" / "rm").symlink_to(shutil.which("rm") or "")
    result = run(checkout, "test.sh")
    assert result.returncode not in (0, 69)
