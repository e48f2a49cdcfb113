"""Every block of shell and of Python of a page runs, in order, in a fresh clone with the bundled talk."""

from __future__ import annotations

import importlib
import shlex
import subprocess

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from tests.computed_once import emissions_computed_once  # noqa: F401  a fixture of all tests here
from tests.docs.blocks import PAGES, ROOT, TUTORIALS, Block, blocks_of, commands_of

RUN = {
    page: [block for block in blocks_of(page) if block.reason is None]
    for page in PAGES
    if not page.startswith(TUTORIALS)
}
# Programs that are run in this process, and those that the shell runs.
OURS = {"ctcalign": lambda: commands, "lhotse": lambda: importlib.import_module("lhotse.bin.modes").cli}
SHELL = ("printf",)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A working folder that looks like a clone of the repository, outside it."""
    for entry in ROOT.iterdir():
        if not entry.name.startswith("."):
            (tmp_path / entry.name).symlink_to(entry)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run_command(line: str, where: str) -> None:
    words = shlex.split(line, comments=True)
    program = words[0].removeprefix(".venv/bin/")
    if program in OURS:
        done = CliRunner().invoke(OURS[program](), words[1:])
        assert done.exit_code == 0, f"{where}: {line}\n{done.output}\n{done.exception!r}"
        return
    assert program in SHELL, f"{where}: cannot run {program} here; put <!-- not run: REASON --> above the block"
    subprocess.run(["bash", "-c", line], check=True)


def run_block(block: Block, names: dict[str, object], folder) -> None:
    where = f"{block.page}:{block.line}"
    if block.file is not None:
        (folder / block.file).write_text(block.text, encoding="utf-8")
    if block.language == "bash":
        for line in commands_of(block.text):
            run_command(line, where)
    elif block.language == "python":
        exec(compile("\n" * (block.line - 1) + block.text, block.page, "exec"), names)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of lhotse, when its program is imported
@pytest.mark.parametrize(
    "page", [page for page, blocks in RUN.items() if {"bash", "python"} & {block.language for block in blocks}]
)
def test_blocks_run(page, clone):
    names: dict[str, object] = {"__name__": "page"}
    for block in RUN[page]:
        run_block(block, names, clone)
