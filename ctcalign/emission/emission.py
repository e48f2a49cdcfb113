"""The emission of a recording of any length, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt

from ctcalign.emission.decoding import GreedyDecoding
from ctcalign.emission.progress import Progress, ignored
from ctcalign.emission.runner import WindowRunner
from ctcalign.emission.store import EmissionStore, EnergyTrack
from ctcalign.emission.windows import Window, cut, plan_windows
from ctcalign.errors import UsageError
from ctcalign.models.protocol import AcousticModel
from ctcalign.spans import FrameClock
from ctcalign.text.vocabulary import Vocabulary

_BATCH = {"cuda": 8, "mps": 4}
STAGE = "running the model"


class BlockReader(Protocol):
    """An open recording, as `ctcalign.audio.open_audio` returns it."""

    @property
    def info(self) -> object:
        """Header; its `duration` in seconds may be None."""
        ...

    def blocks(self, seconds: float = 10.0) -> Iterator[npt.NDArray[np.float32]]:
        """Samples of shape (1, n) at the model's rate."""
        ...


@dataclass
class Emission:
    """Log-probabilities of a recording, a row for each frame.

    Frame t covers [offset + t * frame_shift, offset + (t + 1) * frame_shift) seconds.

    Attributes:
        log_probs: natural log, shape (T, C), float32; of long recordings a float16 memory map of a temporary file.
        frame_shift: seconds between frames.
        offset: seconds at which frame 0 begins; not 0 for models without padding, by half of their receptive field.
        vocabulary: symbols of the columns.
        audio_seconds: exact length of the recording.
        energy: log of the mean power of every `energy_shift` seconds, in nats. Shape (frames,).
    """

    log_probs: npt.NDArray[np.float32] | npt.NDArray[np.float16]
    frame_shift: float
    offset: float
    vocabulary: Vocabulary
    audio_seconds: float
    energy: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    energy_shift: float = EnergyTrack.SHIFT
    _file: IO[bytes] | None = None

    @property
    def duration(self) -> float:
        """Length of the recording in seconds."""
        return self.audio_seconds

    @property
    def on_disk(self) -> bool:
        """Whether `log_probs` maps a temporary file."""
        return self._file is not None

    @property
    def clock(self) -> FrameClock:
        """Seconds to frames and back."""
        return FrameClock(self.frame_shift, self.offset, len(self.log_probs))

    @cached_property
    def decoding(self) -> GreedyDecoding:
        """The greedy decoding, computed on first use and cached: `log_probs` must not change afterwards."""
        return GreedyDecoding.of(self.log_probs, self.vocabulary.blank, self.vocabulary.separator)

    def close(self) -> None:
        """Delete the temporary file; `log_probs` is empty afterwards."""
        if self._file is not None:
            self.log_probs = np.zeros((0, self.log_probs.shape[1]), dtype=np.float32)
            self._file.close()
            self._file = None

    def __enter__(self) -> Emission:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def compute_emission(
    model: AcousticModel,
    reader: BlockReader | Iterable[npt.NDArray[np.float32]] | npt.NDArray[np.float32],
    *,
    window: float | None = None,
    batch_size: int | None = None,
    device: str = "cpu",
    max_memory: int | None = None,
    progress: Progress = ignored,
) -> Emission:
    """Run a model over a recording in windows, and keep the centre of each, which has its full context.

    Args:
        model: see `AcousticModel`; its `context` decides how much of each window is dropped.
        reader: an open recording at the model's rate, or blocks of samples, shapes (n,) or (1, n), or one such array.
        window: seconds of a window with its context; None: the model's `window`, or 30 s or more.
        batch_size: windows in a batch, >= 1; halved when memory runs out. None chooses.
        device: on which the model runs, see `device_of`.
        max_memory: bytes that the process (on a GPU: its memory) may use; window and batch are chosen to fit.
        progress: called after each batch with the seconds done and the total seconds (None if unknown).
    Returns:
        The emission; close it, or use it as a context manager.
    Raises:
        ModelError: the output of the model does not match its description (frame shift, columns, log-probabilities
            without NaN), or a single window does not fit in memory.
        UsageError: window, batch_size or max_memory is out of range.
    """
    if batch_size is not None and batch_size < 1:
        raise UsageError(f"batch_size: expected 1 or more, got {batch_size}")
    runner = WindowRunner(model, device, batch_size or _BATCH.get(device.partition(":")[0], 1))
    chosen = getattr(model, "window", None) if window is None else window
    plan = plan_windows(model.frame_shift, model.sample_rate, model.context, chosen)
    if max_memory is not None:
        plan = runner.fit(plan, shrink=window is None, limit=max_memory)
    store = EmissionStore(model.frame_shift, len(model.vocabulary))
    energy = EnergyTrack(model.sample_rate)
    blocks, total = _stream(reader)
    counter = _Counter()
    try:
        for batch in _batches(cut(counter.watch(blocks, energy), plan), lambda: runner.batch_size):
            for item, log_probs in zip(batch, runner.run([item.samples for item in batch]), strict=True):
                runner.check(log_probs, item, plan)
                first, stop = plan.trusted(item.index, len(log_probs), item.last)
                store.add(log_probs[first:stop])
            done = counter.samples if batch[-1].last else (batch[-1].index + 1) * plan.hop_samples
            progress(STAGE, done / model.sample_rate, total)
        finished, file = store.finish()
    except BaseException:
        store.abandon()
        raise
    return Emission(
        log_probs=finished,
        frame_shift=model.frame_shift,
        offset=float(getattr(model, "frame_offset", 0.0)),  # optional: only models without padding have one
        vocabulary=model.vocabulary,
        audio_seconds=counter.samples / model.sample_rate,
        energy=energy.finish(),
        _file=file,
    )


class _Counter:
    """Counts samples and adds them to the energy track while they are read."""

    samples = 0

    def watch(
        self, blocks: Iterable[npt.NDArray[np.float32]], energy: EnergyTrack
    ) -> Iterator[npt.NDArray[np.float32]]:
        for block in blocks:
            self.samples += len(block)
            energy.add(block)
            yield block


def _batches(windows: Iterator[Window], size: Callable[[], int]) -> Iterator[list[Window]]:
    """Batches of windows of one length; the last, shorter window is a batch of its own, without padding."""
    held: list[Window] = []
    for item in windows:
        if held and len(item.samples) != len(held[0].samples):
            yield held
            held = []
        held.append(item)
        if len(held) >= size():
            yield held
            held = []
    if held:
        yield held


def _stream(source: object) -> tuple[Iterator[npt.NDArray[np.float32]], float | None]:
    """Blocks of shape (n,) and the expected seconds, from a reader, blocks or one array."""
    if isinstance(source, np.ndarray):
        return map(_mono, [source]), None
    if isinstance(source, Iterable):
        return map(_mono, source), None
    blocks = source.blocks()  # type: ignore[attr-defined]  # a BlockReader
    return map(_mono, blocks), source.info.duration  # type: ignore[attr-defined]


def _mono(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if block.ndim == 2 and block.shape[0] != 1:
        raise UsageError(f"channel: an emission needs one channel, got {block.shape[0]}; choose mix or a number")
    return np.ascontiguousarray(block.reshape(-1), dtype=np.float32)
