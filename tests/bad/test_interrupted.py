"""The program stopped from outside: Ctrl-C, `kill`, a limit of the system. Run as its users run it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ctcalign.cli.stopping import MESSAGE
from tests.bad.files import WORDS, content, speech

# A pipe that never ends keeps the program busy at a known place: it waits for the recording's next bytes.
CALL = [sys.executable, "-m", "ctcalign", "align", "pipe", "a.txt", "-o", "out.json"]


def start(place: Path, call: list[str], limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "TMPDIR": str(place / "tmp")}
    (place / "tmp").mkdir()
    return subprocess.Popen(
        call, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=limit
    )


@pytest.mark.parametrize(
    ("number", "status", "text"),
    [(signal.SIGINT, 130, MESSAGE + "ctcalign: error: interrupted\n"), (signal.SIGTERM, 143, MESSAGE)],
    ids=["Ctrl-C", "kill"],
)
def test_a_stopped_program_leaves_nothing(tmp_path, number, status, text):
    content(WORDS)(tmp_path / "a.txt")
    speech(tmp_path / "speech.wav")
    os.mkfifo(tmp_path / "pipe")
    process = start(tmp_path, CALL)
    with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
        pipe.write((tmp_path / "speech.wav").read_bytes()[:50_000])
        deadline = time.monotonic() + 120
        while not any((tmp_path / "tmp").glob("ctcalign-*/audio")) and time.monotonic() < deadline:
            time.sleep(0.05)  # until the program copies the pipe: it has imported everything and is at work
        time.sleep(1)  # it has read all there is and waits for more
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (status, "", text)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "pipe", "speech.wav", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_limit_on_the_size_of_files_is_one_line(tmp_path):
    content(WORDS)(tmp_path / "a.txt")
    speech(tmp_path / "a.wav")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))

    call = [sys.executable, "-B", "-m", "ctcalign", "align", "a.wav", "a.txt", "-q", "-o", "out.json"]
    process = start(tmp_path, call, limit)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout) == (1, "")
    assert stderr == "ctcalign: error: out.json: cannot be written: File too large; nothing was changed there\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "a.wav", "tmp"]


def test_a_damaged_mp3_lets_no_decoder_talk(tmp_path):
    """libsndfile's and FFmpeg's own messages go past Python to the terminal: only a process of its own shows them."""
    import soundfile as sf

    samples, rate = sf.read(Path(__file__).parents[2] / "egs/demo/talk.ogg", stop=64_000, dtype="float32")
    sf.write(tmp_path / "whole.mp3", samples, rate, format="MP3")
    data = bytearray((tmp_path / "whole.mp3").read_bytes())
    data[2000:6000] = bytes(4000)
    (tmp_path / "a.mp3").write_bytes(data[: int(0.7 * len(data))])
    content(WORDS)(tmp_path / "a.txt")
    process = start(tmp_path, [sys.executable, "-m", "ctcalign", "align", "a.mp3", "a.txt", "-o", "out.json"])
    _, stderr = process.communicate(timeout=120)
    assert [line for line in stderr.splitlines() if not line.startswith("ctcalign: ")] == []
