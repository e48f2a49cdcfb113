"""What a collection may run or open: a manifest is data, and data does neither unless the user allows it."""

from __future__ import annotations

from ctcalign.aligner.corpus import Problem
from ctcalign.audio.cut_sources import Trust
from ctcalign.corpus.item import UNTRUSTED, is_address

SHOWN = 100


def check_address(id: str, audio: str, captions: str, trust: Trust) -> Problem | None:
    """The problem of an entry with an address that may not be opened."""
    address = next((place for place in (audio, captions) if is_address(place)), None)
    if address is None or trust.remote:
        return None
    return Problem(id, UNTRUSTED, f"{address[:SHOWN]!r} is not opened; if you trust the manifest, give --allow-remote")


def check_command(id: str, command: str, trust: Trust) -> Problem | None:
    """The problem of an entry with a command that may not be run."""
    if trust.commands:
        return None
    return Problem(
        id,
        UNTRUSTED,
        f"its audio comes from the shell command {command[:SHOWN]!r}, which is not run; if you trust its file, give "
        "--allow-pipes",
    )
