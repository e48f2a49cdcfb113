"""What lhotse would run or fetch for the audio of a cut: a manifest is data, and data runs nothing unless asked for.

lhotse runs sources of the type "command" in a shell, opens those of the type "url" (as a command after "pipe:"), passes
the names of .sph files to a shell, and lets FFmpeg open names such as "http://…".
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ctcalign.errors import UntrustedDataError

# Parts of a cut and its recordings with sources that `load_audio` reads; custom fields and features are not read.
_PARTS = ("tracks", "cut", "recording", "transforms", "sources")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of two characters or more: "C:" is a drive
_COMMAND, _REMOTE = "command", "remote"
_SHOWN = 100


@dataclass(frozen=True)
class Trust:
    """What cuts may do to get their audio.

    Attributes:
        commands: run shell commands.  remote: open URLs.
    """

    commands: bool = False
    remote: bool = False


NO_TRUST = Trust()


def check_sources(cut: Any, trust: Trust = NO_TRUST, remedy: str | None = None) -> None:
    """Check that the audio of a cut can be read without a command or a URL that was not allowed.

    Args:
        cut: a cut or recording of lhotse, mixed or not, or its JSON.
        remedy: of the message; default: the options that allow it.
    Raises:
        UntrustedDataError: it needs what was not allowed.
    """
    for kind, source in _needs(cut, set()):
        if kind == _COMMAND and not trust.commands:
            what, option = f"the shell command {source[:_SHOWN]!r}, which is not run", "allow-commands"
        elif kind == _REMOTE and not trust.remote:
            what, option = f"{source[:_SHOWN]!r}, which is not opened", "allow-remote"
        else:
            continue
        own = cut.get("id") if isinstance(cut, dict) else getattr(cut, "id", None)
        name = option.replace("-", "_")
        told = (
            remedy or f"if you trust its file, give --{option} (data.{name} in a configuration, {name}=True in Python)"
        )
        raise UntrustedDataError(f"{own}: its audio comes from {what}; {told}")


def is_address(source: str) -> bool:
    """Whether a source is a command or a URL and not a file."""
    return _need("file", source) is not None


def _needs(part: Any, seen: set[int], whole: bool = False) -> Iterator[tuple[str, str]]:
    """Commands and URLs of a cut, a recording, a list of them, or their JSON; `whole`: of any part."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from _needs(one, seen, whole)
        return
    # Not getattr: a cut of lhotse looks up unknown attributes among its custom fields.
    fields = part if isinstance(part, dict) else getattr(part, "__dict__", None)
    if not fields or id(part) in seen:
        return
    seen.add(id(part))
    kind, source = fields.get("type"), fields.get("source")
    need = _need(kind, source) if isinstance(kind, str) and source is not None else None
    if need is not None:
        yield need, source.decode("utf-8", "replace") if isinstance(source, bytes) else str(source)
    for name in fields if whole else _PARTS:
        # The transforms of a recording may contain others: impulse responses.
        yield from _needs(fields.get(name), seen, whole or name == "transforms")


def _need(kind: str, source: Any) -> str | None:
    if kind == "command":  # lhotse runs bytes and lists too
        return _COMMAND
    if not isinstance(source, str):
        return None
    if source.startswith("pipe:"):
        return _COMMAND
    if kind == "file" and source.lower().endswith(".sph") and shlex.quote(source) != source:
        return _COMMAND
    if kind == "url" or (kind == "file" and _SCHEME.match(source) and not os.path.exists(source)):
        return _REMOTE
    return None
