"""Configurations of the pages, and those of `recipes/conf`: `ctcalign fit` knows every entry."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from tests.docs.blocks import PAGES, ROOT, blocks_of

YAML = {
    f"{block.page}:{block.line}": block.text for page in PAGES for block in blocks_of(page) if block.language == "yaml"
}
FILES = {file.name: file.read_text(encoding="utf-8") for file in sorted((ROOT / "recipes" / "conf").glob("*.yaml"))}
BASE = next(text for text in YAML.values() if text.startswith("# train.yaml"))


def parse(text: str, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    files = {"train.yaml": BASE, "more.yaml": text}
    if text == BASE or "task: text_preference" in text:
        files.pop("train.yaml")
    arguments = ["fit"]
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
        arguments += ["--config", str(folder / name)]
    return CliRunner().invoke(commands, [*arguments, "--print_config"])


@pytest.mark.parametrize("name", [*YAML, *FILES])
def test_every_entry_of_a_configuration_is_known(name, tmp_path, monkeypatch):
    done = parse({**YAML, **FILES}[name], tmp_path, monkeypatch)
    assert done.exit_code == 0, done.output
    assert "seed:" in done.output


def test_an_unknown_entry_of_a_configuration_is_found(tmp_path, monkeypatch):
    done = parse(BASE.replace("max_duration:", "max_durations:"), tmp_path, monkeypatch)
    assert done.exit_code == 2
    assert "max_durations" in done.output
