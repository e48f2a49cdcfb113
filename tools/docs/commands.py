"""One page with the help of every command."""

from __future__ import annotations

import html

import click

from ctcalign.cli import COMMANDS, commands


def render() -> str:
    """The help of all commands, as HTML without a frame."""
    context = click.Context(commands, info_name="ctcalign", max_content_width=100)
    parts = ["<h1>Commands</h1>", f"<pre>{html.escape(commands.get_help(context))}</pre>"]
    for name in COMMANDS:
        command = commands.get_command(context, name)
        assert command is not None
        text = command.get_help(click.Context(command, context, info_name=name))
        parts.append(f'<h2 id="{name}">ctcalign {name}</h2><pre>{html.escape(text)}</pre>')
    return "\n".join(parts)
