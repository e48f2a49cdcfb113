"""Trainings on one process and on two, side by side."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ctcalign.train.run import fit
from tests.warm_python import warm_python

# All trainings of a process in one program: importing takes longer than training.
PROGRAM = """
import sys
from ctcalign.train.run import fit
for folder in sys.argv[1:]:
    fit(["--config", folder + "/train.yaml", *OPTIONS])
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def fit_alone_and_together(
    alone: Sequence[Path], together: Sequence[Path], before: str = "", resume: bool = False
) -> None:
    """Run the trainings of some folders (`train.yaml`) in this process, and those of others in two processes each.

    Args:
        before: Python code that each of the two processes runs first.
        resume: continue what the folders hold.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    options = ["--resume", "last"] if resume else []
    code = before + f"OPTIONS = {options}\n" + PROGRAM
    started = [
        subprocess.Popen(
            [warm_python() / "python", "-W", "ignore", "-c", code, *map(str, together)],
            env={**environment, "LOCAL_RANK": str(rank), "NODE_RANK": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    for folder in alone:
        fit(["--config", str(folder / "train.yaml")])
    outputs = [one.communicate(timeout=250)[0] for one in started]
    assert [one.returncode for one in started] == [0, 0], "\n".join(outputs)
