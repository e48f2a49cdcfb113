"""SIGINT, SIGTERM and SIGHUP: a message at once, temporary files removed, and a second signal that ends the program."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from ctcalign.cli.stopping import MESSAGE
from tests.cli.program import start

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
LAST = {signal.SIGINT: "ctcalign: error: interrupted\n"}
# Compiled code of some seconds that lets other threads run, as the kernels do.
KERNEL = "import hashlib; hashlib.pbkdf2_hmac('sha256', b'a', b'b', {rounds})"


def run(body: str, **streams) -> subprocess.Popen:
    process = start(body.strip(), stdout=subprocess.PIPE, **streams)
    assert process.stdout.readline() == "ready\n"
    return process


def holding(path, inner: str, after: str = "pass") -> str:
    return f"""
import time
from ctcalign.files import atomic_write
with atomic_write({str(path)!r}) as stream:
    stream.write("half")
    try:
        print("ready", flush=True)
        {inner}
    finally:
        {after}
"""


@pytest.mark.parametrize("number", list(STATUS))
def test_a_signal_stops_the_program_with_its_status_and_cleans_up(tmp_path, number):
    process = run(holding(tmp_path / "out", "time.sleep(60)"))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == STATUS[number]
    assert stderr == MESSAGE + LAST.get(number, "")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_inside_a_long_kernel_it_is_said_at_once_and_a_second_signal_ends_it(tmp_path, number):
    process = run(holding(tmp_path / "out", KERNEL.format(rounds=10**8)))  # a minute and more
    time.sleep(0.2)  # inside the kernel
    began = time.monotonic()
    process.send_signal(number)
    assert process.stderr.readline() == MESSAGE
    assert time.monotonic() - began < 2
    assert process.poll() is None
    time.sleep(0.7)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=10)
    assert (process.returncode, stderr) == (STATUS[number], "")
    assert os.listdir(tmp_path) == []


def test_one_request_that_arrives_twice_leaves_time_to_clean_up(tmp_path):
    """GNU timeout sends its signal to the program and to the group."""
    done = tmp_path / "done"
    after = f"time.sleep(0.4); open({str(done)!r}, 'w').close()"
    process = run(holding(tmp_path / "out", "time.sleep(60)", after))
    for _ in range(3):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (143, MESSAGE)
    assert os.listdir(tmp_path) == ["done"]


def test_a_signal_that_the_caller_ignores_stays_ignored():
    """As under nohup, and SIGINT for a background job of a script."""

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    process = run("print('ready', flush=True)\nimport time\ntime.sleep(0.5)\nprint('end')", preexec_fn=ignore)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (0, "end\n", "")


def test_a_child_process_that_is_stopped_does_not_stop_the_program():
    body = """
import os, signal, time
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
time.sleep(0.2)
os.kill(child, signal.SIGTERM)
time.sleep(0.3)
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
print("ready", flush=True)
time.sleep(0.3)
"""
    process = run(body)
    _stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0
    assert MESSAGE not in stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15])
def test_a_signal_after_the_command_interrupts_nothing_on_the_way_out(number, delay):
    body = """
import atexit, sys, time
atexit.register(lambda: (time.sleep(0.3), print("end", flush=True)))
print("ready", flush=True)
"""
    process = run(body)
    time.sleep(delay)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr
    if delay:  # behind the command
        assert (process.returncode, stdout) == (0, "end\n")
    assert stderr.replace(MESSAGE, "", 1) in ("", LAST.get(number, ""))


@pytest.mark.parametrize("number", list(STATUS))
def test_what_a_library_makes_of_a_stop_is_a_stop(tmp_path, number):
    """A compiled kernel turns the exception of a signal in one of its callbacks into a SystemError."""
    body = """
import time
print("ready", flush=True)
try:
    time.sleep(60)
except BaseException as error:
    raise SystemError("returned a result with an exception set") from error
"""
    process = run(body)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (STATUS[number], MESSAGE + LAST.get(number, ""))
