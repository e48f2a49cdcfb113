"""The log of a corpus for machines: JSON lines, appended by each run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from ctcalign.errors import OutputError


class Log:
    """An open log; each event is on the disk's queue when `add` returns.

    Raises:
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._stream = path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error

    def add(self, event: str, **values: Any) -> None:
        """Append a line with the time (seconds since 1970), the event, and its values."""
        row = {"time": round(time.time(), 3), "event": event, **values}
        try:
            self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._stream.flush()
        except OSError as error:
            raise OutputError(f"{self._path}: cannot be written: {error.strerror or error}") from error

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stream.close()
        except OSError as problem:  # what could not be written has been reported, or is lost with a full disk
            if error is None:
                raise OutputError(f"{self._path}: cannot be written: {problem.strerror or problem}") from problem
