"""Stages: folders whose content is computed once for the same inputs, even if the process is killed in between.

`stage.json` holds the inputs and their digest and is written first; `done.json` holds the names and digests of the
outputs and is written last. A folder with other inputs is emptied. Files that a stage wrote before it was stopped are
kept, so that it can continue from there: every file is written atomically.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ctcalign.errors import OutputError
from ctcalign.files import atomic_write
from ctcalign.files.digests import digest_of, digest_of_file, read_json, write_json

STARTED, DONE = "stage.json", "done.json"


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    """Write JSON lines atomically."""
    with atomic_write(path) as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_lines(path: Path) -> list[Any]:
    """The rows of a file that `write_lines` wrote."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


class Stage:
    """One stage.

    Args:
        folder: the folder of this stage. Its parent must exist.
        inputs: everything that the outputs depend on, as a JSON object.
    Attributes:
        key: digest of the inputs.
    """

    def __init__(self, folder: Path, inputs: Mapping[str, Any]) -> None:
        self.folder, self.inputs = folder, dict(inputs)
        self.key = digest_of(self.inputs)

    @property
    def is_done(self) -> bool:
        """Whether the outputs exist unchanged and were made from these inputs."""
        done = read_json(self.folder / DONE)
        if not isinstance(done, dict) or done.get("key") != self.key:
            return False
        files = {self.folder / name: digest for name, digest in done["files"].items()}
        return all(path.is_file() and digest_of_file(path) == digest for path, digest in files.items())

    def begin(self) -> None:
        """Prepare the folder: empty, or with the files that a stopped run with the same inputs left in it.

        Raises:
            OutputError: the folder cannot be created, or contains something else.
        """
        before = read_json(self.folder / STARTED)
        if not isinstance(before, dict) or before.get("key") != self.key:
            try:
                if self.folder.exists():
                    shutil.rmtree(self.folder)
                self.folder.mkdir()
            except OSError as error:
                raise OutputError(f"{self.folder}: cannot be created again: {error.strerror or error}") from error
            write_json(self.folder / STARTED, {"key": self.key, "inputs": self.inputs})

    def finish(self, names: Iterable[str]) -> None:
        """Record the outputs, which are files in the folder."""
        files = {name: digest_of_file(self.folder / name) for name in sorted(names)}
        write_json(self.folder / DONE, {"key": self.key, "files": files})
