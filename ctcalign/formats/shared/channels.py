"""Channel names of NIST files to channel numbers from 0."""

from __future__ import annotations

from collections.abc import Iterable


def channel_numbers(names: Iterable[str]) -> dict[str, int | None]:
    """Numbers for the channel names of a file.

    Letters count from A. Digits count from 1, from 0 when a 0 is among them. A file in which every line says "1" (or
    "0") says nothing about channels: that is what tools write for mono.
    """
    found = list(dict.fromkeys(names))
    digits = [name for name in found if name.isdecimal()]
    base = 0 if "0" in digits else 1
    out: dict[str, int | None] = {}
    for name in found:
        if name in digits:
            out[name] = int(name) - base if len(found) > 1 or name not in ("0", "1") else None
        elif len(name) == 1 and "A" <= name.upper() <= "Z":
            out[name] = ord(name.upper()) - ord("A")
        else:
            out[name] = None
    return out
