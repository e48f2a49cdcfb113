"""Which shards of a collection have been aligned to their end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ctcalign.corpus.options import Shard
from ctcalign.corpus.writing import make_folder
from ctcalign.files.digests import read_json, write_json

SHARDS = "shards"


def note_shard(root: Path, shard: Shard, complete: bool) -> None:
    """Write down how the run of a shard ended.

    Raises:
        OutputError: that cannot be written.
    """
    path = root / SHARDS / f"{shard.number}-of-{shard.count}.json"
    make_folder(path.parent)
    write_json(path, {"number": shard.number, "count": shard.count, "complete": complete})


def missing_shards(roots: Iterable[Path]) -> list[str]:
    """The shards that have not been aligned to their end, such as "3/64"; of folders without shards none.

    Where runs divided the collection in several ways, one of these must be complete.
    """
    found: dict[int, set[int]] = {}
    for root in roots:
        for path in sorted((root / SHARDS).glob("*.json")):
            row: Any = read_json(path)
            if isinstance(row, dict):
                own = found.setdefault(int(row["count"]), set())
                if row["complete"]:
                    own.add(int(row["number"]))
    missing = [[f"{one}/{count}" for one in range(1, count + 1) if one not in own] for count, own in found.items()]
    return min(missing, key=len, default=[])
