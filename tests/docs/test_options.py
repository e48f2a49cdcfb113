"""Commands and options that the pages and the notes of the recipes name exist; blocks that are not run are counted."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from functools import cache

import click
import pytest
import tomllib
from click.testing import CliRunner

from ctcalign.cli import COMMANDS, commands
from tests.docs.blocks import PAGES, RECIPES, ROOT, blocks_of, commands_of

OPTION = re.compile(r"(?<![\w/.-])--[a-zA-Z][\w.-]*")
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
FENCE = re.compile(r"^ *```.*?^ *```$", re.M | re.S)
OTHERS = ("aeneas.", "NeMo/")  # programs of other projects
PROGRAMS = ("ctcalign", "python", "make", "pip", "lhotse")
# Blocks that are not run, by page: downloads, corpora and trainings of hours. Their options are checked all the same.
NOT_RUN = {
    "README.md": 2,
    "docs/adapt-one.md": 2,
    "docs/adapt.md": 1,
    "docs/coming-from/aeneas.md": 1,
    "docs/coming-from/ctc-segmentation.md": 1,
    "docs/coming-from/mfa.md": 1,
    "docs/coming-from/nemo.md": 2,
    "docs/coming-from/stable-ts.md": 1,
    "docs/coming-from/trl.md": 1,
    "docs/coming-from/whisperx.md": 2,
    "docs/confidence.md": 1,
    "docs/corpus.md": 1,
    "docs/guided.md": 1,
    "docs/how-to/installing.md": 1,
    "docs/how-to/models.md": 4,
    "docs/performance.md": 1,
    "docs/preference.md": 2,
    "docs/review.md": 3,
    "docs/search.md": 2,
    "docs/several_gpus.md": 2,
    "docs/testing.md": 1,
    "docs/training.md": 4,
    "docs/tutorials/corpus-on-a-cluster.md": 2,
    "docs/tutorials/other-models.md": 1,
}


def test_blocks_that_are_not_run_are_known():
    marked = [block for page in PAGES for block in blocks_of(page) if block.reason is not None]
    assert Counter(block.page for block in marked) == NOT_RUN
    assert [block for block in marked if not block.reason or block.language not in ("bash", "python")] == []


def spans_of(page: str) -> list[str]:
    """Code inside the text, on one line each."""
    text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    if page.startswith("docs/coming-from/"):  # what is ours is in the second column
        text = "\n".join(re.findall(r"^\|.*?(?<!\\)\|(.*)\|$", text, re.M))
    return [" ".join(span.split()) for span in SPAN.findall(text)]


def named_commands(page: str) -> list[list[str]]:
    """The words of every command of a page, in blocks and in its text."""
    lines = [line for block in blocks_of(page) if block.language == "bash" for line in commands_of(block.text)]
    lines += [span for span in spans_of(page) if span.split()[0] in PROGRAMS or "run.sh " in span]
    return [shlex.split(line.replace("…", ""), comments=True) for line in lines]


@cache
def help_of(name: str) -> str:
    """The help of `ctcalign` or of one of its commands."""
    calls = [[name, "--help"] if name else ["--help"]]
    if name == "fit":
        calls += [["fit", "--all-options", "--task", task] for task in ("ctc", "ctc_preference", "text_preference")]
    return "".join(CliRunner().invoke(commands, call).output for call in calls)


def source_of(words: list[str]) -> str:
    """The text of what `python` runs: a file, or a module of the repository."""
    file = ROOT / (words[1].replace(".", "/") if words[0] == "-m" else words[0])
    if file.is_dir():
        file /= "__main__.py"
    return file.with_suffix(".py").read_text(encoding="utf-8")


def unknown_options(words: list[str]) -> list[str]:
    """What a command line names that its program does not have."""
    program, rest = words[0].removeprefix(".venv/bin/"), words[1:]
    options = {match[0].split("=")[0] for word in rest if (match := OPTION.match(word))}
    if program.endswith("run.sh"):
        script = (ROOT / program).read_text(encoding="utf-8").split("parse_options.sh")[0]
        return [o for o in options if not re.search(rf"\b{o[2:].replace('-', '_')}=", script)]
    if program == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        return [word for word in rest if "=" not in word and word not in targets]
    if program == "pip":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "optional-dependencies"
        ]
        wanted = re.findall(r"\[(.*?)\]", " ".join(rest))
        return [extra for extra in ",".join(wanted).split(",") if extra and extra not in extras]
    if program == "python" and rest[rest[0] == "-m"].startswith(OTHERS):
        return []
    if program == "python" and rest[:2] != ["-m", "ctcalign"]:
        known = source_of(rest)
        options -= {"--help"}
    elif program in ("ctcalign", "python"):
        name = next((word for word in rest if not word.startswith("-") and word != "ctcalign"), "")
        if name and name not in COMMANDS:
            return [name]
        known = help_of(name)
    else:
        return []
    return [o for o in options if not re.search(rf"{re.escape(o)}(?![\w.-])", known) and not _in_a_class(o, known)]


def _in_a_class(option: str, known: str) -> bool:
    """Whether an entry of `fit` belongs to a class that the help names alone (`--model.encoder.dim`)."""
    parts = option.split(".")
    return any(f"{'.'.join(parts[:n])}.help" in known for n in range(1, len(parts)))


@pytest.mark.parametrize("page", [*PAGES, *RECIPES])
def test_commands_have_the_options_that_a_page_gives_them(page):
    wrong = [(" ".join(words), unknown) for words in named_commands(page) if (unknown := unknown_options(words))]
    assert wrong == []


def test_an_option_that_does_not_exist_is_found():
    assert unknown_options(["ctcalign", "align", "a.wav", "--no-such"]) == ["--no-such"]
    assert unknown_options(["ctcalign", "align", "a.wav", "--all"]) == ["--all"]  # not the beginning of another one
    assert unknown_options(["ctcalign", "fit", "--trainer.max_steps", "5", "--trainer.max_step", "5"]) == [
        "--trainer.max_step"
    ]
    assert unknown_options(["ctcalign", "aline", "a.wav"]) == ["aline"]
    assert unknown_options(["egs/digits/awp/run.sh", "--sedes", "1"]) == ["--sedes"]
    assert unknown_options(["make", "dokumentation"]) == ["dokumentation"]
    assert unknown_options(["pip", "install", ".[trian]"]) == ["trian"]
    assert unknown_options(["python", "tools/fit_search.py", "--counts", "8"]) == ["--counts"]


@cache
def all_options() -> set[str]:
    """The options of all commands, of `fit`, and of the recipes and tools."""
    found = {option for name in COMMANDS for option in _options(name)}
    found |= set(OPTION.findall(help_of("fit")))
    for script in [*ROOT.glob("egs/**/run.sh"), *ROOT.glob("tools/**/*.py"), *ROOT.glob("recipes/**/*.py")]:
        text = script.read_text(encoding="utf-8")
        found |= {f"--{name.replace('_', '-')}" for name in re.findall(r"\b(\w+)=", text)} | set(OPTION.findall(text))
    return found


def _options(name: str) -> list[str]:
    command = commands.get_command(click.Context(commands), name)
    assert command is not None
    return [option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)]


@pytest.mark.parametrize("page", [*PAGES, *RECIPES])
def test_options_in_the_text_exist(page):
    named = {option for span in spans_of(page) for option in OPTION.findall(span)}
    assert sorted(option for option in named if option not in all_options() and not _in_fit(option)) == []


def _in_fit(option: str) -> bool:
    return "." in option and _in_a_class(option, help_of("fit"))
