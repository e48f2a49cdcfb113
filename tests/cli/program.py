"""The program with a command of the test's own, run as users run it."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import sys, types, click
from ctcalign import cli
module = types.ModuleType("boom_module")
@click.command("boom")
def command():
{body}
module.command = command
sys.modules["boom_module"] = module
cli.COMMANDS["boom"] = ("boom_module", "Raises.")
sys.argv = ["ctcalign", "boom"]
cli.main()
"""


def start(body, **streams):
    code = PROGRAM.format(body="\n".join("    " + line for line in body.splitlines()))
    environment = {key: value for key, value in os.environ.items() if key != "CTCALIGN_DEBUG"}
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment, **streams)
