"""Python whose libraries are loaded already, for tests that start many programs: loading torch and Lightning takes
longer than what most of them do.

`warm_python()` makes a folder with the programs `python` and `ctcalign`. They run as the real ones do, each in a
process of its own with its arguments, environment, working folder and streams, but the process is a copy of one that
has loaded the libraries (server.py). Nothing of this repository is loaded in it beforehand.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
# A command for the shell and a text for Python, whose path may have blanks. -SE: it starts quickly without packages.
START = """#!/bin/sh
'''exec' "{}" -SE "$0" "$@"
' '''"""


@lru_cache(maxsize=1)
def warm_python() -> Path:
    """The folder with the programs; the process that they are copies of ends with this one."""
    kept = tempfile.TemporaryDirectory(prefix="warm-python-")
    folder = Path(kept.name)
    for name, words in {"python": [], "ctcalign": ["-m", "ctcalign"]}.items():
        program = folder / name
        names = f"REAL, SOCKET, WORDS = {sys.executable!r}, {str(folder / 'socket')!r}, {words}"
        lines = [START.format(sys.executable), names, (HERE / "client.py").read_text(encoding="utf-8")]
        program.write_text("\n".join(lines), encoding="utf-8")
        program.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with socket.socket(socket.AF_UNIX) as listening:  # programs can call from now on; they wait until it has loaded
        listening.bind(str(folder / "socket"))
        listening.listen(64)
        server = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), str(listening.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
            env=environment | {"OMP_NUM_THREADS": "1"},
            cwd=folder,
            start_new_session=True,
        )

    def end() -> None:
        assert server.stdin is not None
        server.stdin.close()
        server.wait(30)
        kept.cleanup()

    atexit.register(end)
    return folder
