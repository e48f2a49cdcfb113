"""Outputs of a recording: all of them appear, each whole, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ctcalign.corpus.layout import CUTS, file_of
from ctcalign.errors import OutputError
from ctcalign.files import atomic_write, together


def write_outputs(root: Path, id: str, files: Mapping[tuple[str, str], bytes]) -> None:
    """Write the files of a recording.

    Args:
        root: folder of the corpus.
        files: content by the name of its folder and its extension.
    Raises:
        OutputError: one of them cannot be written.
    """
    with together():
        for (folder, extension), content in files.items():
            path = file_of(root, folder, id, extension)
            make_folder(path.parent)
            # The parts of the manifest are checked when they are joined, and made again if they are damaged.
            with atomic_write(path, "wb", fsync=folder != CUTS) as stream:
                stream.write(content)


def make_folder(path: Path) -> None:
    """Create a folder with its parents.

    Raises:
        OutputError: it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be created: {error.strerror or error}") from error
