"""Programs of the warm Python behave as those of the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.warm_python import warm_python

SHOW = "import os, sys; print(__name__, sys.argv[1:], os.getcwd(), os.environ['A'], sys.stdin.read(), sys.path[:2])"
CALLS = [
    (["script.py", "x"], "__main__ ['x']"),
    (["-u", "script.py"], "__main__ []"),
    (["-m", "script", "-x", "a b"], "__main__ ['-x', 'a b']"),
    (["-W", "ignore", "-c", SHOW, "x"], "__main__ ['x']"),
    (["-c", "import sys; sys.exit(3)"], ""),
    (["-c", "import sys; sys.exit('one line')"], ""),
    (["-c", "1 / 0"], ""),
    (["-c", "import warnings; warnings.warn('shown')"], ""),
    (["-W", "error", "-c", "import warnings; warnings.warn('an error')"], ""),
    (["-c", "import atexit; atexit.register(print, 'the end')"], "the end"),
    (["-c", "import os; os.kill(os.getpid(), 9)"], ""),
    (["-m", "no_such_module"], ""),
    (["-I", "-c", "print('with an option that only the real one has')"], "with an option"),
]


@pytest.mark.parametrize(("words", "expected"), CALLS)
def test_a_program_does_what_it_does_with_the_real_python(words, expected, tmp_path):
    (tmp_path / "script.py").write_text(SHOW)
    environment = {**os.environ, "A": "1", "PYTHONPATH": str(tmp_path / "more")}
    ends = []
    for python in (sys.executable, str(warm_python() / "python")):
        call = [python, *words]
        done = subprocess.run(
            call, cwd=tmp_path, env=environment, input="in", capture_output=True, text=True, check=False
        )
        ends.append((done.returncode, done.stdout, done.stderr.splitlines()[-1:]))
    assert ends[1][:2] == ends[0][:2]
    assert words[-1] == "no_such_module" or ends[1][2] == ends[0][2]
    assert ends[1][1].startswith(expected)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_program(number):
    code = "import time\nprint('ready', flush=True)\ntime.sleep(60)"
    with subprocess.Popen([warm_python() / "python", "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(30) == -number
    assert time.monotonic() - began < 30


def test_libraries_are_loaded_and_nothing_of_the_repository():
    code = (
        "import sys\n"
        "print('torch' in sys.modules, 'onnxruntime' in sys.modules)\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('ctcalign', 'recipes', 'egs', 'tests')])"
    )
    done = subprocess.run([warm_python() / "python", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False", "[]"]


def test_the_program_ctcalign_is_there():
    done = subprocess.run([warm_python() / "ctcalign", "--help"], capture_output=True, text=True, check=True)
    assert "align-corpus" in done.stdout
