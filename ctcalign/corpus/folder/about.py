"""`corpus.json`: what an output folder is, and how its alignments were made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctcalign import __version__
from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.writing import make_folder
from ctcalign.errors import UsageError
from ctcalign.files.digests import read_json, write_json
from ctcalign.files.leftovers import is_temporary
from ctcalign.formats.datasets.corpus_folder import ABOUT, SCHEMA


def about_of(root: Path) -> dict[str, Any]:
    """The description of an output folder; empty if it is none."""
    found = read_json(root / ABOUT)
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else {}


def prepare(root: Path, settings: CorpusSettings, digest: str) -> bool:
    """Make the output folder, or go on in one that is there; whether the settings differ from those of the last run.

    Raises:
        UsageError: it holds other files.   OutputError: it cannot be made.
    """
    if root.exists() and not root.is_dir():
        raise UsageError(f"output: {root} is a file, expected a folder")
    make_folder(root)
    before = about_of(root)
    if not before:
        others = sorted(path.name for path in root.iterdir() if not is_temporary(path.name) and path.name[0] != ".")
        if others:
            raise UsageError(
                f"output: {root} holds other files ({', '.join(others[:3])}); name an empty or a new folder"
            )
    about: dict[str, Any] = {"schema": SCHEMA, "version": __version__, "model": settings.model, "settings": digest}
    about["formats"] = ["json", *settings.formats]
    if about != before:
        write_json(root / ABOUT, about)
    return bool(before) and before.get("settings") != digest
