"""Voice activity detection: silero-vad over a recording in blocks, and rules that join frames to stretches."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.errors import ModelError, UsageError

Stretch = tuple[float, float]
_FRAME = {16_000: 512, 8_000: 256}  # samples of a frame, 32 ms; the network accepts no other length


@dataclass(frozen=True)
class VoiceRules:
    """Speech begins at a frame with probability `begin` and ends before `pause` seconds with less than `end`.

    Stretches shorter than `shortest` seconds are dropped; `margin` seconds are added at both ends of the others.
    """

    begin: float = 0.5
    end: float = 0.35
    pause: float = 0.1
    shortest: float = 0.25
    margin: float = 0.03

    def __post_init__(self) -> None:
        if not 0 < self.end <= self.begin < 1:
            raise UsageError(f"begin, end: expected 0 < end <= begin < 1, got begin {self.begin}, end {self.end}")


def voice_probabilities(
    blocks: Iterable[npt.NDArray[np.float32]], sample_rate: int = 16_000
) -> tuple[npt.NDArray[np.float32], float]:
    """Probability of speech in every 32 ms.

    Args:
        blocks: samples in [-1, 1], shapes (n,) or (1, n), as from `AudioReader.blocks`. One is in memory at a time.
        sample_rate: 16000 or 8000 Hz.
    Returns:
        Probabilities (frames,), and the seconds of audio. The last frame is padded with silence.
    Raises:
        UsageError: another rate.   ModelError: silero-vad is not installed or its weights cannot be read.
    """
    if sample_rate not in _FRAME:
        raise UsageError(
            f"sample_rate: voice activity detection needs 16000 or 8000 Hz, got {sample_rate}; open the audio at one"
        )
    import torch

    size = _FRAME[sample_rate]
    network = _network()
    network.reset_states()
    found: list[float] = []
    samples = 0
    with torch.inference_mode():
        for frame, count in _frames(blocks, size):
            samples += count
            found.append(float(network(torch.from_numpy(frame)[None], sample_rate)))
    return np.array(found, np.float32), samples / sample_rate


def speech_stretches(
    blocks: Iterable[npt.NDArray[np.float32]], sample_rate: int = 16_000, rules: VoiceRules | None = None
) -> tuple[list[Stretch], float]:
    """Stretches of speech in seconds, in order, and the seconds of audio. Arguments as for `voice_probabilities`."""
    probabilities, seconds = voice_probabilities(blocks, sample_rate)
    return stretches_of(probabilities, _FRAME[sample_rate] / sample_rate, seconds, rules), seconds


def stretches_of(
    probabilities: npt.NDArray[np.float32], frame: float, seconds: float, rules: VoiceRules | None = None
) -> list[Stretch]:
    """Convert probabilities to stretches of speech, (start, end) in seconds.

    Args:
        probabilities: of speech in each frame.
        frame: seconds of a frame.
        seconds: length of the recording.
        rules: see `VoiceRules`.
    """
    rules = rules or VoiceRules()
    found: list[Stretch] = []
    start: int | None = None
    quiet: int | None = None  # first frame of the pause that may be the end
    for at, value in enumerate(probabilities.tolist()):
        if start is None:
            if value >= rules.begin:
                start, quiet = at, None
        elif value >= rules.begin:
            quiet = None
        elif value < rules.end:
            quiet = at if quiet is None else quiet
            if (at - quiet + 1) * frame > rules.pause - 1e-6:
                found.append((start * frame, quiet * frame))
                start = None
    if start is not None:
        found.append((start * frame, seconds if quiet is None else quiet * frame))
    kept = [(a, b) for a, b in found if b - a > rules.shortest - 1e-6]
    limits = [0.0, *((a[1] + b[0]) / 2 for a, b in pairwise(kept)), seconds]
    return [
        (max(low, a - rules.margin), min(high, b + rules.margin))
        for (a, b), low, high in zip(kept, limits, limits[1:], strict=False)
    ]


def _frames(blocks: Iterable[npt.NDArray[np.float32]], size: int) -> Iterator[tuple[npt.NDArray[np.float32], int]]:
    """Frames of `size` samples, and how many samples of each are audio rather than padding."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        if block.ndim == 2 and block.shape[0] != 1:
            raise UsageError(f"channel: voice activity needs one channel, got {block.shape[0]}; choose mix or a number")
        rest = np.concatenate([rest, block.reshape(-1).astype(np.float32, copy=False)])
        whole = len(rest) // size * size
        for at in range(0, whole, size):
            yield rest[at : at + size], size
        rest = rest[whole:]
    if len(rest):
        yield np.pad(rest, (0, size - len(rest))), len(rest)


def _network() -> Any:
    """The network from the files of silero-vad; importing the package would set torch to a single thread."""
    import torch

    place = find_spec("silero_vad")
    folder = next(iter(place.submodule_search_locations or ()), None) if place else None
    if folder is None:
        raise ModelError("voice activity: silero-vad is not installed; pip install 'ctcalign[ipfa]'")
    path = Path(folder) / "data" / "silero_vad.jit"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch >= 2.9 warns that torch.jit.load is deprecated
            network = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"voice activity: the weights of silero-vad cannot be read ({error}); install it again"
        ) from error
    return network.eval()
