"""Progress of long work: a callback, or lines of `logging`."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

LOGGER = "ctcalign.progress"
STEP = 0.1  # share of a stage between two lines
PAUSE = 10.0  # seconds between two lines of a stage of unknown length


class Progress(Protocol):
    """Called repeatedly with the current stage and its progress.

    `stage` is a short text for users ("running the model", "aligning"); `done` and `total` have the same unit (seconds
    of audio, cues, steps); `total` is None while it is unknown.

    >>> def bar(stage, done, total):
    ...     print(stage if total is None else f"{stage}: {done / total:.0%}")
    >>> bar("running the model", 30.0, 60.0)
    running the model: 50%
    """

    def __call__(self, stage: str, done: float, total: float | None) -> None: ...


def ignored(stage: str, done: float, total: float | None) -> None:
    """Ignore progress."""


def logged(stage: str, done: float, total: float | None) -> None:
    """Progress as messages of level INFO of the logger "ctcalign.progress": each stage, and each tenth of it.

    The functions of ctcalign do so unless they get another `progress`. Without a configuration of `logging` nothing is
    shown. Threads count for themselves.

    >>> import logging, sys
    >>> handler = logging.StreamHandler(sys.stdout)
    >>> log = logging.getLogger("ctcalign.progress")
    >>> log.setLevel("INFO"), log.addHandler(handler)
    (None, None)
    >>> for second in range(0, 61, 3):
    ...     logged("running the model", second, 60) if second % 30 == 0 else None
    running the model
    running the model: 50 %
    running the model: 100 %
    >>> log.setLevel("NOTSET"), log.removeHandler(handler)
    (None, None)
    """
    logger = logging.getLogger(LOGGER)
    if not logger.isEnabledFor(logging.INFO):
        return
    share = min(done / total, 1.0) if total else None
    now = time.monotonic()
    if stage != _last.stage or (share is not None and _last.share is not None and share < _last.share):
        _last.stage, _last.share, _last.time = stage, share, now
        logger.info("%s%s", stage, f": {share:.0%}".replace("%", " %") if share else "")
        return
    if share is None:
        if now - _last.time >= PAUSE:
            _last.time = now
            logger.info("%s: %g", stage, done)
        return
    if share - (_last.share or 0.0) >= STEP - 1e-9 or (share == 1.0 and _last.share != 1.0):
        _last.share = share
        logger.info("%s: %.0f %%", stage, 100 * share)


class _Last(threading.local):
    """The last message of a thread."""

    stage = ""
    share: float | None = None
    time = 0.0


_last = _Last()
