"""Storage of a growing emission, in memory or in a temporary file, and its energy track."""

from __future__ import annotations

import math
import tempfile
from typing import IO

import numpy as np
import numpy.typing as npt

from ctcalign.errors import OutputError

# Longer or larger emissions are stored on disk in half precision.
RAM_SECONDS = 1800.0
RAM_BYTES = 64 << 20


class EmissionStore:
    """Frames of shape (n, C), appended in order.

    The file has no name (or the system deletes it when it is closed), so that no file remains after an interrupt.
    """

    def __init__(self, frame_shift: float, classes: int) -> None:
        self._ram_frames = min(RAM_SECONDS / frame_shift, RAM_BYTES / (4 * classes))
        self._classes = classes
        self._held: list[npt.NDArray[np.float32]] = []
        self._file: IO[bytes] | None = None
        self.frames = 0

    def add(self, log_probs: npt.NDArray[np.float32]) -> None:
        """Append frames of shape (n, C).

        Raises:
            OutputError: the folder for temporary files is full.
        """
        self.frames += len(log_probs)
        if self._file is None:
            self._held.append(log_probs)
            if self.frames <= self._ram_frames:
                return
            self._file = tempfile.TemporaryFile(prefix="ctcalign-")
            held, self._held = self._held, []
        else:
            held = [log_probs]
        try:
            for piece in held:
                self._file.write(np.ascontiguousarray(piece, dtype=np.float16).data)
        except OSError as error:
            self.abandon()
            raise OutputError(
                f"the emission cannot be stored in {tempfile.gettempdir()}: {error.strerror or error}; "
                "free some space or set TMPDIR to another folder"
            ) from None

    def finish(self) -> tuple[npt.NDArray[np.float32] | npt.NDArray[np.float16], IO[bytes] | None]:
        """The emission of shape (T, C), and the file that it maps if it is on disk (float16)."""
        if self._file is None:
            if not self._held:
                return np.zeros((0, self._classes), dtype=np.float32), None
            joined = np.concatenate(self._held)
            self._held = []
            return joined, None
        self._file.flush()
        # Copy on write: channels are merged into it, and the file must not change. As a plain array, of which a slice
        # takes a tenth of the time that one of a memmap takes.
        mapped = np.memmap(self._file, dtype=np.float16, mode="c", shape=(self.frames, self._classes))
        return np.asarray(mapped), self._file

    def abandon(self) -> None:
        """Release memory and disk after a failure."""
        self._held = []
        if self._file is not None:
            self._file.close()
            self._file = None


def digital_silence(energy: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Frames of an energy track without any sound: muted parts, dropouts, filled gaps.

    They say nothing about the noise of the recording. Power below 1e-11, a tenth of the rounding noise of 16 bits.
    """
    return np.asarray(energy < math.log(EnergyTrack.FLOOR + 1e-11))


class EnergyTrack:
    """Log energy of a signal every 10 ms, from blocks of any length.

    Frame i covers samples [i * rate // 100, (i + 1) * rate // 100).
    """

    SHIFT = 0.01
    # Power far below the rounding noise of 16 bits: keeps the logarithm of digital silence finite (-23 nats).
    FLOOR = 1e-10

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._rest = np.zeros(0, dtype=np.float32)
        self._done: list[npt.NDArray[np.float32]] = []
        self._frames = 0

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Add the next samples, shape (n,)."""
        samples = np.concatenate([self._rest, block]) if len(self._rest) else block
        origin = self._edge(self._frames)
        count = (100 * (origin + len(samples))) // self._rate - self._frames + 1
        while count > 0 and self._edge(self._frames + count) - origin > len(samples):
            count -= 1
        if count > 0:
            edges = np.arange(self._frames, self._frames + count + 1, dtype=np.int64) * self._rate // 100 - origin
            used = samples[: edges[-1]]
            self._done.append(self._log(np.add.reduceat(used * used, edges[:-1]), np.diff(edges)))
            self._frames += count
            samples = samples[edges[-1] :]
        self._rest = samples.copy()

    def finish(self) -> npt.NDArray[np.float32]:
        """The track in nats, with an incomplete last frame. Shape (frames,)."""
        if len(self._rest):
            self._done.append(self._log(np.sum(self._rest * self._rest)[None], np.array([len(self._rest)])))
            self._rest = self._rest[:0]
        return np.concatenate(self._done) if self._done else np.zeros(0, dtype=np.float32)

    def _edge(self, frame: int) -> int:
        return frame * self._rate // 100

    def _log(self, power: npt.NDArray[np.float32], samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.log(power / samples + self.FLOOR).astype(np.float32)
