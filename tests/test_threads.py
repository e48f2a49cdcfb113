"""The number of threads, and how idle ones wait."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctcalign import threads
from ctcalign.cli import commands
from ctcalign.threads import thread_count, threads_limited, wait_passively


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*threads._COUNTS, "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("given", "count"), [("3", 3), ("4,2", 4), ("", None), ("0", None), ("many", None)])
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, given: str, count: int | None) -> None:
    own = thread_count()
    assert own >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert thread_count() == (own if count is None else count)


@pytest.mark.parametrize(("limit", "count"), [("150000 100000", 2), ("1000 100000", 1), ("max 100000", 64), ("x", 64)])
def test_a_container_has_fewer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: str, count: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)), raising=False)
    monkeypatch.setattr(threads, "_CGROUP", tmp_path / "cpu.max")
    assert thread_count() == 64
    (tmp_path / "cpu.max").write_text(limit + "\n")
    assert thread_count() == count


def test_a_limit_ends_with_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    with threads_limited(2):
        assert thread_count() == 2
        assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
    assert thread_count() == 5
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_waiting_is_passive_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_passively()
    assert os.environ["OMP_WAIT_POLICY"] == "passive"
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    wait_passively()
    assert os.environ["OMP_WAIT_POLICY"] == "active"


def test_the_program_waits_passively() -> None:
    code = (
        "import os, sys, click\nfrom ctcalign import cli\n"
        "cli.commands.main = lambda **options: print(os.environ['OMP_WAIT_POLICY'])\ncli.main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "passive\n"


def test_the_option_counts_the_threads_of_the_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import onnxruntime

    counts = []

    def session(path: str, options: onnxruntime.SessionOptions, providers: list[str]) -> None:
        counts.append(options.intra_op_num_threads)
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
        raise RuntimeError("stopped")

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    audio, text = tmp_path / "a.wav", tmp_path / "a.txt"
    audio.write_bytes(b"")
    text.write_text("one two")
    result = CliRunner().invoke(commands, ["align", str(audio), str(text), "--threads", "3"])
    assert result.exit_code == 1
    assert counts == [3]
    assert "OMP_NUM_THREADS" not in os.environ
    result = CliRunner().invoke(commands, ["align", str(audio), str(text), "--threads", "0"])
    assert result.exit_code == 2
