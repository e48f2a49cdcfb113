"""`merge`: the outputs of shards, in one folder or in several, as those of one run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ctcalign.corpus.folder.about import about_of
from ctcalign.corpus.folder.finishing import finish
from ctcalign.corpus.folder.records import all_records, is_whole
from ctcalign.corpus.folder.shards import missing_shards
from ctcalign.corpus.layout import FAILED, RECORDS, file_of
from ctcalign.corpus.writing import make_folder
from ctcalign.errors import OutputError, UsageError
from ctcalign.files.digests import read_json, write_json
from ctcalign.files.leftovers import forget, temporary_path
from ctcalign.files.lock import locked
from ctcalign.formats.datasets.corpus_folder import ABOUT


def merge(folders: Sequence[Path], output: Path | None = None) -> tuple[dict[str, Any], list[str]]:
    """Write the manifest and the report of shards that were aligned into one folder, or into several.

    Args:
        folders: outputs of `align_corpus`.
        output: receives the files of several folders, as hard links where the file system has them; None: the one
            folder itself. What it holds already is not copied again.
    Returns:
        The report, and the shards that have not been aligned to their end, such as "3/64".
    Raises:
        UsageError: a folder is no output of `align_corpus`, or the folders were made with different settings, or a
            recording has different results in two of them.
        OutputError: a file cannot be written.
    """
    about = _common(folders)
    root, lost = output or folders[0], []
    if output is None and len(folders) > 1:
        raise UsageError(f"--output: needed for {len(folders)} folders; name the folder that receives their files")
    make_folder(root)
    with locked(root, work="align-corpus or merge"):
        if output is not None:
            before = about_of(root)
            if before and before.get("settings") != about["settings"]:
                raise UsageError(f"output: {root} was made with other settings than {folders[0]}; name a new folder")
            if not before and any(path.name[0] != "." for path in root.iterdir()):
                raise UsageError(f"output: {root} holds other files; name an empty or a new folder")
            write_json(root / ABOUT, about)
            damaged = [name for folder in folders if folder.resolve() != root.resolve() for name in _take(folder, root)]
            lost = [name for name in damaged if not (root / RECORDS / f"{name}.json").exists()]
        missing = missing_shards(folders)
        return finish(root, left=None if missing else 0, damaged=lost), missing


def _common(folders: Sequence[Path]) -> dict[str, Any]:
    """The description that all folders have."""
    found = {folder: about_of(folder) for folder in folders}
    for folder, about in found.items():
        if not about:
            raise UsageError(f"{folder}: is not an output folder of align-corpus")
        first = found[folders[0]]
        if (about["settings"], about["formats"]) != (first["settings"], first["formats"]):
            raise UsageError(f"{folder}: was made with another model, version or options than {folders[0]}")
    return found[folders[0]]


def _take(folder: Path, root: Path) -> list[str]:
    """Link or copy what a folder holds, the record of a recording last; the names of records that cannot be used."""
    damaged: list[str] = []
    for record in all_records(folder, damaged.append):
        id = record["id"]
        there = read_json(file_of(root, RECORDS, id, ".json"))
        there = there if isinstance(there, dict) and is_whole(root, there) else None
        if there is not None and there["status"] == "done":
            if record["status"] == "done" and record["key"] != there["key"]:
                raise UsageError(f"{id}: has other results in {folder} than in {root}; remove the wrong one")
            continue
        if record["status"] == "done":
            names = [name.partition(".") for name in record["files"]]
            places = [(part, f".{extension}") for part, _, extension in names]
        else:
            places = [(FAILED, ".txt")]
        for part, extension in [*places, (RECORDS, ".json")]:
            _link(file_of(folder, part, id, extension), file_of(root, part, id, extension))
    return damaged


def _link(source: Path, target: Path) -> None:
    make_folder(target.parent)
    aside = temporary_path(target.parent)
    try:
        try:
            os.link(source, aside)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, aside)
        os.replace(aside, target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            forget(aside)
