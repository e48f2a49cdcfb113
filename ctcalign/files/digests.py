"""Digests of JSON values and of files, and JSON documents that are the same bytes for the same value."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ctcalign.files.atomic import atomic_write


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of the content of a file."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def write_json(path: Path, value: Any, *, fsync: bool = True) -> None:
    """Write a JSON document whole or not at all; the same value gives the same bytes."""
    with atomic_write(path, fsync=fsync) as stream:
        json.dump(value, stream, ensure_ascii=False, indent=1)
        stream.write("\n")


def read_json(path: Path) -> Any:
    """The document in a file that `write_json` wrote; None if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
