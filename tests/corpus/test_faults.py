"""Killed workers, a killed driver, a full disk, signals and stalled recordings: a later run completes the results.

Recordings are shell commands of a Kaldi data directory: they can wait, fail, and kill the process that runs them.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.corpus import options
from ctcalign.corpus.dispatch import TIMED_OUT, WORKER_ENDED
from ctcalign.files.lock import locked
from tests.corpus.collections import excerpts, kaldi, program, report_of, results

PIPES = ("--allow-pipes", "--workers", "1", "-q")


def end(process, timeout=200):
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def wait_for(path: Path, seconds: float = 150) -> None:
    limit = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < limit, f"{path} did not appear"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Recordings a, b, c, d."""
    return excerpts(tmp_path_factory.mktemp("four"), "abcd")


def run(*arguments: object):
    """The program in this process: its workers are forked from one that stays."""
    return CliRunner().invoke(commands, ["align-corpus", *map(str, arguments), "--fast"], catch_exceptions=False)


@pytest.fixture(scope="module")
def undisturbed(four, tmp_path_factory):
    """The results of a run in which nothing happens, from commands like those of the tests."""
    place = tmp_path_factory.mktemp("undisturbed")
    data = kaldi(place / "data", {name: f"cat {four / name}.wav |" for name in "abcd"})
    done = run(data, "-o", place / "out", *PIPES)
    assert done.exit_code == 0, done.output
    return alignments(place / "out")


def alignments(output: Path) -> dict[str, bytes]:
    """Without the manifest, which names the commands: those of the tests differ."""
    return {name: data for name, data in results(output).items() if name.startswith("alignments")}


def test_pipes_are_refused_unless_allowed(four, tmp_path):
    data = kaldi(tmp_path / "data", {"a": f"touch {tmp_path}/ran; cat {four}/a.wav |", "b": f"{four}/b.wav"})
    done = run(data, "-o", tmp_path / "out", "--workers", "1")
    assert done.exit_code == 1
    assert "error: a: not allowed: its audio comes from the shell command" in done.stderr
    assert "--allow-pipes" in done.stderr
    assert "1 of 2 recordings aligned, 1 failed" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_poison_is_tried_again_and_given_up(four, undisturbed, tmp_path):
    """A recording that kills its worker, and one that does so only the first time."""
    sources = {
        "a": f"echo x >> {tmp_path}/tries; kill -9 $PPID |",
        "b": f"test -e {tmp_path}/second || {{ touch {tmp_path}/second; kill -9 $PPID; }}; cat {four}/b.wav |",
        "c": f"cat {four}/c.wav |",
        "d": f"cat {four}/d.wav |",
    }
    data = kaldi(tmp_path / "data", sources)
    done = run(data, "-o", tmp_path / "out", *PIPES, "--retries", "1")
    assert done.exit_code == 1
    report = report_of(tmp_path / "out")
    assert {one["id"]: (one["reason"], one["attempts"]) for one in report["failures"]} == {"a": (WORKER_ENDED, 2)}
    assert "SIGKILL" in report["failures"][0]["detail"]
    assert (tmp_path / "tries").read_text() == "x\nx\n"
    found = results(tmp_path / "out")
    for name in "bcd":
        assert found[f"alignments/{name}.json"] == undisturbed[f"alignments/{name}.json"]
    # Mended, the recording is aligned by the next run, and all is as if nothing had happened.
    kaldi(tmp_path / "data", {name: f"cat {four / name}.wav |" for name in "abcd"})
    assert run(data, "-o", tmp_path / "out", *PIPES).exit_code == 0
    assert alignments(tmp_path / "out") == undisturbed
    assert not (tmp_path / "out" / "failed" / "a.txt").exists()


