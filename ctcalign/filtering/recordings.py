"""Files that a lhotse manifest names, for a manifest that is written to another folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ctcalign.audio.cut_sources import is_address
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.whereabouts import find_recording


def with_absolute_files(rows: list[Any], manifest: Path, target: str, lost: list[str]) -> list[Any]:
    """The rows with absolute paths of the recordings and features that they name by relative ones.

    Relative paths are looked up from the working folder and beside the manifest; see `find_recording`. They stay as
    they are where they are not found, or if the output lies beside the input: what reads one reads the other.

    Args:
        rows: of the manifest; they are not changed.
        target: the output, "-" for standard output.
        lost: relative paths that are not found are added to it, each once.
    """
    if target != "-" and os.path.realpath(Path(target).parent) == os.path.realpath(manifest.parent):
        return rows
    known: dict[tuple[str, float], str | None] = {}

    def absolute(name: str, seconds: float) -> str:
        if not name or os.path.isabs(name) or is_address(name):
            return name
        key = name, seconds
        if key not in known:
            found = find_recording(name, manifest, seconds) or _folder(name, manifest)
            known[key] = None if found is None else str(found)
            if found is None:
                lost.append(f"{name} of {manifest}")
        return known[key] or name

    def changed(part: Any, seconds: float = 0.0) -> Any:
        if isinstance(part, list):
            return [changed(one, seconds) for one in part]
        if not isinstance(part, dict):
            return part
        if "sources" in part:
            seconds = json_seconds(part.get("duration")) or 0.0
        out = {key: changed(value, seconds) for key, value in part.items()}
        if out.get("type") == "file" and isinstance(out.get("source"), str):
            out["source"] = absolute(out["source"], seconds)
        if "storage_key" in out and isinstance(out.get("storage_path"), str):
            out["storage_path"] = absolute(out["storage_path"], 0.0)
        return out

    return [changed(row) for row in rows]


def _folder(name: str, manifest: Path) -> Path | None:
    """The folder of features, which is not a file."""
    places = (Path(name), manifest.parent / name)
    return next((place.resolve() for place in places if "\0" not in name and os.path.isdir(place)), None)
