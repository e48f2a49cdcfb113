"""Division of transcribed speech into parts for training, for the selection of passes, and for testing only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ctcalign.adapt.speech.cuts import Row
from ctcalign.files.digests import digest_of

EVERY, MOST_HELD_OUT = 10, 300  # one cut of ten is left out of the training, up to this many


def divided_source(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Cuts to train on, and cuts to measure on, chosen by their ids."""
    ordered = sorted(rows, key=lambda row: _order(row["id"]))
    count = min(max(1, len(ordered) // EVERY), MOST_HELD_OUT) if len(ordered) > 1 else 0
    return ordered[count:], ordered[:count]


def halves(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The cuts of each half of the recordings, chosen by their ids; a recording is not divided."""
    names = sorted({row["recording"]["id"] for row in rows}, key=_order)
    second = set(names[1::2])
    return [row for row in rows if row["recording"]["id"] not in second], [
        row for row in rows if row["recording"]["id"] in second
    ]


def mixed_in(rows: Sequence[Row], target_seconds: float, share: float, seed: int) -> list[Row]:
    """As many cuts as are `share` of the training together with the target's speech; all if there are fewer."""
    wanted = target_seconds * share / (1.0 - share)
    found: list[Row] = []
    seconds = 0.0
    for row in sorted(rows, key=lambda row: _order(f"{seed}:{row['id']}")):
        if seconds >= wanted:
            break
        found.append(row)
        seconds += row["duration"]
    return found


def _order(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def digest_of_cuts(rows: Sequence[Row]) -> str:
    """Digest of what cuts are, without the places of their files."""
    keys = ("id", "start", "duration", "supervisions")
    return digest_of([{key: row[key] for key in keys} for row in rows])
