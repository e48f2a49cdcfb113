"""`together`: outputs that appear at the same time, or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

from ctcalign.errors import OutputError
from ctcalign.files.leftovers import forget, temporary_path
from ctcalign.signals import signals_delayed

# Held while outputs are being moved: who ends the process waits for it.
MOVING = threading.Lock()


class Outputs:
    """Finished temporary files and folders, with the places that they will be moved to."""

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path, str]] = []
        self._made: list[Path] = []
        self._emptied: list[Path] = []
        self._new: set[str] = set()

    def add(self, temporary: Path, target: Path, name: str) -> None:
        """Move a temporary file or folder to `target` at the end. `name` is the target as the user wrote it."""
        self._moves.append((temporary, target, name))

    def remove_after(self, folder: Path) -> None:
        """Remove a temporary folder at the end."""
        self._emptied.append(folder)

    def make_folder(self, path: Path) -> None:
        """Create a folder with its parents now; it is removed again if the outputs are discarded.

        Raises:
            OutputError: it cannot be created.
        """
        missing = [one for one in (path, *path.parents) if not one.exists()]
        try:
            for folder in reversed(missing):
                folder.mkdir(exist_ok=True)
                self._made.append(folder)
        except OSError as error:
            raise OutputError(f"{path}: cannot be created: {error.strerror or error}") from error

    def move(self) -> None:
        """Move everything, one right after the other; a signal waits until that is done.

        Raises:
            OutputError: one could not be moved; the outputs before it have been put back where the file system can do
                so (it has hard links), and otherwise the message names them.
        """
        # Before the first move, so that nothing but moves lies between the first output and the last.
        self._new = {str(target) for _, target, _ in self._moves if not os.path.lexists(target)}
        several = len(self._moves) > 1
        kept = [self._keep(target) if several else None for _, target, _ in self._moves]
        try:
            with signals_delayed(), MOVING:
                for place, (temporary, target, name) in enumerate(self._moves):
                    try:
                        os.replace(temporary, target)
                    except OSError as error:
                        changed = self._put_back(kept, place)
                        rest = f"already replaced: {', '.join(changed)}" if changed else "nothing was changed there"
                        raise OutputError(f"{name}: cannot be written: {error.strerror or error}; {rest}") from error
                self._made = []
            for folder in {target.parent for _, target, _ in self._moves}:
                _sync(folder)
        finally:
            for copy in kept:
                if copy is not None:
                    forget(copy)

    def discard(self) -> None:
        """Remove what has not been moved."""
        for temporary in [*(temporary for temporary, _, _ in self._moves), *self._emptied]:
            forget(temporary)
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()  # not if another process has written there
        self._moves, self._made, self._emptied = [], [], []

    def _keep(self, target: Path) -> Path | None:
        """A second name of the file that will be replaced; None if there is none or the file system has no links."""
        copy = temporary_path(target.parent)
        try:
            os.link(target, copy)
        except OSError:
            forget(copy)
            return None
        return copy

    def _put_back(self, kept: list[Path | None], count: int) -> list[str]:
        """Undo the first moves. Returns the names of the outputs for which that was not possible."""
        changed = []
        for copy, (temporary, target, name) in list(zip(kept, self._moves, strict=True))[:count]:
            try:
                if copy is not None:
                    os.replace(copy, target)
                elif str(target) in self._new:
                    os.replace(target, temporary)
                else:
                    changed.append(name)
            except OSError:
                changed.append(name)
        return changed


_current: ContextVar[Outputs | None] = ContextVar("outputs", default=None)


@contextlib.contextmanager
def together() -> Iterator[Outputs]:
    """Everything that `atomic_write` and `atomic_directory` write inside the block appears at its end, or nothing does.

    The outputs are complete temporary files on the disk before the first of them is moved to its place. If the block
    raises anything, every output is as it was before. Blocks inside of a block belong to the outermost.

    Only a process that is killed between two of the moves, or a power cut at that moment, leaves some outputs new and
    others old: a few microseconds for each output. Each of them is complete.

    Raises:
        OutputError: an output cannot be moved to its place.
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    outputs = Outputs()
    token = _current.set(outputs)
    try:
        yield outputs
        outputs.move()
    finally:
        _current.reset(token)
        outputs.discard()


def _sync(folder: Path) -> None:
    """Wait until the new names in a folder are on the disk, where a folder can be opened for that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
