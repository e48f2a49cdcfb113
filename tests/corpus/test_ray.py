"""The engine `ray` on real Ray: the bytes of the engine `local`, and what is lost in the middle of a run."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.corpus import options
from ctcalign.corpus.dispatch import TIMED_OUT, WORKER_ENDED
from ctcalign.corpus.engines import ray as engine
from tests.corpus.collections import excerpts, kaldi, program, report_of, results

ray = pytest.importorskip("ray", reason="ray is not installed: pip install '.[ray]'")

pytestmark = pytest.mark.timeout(900)  # a busy machine may take minutes to start Ray
PIPES = ("--allow-pipes", "--workers", "1")
LONGEST = 600.0  # seconds
NODE = {"num_cpus": 1, "object_store_memory": 100 << 20}


@pytest.fixture(autouse=True)
def _the_address_of_this_machine(monkeypatch):
    """Tests may connect to 127.* alone, and Ray listens at the address that other machines see."""
    monkeypatch.setattr(engine, "_look_for", lambda address: None)


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Recordings a, b, c, d."""
    return excerpts(tmp_path_factory.mktemp("four"), "abcd")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster of one machine with one processor, started in a folder of its own."""
    from ray.cluster_utils import Cluster

    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    try:
        found = Cluster(initialize_head=True, head_node_args=NODE)
    finally:
        os.chdir(before)
    yield found
    found.shutdown()


@pytest.fixture(scope="module")
def undisturbed(four, tmp_path_factory):
    """The alignments of a run with the engine `local`."""
    place = tmp_path_factory.mktemp("undisturbed")
    data = kaldi(place / "data", {name: f"cat {four / name}.wav |" for name in "abcd"})
    done = run(data, "-o", place / "out", *PIPES)
    assert done.exit_code == 0, done.output
    return alignments(place / "out")


def run(*arguments: object):
    """The program in this process."""
    return CliRunner().invoke(commands, ["align-corpus", *map(str, arguments), "--fast"], catch_exceptions=False)


def on(cluster):
    return ("--engine", "ray", "--address", cluster.address)


def alignments(output: Path) -> dict[str, bytes]:
    """Without the manifest, which names the commands: those of the tests differ."""
    return {name: data for name, data in results(output).items() if name.startswith("alignments")}


def aligned(output: Path) -> list[str]:
    """The recordings that were aligned, once for each time."""
    rows = [json.loads(line) for line in (output / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return sorted(row["id"] for row in rows if row["event"] == "done")


def wait_for(path: Path, process=None) -> None:
    until = time.monotonic() + LONGEST
    while not path.exists():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.05)


def test_the_bytes_of_the_engine_local(four, cluster, tmp_path, monkeypatch):
    """Paths are relative, and the cluster was started in another folder."""
    monkeypatch.chdir(four.parent)
    assert run(four.name, "-o", tmp_path / "local", "--workers", "1", "--format", "vtt").exit_code == 0
    done = run(four.name, "-o", tmp_path / "ray", "--workers", "1", "--format", "vtt", *on(cluster))
    assert done.exit_code == 0, done.output
    assert results(tmp_path / "ray") == results(tmp_path / "local")
    assert not ray.is_initialized()


def test_poison_and_a_stalled_recording_are_given_up(four, undisturbed, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(options, "GRACE", 10.0)
    sources = {"a": "kill -9 $PPID |", "b": "exec sleep 1000 |", "c": f"cat {four}/c.wav |", "d": f"cat {four}/d.wav |"}
    data = kaldi(tmp_path / "data", sources)
    done = run(data, "-o", tmp_path / "out", *PIPES, "--retries", "0", *on(cluster))
    assert done.exit_code == 1
    failures = {one["id"]: one["reason"] for one in report_of(tmp_path / "out")["failures"]}
    assert failures == {"a": WORKER_ENDED, "b": TIMED_OUT}
    assert alignments(tmp_path / "out") == {
        f"alignments/{id}.json": undisturbed[f"alignments/{id}.json"] for id in "cd"
    }


def test_a_machine_is_lost_and_nothing_else(four, undisturbed, cluster, tmp_path):
    data = kaldi(tmp_path / "data", {name: f"sleep 1; cat {four / name}.wav |" for name in "abcd"})
    output = tmp_path / "out"
    other = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    lost = []

    def lose():
        until = time.monotonic() + LONGEST
        while len(list(output.glob("records/*.json"))) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        cluster.remove_node(other, allow_graceful=False)
        lost.append(len(list(output.glob("records/*.json"))))

    losing = threading.Thread(target=lose)
    losing.start()
    done = run(data, "-o", output, "--allow-pipes", "--workers", "2", *on(cluster))
    losing.join()
    assert lost[0] < 4
    assert done.exit_code == 0, done.output
    assert alignments(output) == undisturbed
    assert run(data, "-o", output, *PIPES).exit_code == 0
    assert aligned(output) == ["a", "b", "c", "d"]


def test_a_killed_run_goes_on(four, undisturbed, cluster, tmp_path):
    sources = {name: f"cat {four / name}.wav |" for name in "abcd"}
    waiting = f"echo $PPID > {tmp_path}/id; mv {tmp_path}/id {tmp_path}/started; exec sleep 1000 |"
    data, output = kaldi(tmp_path / "data", {**sources, "b": waiting}), tmp_path / "out"
    killed = program(data, "-o", output, *PIPES, *on(cluster))
    wait_for(tmp_path / "started", killed)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    actor = Path("/proc") / (tmp_path / "started").read_text(encoding="utf-8").strip()
    until = time.monotonic() + LONGEST
    while actor.exists() and time.monotonic() < until:  # it ends with its driver
        time.sleep(0.05)
    assert not actor.exists()
    assert aligned(output) == ["a"]
    assert run(kaldi(data, sources), "-o", output, *PIPES).exit_code == 0
    assert alignments(output) == undisturbed
    assert aligned(output) == ["a", "b", "c", "d"]


def test_sigterm_finishes_what_is_being_aligned_by_a_ray_of_its_own(four, undisturbed, tmp_path):
    sources = {name: f"cat {four / name}.wav |" for name in "abcd"}
    waiting = f"touch {tmp_path}/started; sleep 3; cat {four}/b.wav |"
    data, output = kaldi(tmp_path / "data", {**sources, "b": waiting}), tmp_path / "out"
    stopped = program(data, "-o", output, *PIPES, "--engine", "ray")
    wait_for(tmp_path / "started", stopped)
    stopped.send_signal(signal.SIGTERM)
    _, err = stopped.communicate(timeout=LONGEST)
    assert stopped.returncode == 128 + signal.SIGTERM, err
    assert "2 of 4 recordings aligned, 0 failed, 2 left" in err
    assert alignments(output) == {f"alignments/{id}.json": undisturbed[f"alignments/{id}.json"] for id in "ab"}