def test_a_stalled_recording_times_out(tmp_path, monkeypatch):
    monkeypatch.setattr(options, "GRACE", 1.0)
    # The command must end with its worker.
    data = kaldi(tmp_path / "data", {"a": f"sh -c 'echo $$ > {tmp_path}/child; exec sleep 1000' |"})
    done = run(data, "-o", tmp_path / "out", *PIPES, "--retries", "0", "--timeout-per-hour", "1s")
    assert done.exit_code == 1
    [failure] = report_of(tmp_path / "out")["failures"]
    assert (failure["id"], failure["reason"]) == ("a", TIMED_OUT)
    assert "took longer than 1 s; raise --timeout-per-hour" in failure["detail"]
    if (tmp_path / "child").exists():
        child = int((tmp_path / "child").read_text())
        until = time.monotonic() + 20
        while is_running(child) and time.monotonic() < until:  # the system ends it a moment after its parent
            time.sleep(0.05)
        assert not is_running(child)


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def stopped_in_the_middle(four, place, number):
    """Send a signal to a run when "a" is done and "b" is being read.

    Returns the end of the run and a data directory that does not wait.
    """
    sources = {name: f"cat {four / name}.wav |" for name in "abcd"}
    waiting = f"echo $PPID > {place}/started; sleep 5; cat {four}/b.wav |"
    data = kaldi(place / "data", {**sources, "b": waiting})
    run = program(data, "-o", place / "out", "--allow-pipes", "--workers", "1", start_new_session=True)
    wait_for(place / "started")
    wait_for(place / "out" / "log.jsonl")
    limit = time.monotonic() + 150
    while '"event": "done"' not in (place / "out" / "log.jsonl").read_text():
        assert time.monotonic() < limit, "a was not aligned"
        time.sleep(0.02)
    worker = int((place / "started").read_text() or "0")
    os.kill(run.pid, number)
    status, _, err = end(run)
    return status, err, worker, kaldi(data, sources)


def test_a_killed_run_goes_on(four, undisturbed, tmp_path):
    status, _, worker, data = stopped_in_the_middle(four, tmp_path, signal.SIGKILL)
    assert status == -signal.SIGKILL
    limit = time.monotonic() + 60
    while worker and Path(f"/proc/{worker}").exists() and time.monotonic() < limit:  # it ends with its driver
        time.sleep(0.05)
    assert not worker or not Path(f"/proc/{worker}").exists()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "alignments").glob("*.json")}
    assert {path.stem for path in before} == {"a"}
    assert run(data, "-o", tmp_path / "out", *PIPES).exit_code == 0
    assert alignments(tmp_path / "out") == undisturbed
    assert {path: path.stat().st_mtime_ns for path in before} == before
    log = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert sorted(row["id"] for row in log if row["event"] == "done") == ["a", "b", "c", "d"]


def test_sigterm_finishes_what_is_being_aligned(four, undisturbed, tmp_path):
    status, err, _, data = stopped_in_the_middle(four, tmp_path, signal.SIGTERM)
    assert status == 128 + signal.SIGTERM, err
    assert "stopping; a second signal ends it at once" in err
    assert "2 of 4 recordings aligned, 0 failed, 2 left" in err
    report = report_of(tmp_path / "out")
    assert (report["done"], report["left"]) == (2, 2)
    assert (tmp_path / "out" / "report.html").exists()
    assert sorted(path.stem for path in (tmp_path / "out" / "alignments").glob("*.json")) == ["a", "b"]
    assert run(data, "-o", tmp_path / "out", *PIPES).exit_code == 0
    assert alignments(tmp_path / "out") == undisturbed


@pytest.fixture(scope="module")
def plain(four, tmp_path_factory):
    """A data directory of files, and the results of an undisturbed run."""
    place = tmp_path_factory.mktemp("plain")
    data = kaldi(place / "data", {name: f"{four / name}.wav" for name in "abcd"})
    assert run(data, "-o", place / "out", *PIPES).exit_code == 0
    return data, results(place / "out")


@pytest.mark.parametrize("size", [700, 1400])
def test_a_full_disk_ends_the_run_and_the_next_one_completes_it(plain, tmp_path, size):
    data, expected = plain
    # No file may grow beyond that: a part of an output, of a record or of the log cannot be written.
    full = program(
        data,
        "-o",
        tmp_path / "out",
        *PIPES,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    status, _, err = end(full)
    assert status == 1, err
    assert "cannot be written: File too large" in err
    assert len(err.splitlines()) == 1
    assert run(data, "-o", tmp_path / "out", *PIPES).exit_code == 0
    assert results(tmp_path / "out") == expected
    assert not [path for path in (tmp_path / "out").rglob("*") if path.name.endswith(".tmp")]


def test_two_runs_do_not_work_in_one_folder(plain, tmp_path):
    data, _ = plain
    output = tmp_path / "out"
    output.mkdir()
    with locked(output):
        done = CliRunner().invoke(commands, ["align-corpus", str(data), "-o", str(output), "--fast"])
    assert done.exit_code == 2
    assert "another align-corpus is running there" in done.stderr
