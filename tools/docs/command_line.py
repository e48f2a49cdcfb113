"""The commands as mkdocs-click shows them: help in Markdown, with the examples below it."""

from __future__ import annotations

import copy
import re

import click

from ctcalign.cli import commands as program

VERBATIM = re.compile(r"^[ \t]*\x08[ \t]*\n(.*?)(?=\n[ \t]*\n|\Z)", re.MULTILINE | re.DOTALL)


def markdown(text: str) -> str:
    """A help text, in which paragraphs that click does not wrap (`\\b`) are blocks of code."""

    def block(match: re.Match[str]) -> str:
        lines = match[1].splitlines()
        width = min(len(line) - len(line.lstrip()) for line in lines)
        return "\n".join(["```text", *(line[width:].rstrip() for line in lines), "```"])

    return VERBATIM.sub(block, text)


def _shown(command: click.Command) -> click.Command:
    shown = copy.copy(command)
    shown.help = markdown("\n\n".join(part for part in (command.help, command.epilog) if part))
    shown.epilog = None
    return shown


def documented() -> click.Group:
    """All commands of the program, for the page of commands."""
    context = click.Context(program, info_name="ctcalign")
    group = click.Group("ctcalign", help=markdown(program.help or ""), params=program.params)
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        group.add_command(_shown(command), name)
    return group


commands = documented()
