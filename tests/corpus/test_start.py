"""What the command and the process of its workers load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ctcalign.corpus.engines import server

HEAVY = {"numpy", "numba", "torch", "onnxruntime", "soundfile", "av", "jinja2", "matplotlib", "lhotse"}


def output_of(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_command_loads_none_of_the_libraries_of_its_workers():
    code = "import sys, ctcalign.cli.align_corpus, ctcalign.cli.corpus; print(*sys.modules)"
    assert not HEAVY & {*output_of(code)}
    assert "numba" in output_of("import sys, ctcalign.corpus.work.worker; print(*sys.modules)")  # the test can fail


@pytest.mark.skipif(server.METHOD != "forkserver", reason="without a process from which workers are forked")
@pytest.mark.parametrize("model", ["auto", "builtin:en", "onnx:model.onnx", "hf:name"])
def test_what_is_loaded_before_the_fork_starts_no_thread(model, monkeypatch):
    given = []
    monkeypatch.setattr(server.forkserver, "ensure_running", lambda: None)
    monkeypatch.setattr(server.forkserver, "set_forkserver_preload", given.extend)
    server.start_server(model, 1)
    code = f"""
import importlib, os, sys
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
for name in {given!r}:
    importlib.import_module(name)
print(len(os.listdir("/proc/self/task")), *sys.modules)
"""
    [threads, *modules] = output_of(code)
    assert threads == "1"
    assert "ctcalign.corpus.work.pipeline" in modules
    assert ("onnxruntime" in modules) == (model.partition(":")[0] in ("auto", "builtin", "onnx"))
