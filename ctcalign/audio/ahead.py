"""Blocks of samples that one thread decodes while another one uses them, or before it does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator

from ctcalign.audio.info import Samples


class BlockQueue:
    """A queue of blocks between two threads, with room for some.

    Args:
        room: blocks that are kept at most, >= 1.
    Attributes:
        begun: whether the blocks are being used, or have been.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._blocks: deque[Samples] = deque()
        self._changed = threading.Condition()
        self._ended = self._cancelled = False
        self.begun = False
        self._error: Exception | None = None

    def fill(self, blocks: Iterable[Samples]) -> None:
        """Put blocks until there are no more; wait while there is no room. An error is raised where they are used."""
        try:
            for block in blocks:
                with self._changed:
                    self._changed.wait_for(lambda: len(self._blocks) < self._room or self._cancelled)
                    if self._cancelled:
                        return
                    self._blocks.append(block)
                    self._changed.notify_all()
        except Exception as error:  # of any decoder: the user of the blocks must see it, not this thread
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def __iter__(self) -> Iterator[Samples]:
        """The blocks, once, as soon as they are there."""
        self.begun = True
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._blocks or self._ended or self._cancelled)
                if not self._blocks or self._cancelled:
                    break
                block = self._blocks.popleft()
                self._changed.notify_all()
            yield block
        if self._error is not None:
            raise self._error

    @property
    def whole(self) -> list[Samples] | None:
        """All blocks; None unless all are there, without an error, and none has been used."""
        with self._changed:
            usable = self._ended and not (self.begun or self._cancelled or self._error)
            return list(self._blocks) if usable else None

    def cancel(self) -> None:
        """No more blocks are wanted: `fill` ends at the next one."""
        with self._changed:
            self._cancelled = True
            self._blocks.clear()
            self._changed.notify_all()
