"""The shell around the commands: exit statuses and the one line of an error."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from ctcalign import __version__
from ctcalign.cli import COMMANDS, commands
from ctcalign.cli.console import progress_bar, warn
from ctcalign.errors import AudioError, UsageError
from tests.cli.program import start


@pytest.fixture
def raising(monkeypatch):
    """A command `boom` that raises what it is given."""

    def install(error):
        @click.command("boom")
        def command():
            raise error

        module = type(sys)("boom_module")
        module.command = command
        monkeypatch.setitem(sys.modules, "boom_module", module)
        monkeypatch.setitem(COMMANDS, "boom", ("boom_module", "Raises."))
        return CliRunner().invoke(commands, ["boom"])

    return install


def test_version():
    result = CliRunner().invoke(commands, ["--version"])
    assert result.exit_code == 0
    assert __version__ in result.output


def test_help_lists_every_command():
    result = CliRunner().invoke(commands, ["-h"])
    assert result.exit_code == 0
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name}" in result.output
        assert summary.split()[0] in result.output


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_of_every_command(name):
    result = CliRunner().invoke(commands, [name, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: ctcalign {name}")
    assert "Exit status" in result.output or "--help" in result.output


def test_no_command_shows_the_help_and_is_a_usage_error():
    result = CliRunner().invoke(commands, [])
    assert result.exit_code == 2
    assert "Commands:" in result.output


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (AudioError("talk.mp4: no audio stream"), 1, "talk.mp4: no audio stream"),
        (AudioError("two\nlines"), 1, "two lines"),
        (UsageError("--window is 0"), 2, "--window is 0"),
        (click.UsageError("no such thing"), 2, "no such thing; see 'ctcalign boom --help'"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (OSError(28, "No space left on device", "out.json"), 1, "out.json: No space left on device"),
        (
            MemoryError("cannot allocate 8 GB"),
            1,
            "out of memory (cannot allocate 8 GB); try a smaller --max-memory or a shorter recording",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_error_is_one_line_and_a_status(raising, error, status, line):
    result = raising(error)
    assert result.exit_code == status
    assert result.stderr.strip() == f"ctcalign: error: {line}"
    assert result.stdout == ""


OutOfMemoryError = type("OutOfMemoryError", (RuntimeError,), {})  # as that of torch


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "out of memory (libtorch_cpu.so"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"), "out of memory (Default"),
        (RuntimeError("std::bad_alloc"), "out of memory (std::bad_alloc)"),
        (RuntimeError("can't start new thread"), "out of memory (can't start new thread)"),
        (RuntimeError("BFCArena: Failed to allocate memory for requested buffer of size 9"), "out of memory (BFCArena"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "the device is out of memory (CUDA"),
        (RuntimeError("MPS backend out of memory (9 GB)"), "the device is out of memory (MPS"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), "the device is out of"),
    ],
)
def test_memory_that_runs_out_in_a_library_is_one_line_with_a_remedy(raising, error, line):
    result = raising(error)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"ctcalign: error: {line}")
    assert "; try a s" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_fault_of_ours_is_not_hidden_from_tests(raising):
    result = raising(ZeroDivisionError("oops"))
    assert isinstance(result.exception, ZeroDivisionError)


def test_debug_shows_the_traceback(raising, monkeypatch):
    monkeypatch.setenv("CTCALIGN_DEBUG", "1")
    result = raising(AudioError("broken"))
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("ctcalign: error: broken\n")


def test_an_unknown_command_names_itself():
    result = CliRunner().invoke(commands, ["alline"])
    assert result.exit_code == 2
    assert result.stderr.startswith("ctcalign: error: No such command 'alline'")
    assert result.stderr.count("\n") == 1


def test_an_unexpected_error_of_the_program_is_one_line():
    process = start("raise ZeroDivisionError('oops')", stdout=subprocess.PIPE)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr.startswith("ctcalign: error: unexpected ZeroDivisionError: oops")
    assert "please report" in stderr
    assert stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error():
    process = start("for i in range(100000): print('line', i)", stdout=subprocess.PIPE)
    assert process.stdout.readline() == "line 0\n"
    process.stdout.close()
    stderr = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert stderr == ""
    process.stderr.close()


def test_repeated_warnings_are_printed_once_and_a_long_list_is_cut(capsys):
    warn(["a\nb", "a b", *(f"w{i}" for i in range(20))])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "ctcalign: warning: a b"
    assert len(lines) == 9
    assert "13 more" in lines[-1]


def test_progress_prints_nothing_without_a_terminal(capsys):
    with progress_bar() as progress:
        progress("reading", 1.0, 2.0)
    assert capsys.readouterr() == ("", "")
