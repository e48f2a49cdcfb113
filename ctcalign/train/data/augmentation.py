"""Augmentation of training utterances: speed perturbation, additive noise, rooms and channels, SpecAugment."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.models.features.scale import SAMPLE_RATE
from ctcalign.train.data.channels import ChannelConfig, through_channel
from ctcalign.train.data.cuts import Samples

_SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".opus")


@dataclass
class NoiseConfig:
    """Additive noise.

    Attributes:
        folder: recordings of noise, searched recursively.
        probability: probability of adding noise to an utterance, in [0, 1].
        least_snr, most_snr: bounds of the signal-to-noise ratio in decibels, which is drawn uniformly.
    """

    folder: str
    probability: float = 0.5
    least_snr: float = 5.0
    most_snr: float = 20.0

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1 or not self.least_snr <= self.most_snr:
            raise UsageError(
                f"noise: expected probability in [0, 1] and least_snr <= most_snr, got {self.probability}, "
                f"{self.least_snr} and {self.most_snr}"
            )


@dataclass
class SpecAugment:
    """Masks over time and frequency, filled with the mean of each band over the utterance.

    Attributes:
        frequency_masks, frequency_width: number of frequency masks, and their largest width in bands.
        time_masks: number of time masks.  time_share: largest width as a fraction of the utterance, in [0, 1].
        time_frames: largest width in frames of 10 ms.
    Source: Park et al. 2019, SpecAugment, without time warping.
    """

    frequency_masks: int = 2
    frequency_width: int = 20
    time_masks: int = 2
    time_share: float = 0.1
    time_frames: int = 50

    def __post_init__(self) -> None:
        counts = (self.frequency_masks, self.frequency_width, self.time_masks, self.time_frames)
        if min(counts) < 0 or not 0 <= self.time_share <= 1:
            raise UsageError(
                f"spec_augment: expected counts >= 0 and time_share in [0, 1], got {counts} and {self.time_share}"
            )


@dataclass
class Augmentation:
    """All augmentations; none by default.

    Attributes:
        speeds: speed factors, drawn uniformly; 0.9 is slower and lower in pitch.
        noise, spec_augment, channel: see `NoiseConfig`, `SpecAugment` and `ChannelConfig`; None: not used.
    """

    speeds: list[float] = field(default_factory=list)
    noise: NoiseConfig | None = None
    spec_augment: SpecAugment | None = None
    channel: ChannelConfig | None = None

    def __post_init__(self) -> None:
        if any(not 0.5 <= speed <= 2 for speed in self.speeds):
            raise UsageError(f"speeds: expected factors between 0.5 and 2, got {self.speeds}")

    def samples(self, samples: Samples, rng: np.random.Generator, rate: int = SAMPLE_RATE) -> Samples:
        """An utterance (N,) with speed perturbation, noise and channel. `rate`: samples per second."""
        return self.degraded(self.at_speed(samples, rng), rng, rate)

    def at_speed(self, samples: Samples, rng: np.random.Generator) -> Samples:
        """An utterance (N,) with speed perturbation."""
        return at_speed(samples, self.speeds[int(rng.integers(len(self.speeds)))]) if self.speeds else samples

    def degraded(self, samples: Samples, rng: np.random.Generator, rate: int = SAMPLE_RATE) -> Samples:
        """An utterance (N,) with noise and channel, its timing unchanged. `rate`: samples per second."""
        if self.noise is not None and rng.random() < self.noise.probability:
            files = noise_files(self.noise.folder)
            noise = read_noise(files[int(rng.integers(len(files)))], rate)
            snr = rng.uniform(self.noise.least_snr, self.noise.most_snr)
            samples = with_noise(samples, noise, snr, int(rng.integers(len(noise))))
        if self.channel is not None:
            samples = through_channel(samples, self.channel, rng, rate)
        return samples

    def features(self, features: Tensor, rng: np.random.Generator) -> Tensor:
        """Features (T, F) with masks."""
        return features if self.spec_augment is None else masked(features, self.spec_augment, rng)


def at_speed(samples: Samples, speed: float) -> Samples:
    """Samples played `speed` times as fast, which raises the pitch by the same factor. (N,) -> (N / speed,)."""
    if speed == 1:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, SAMPLE_RATE * speed, SAMPLE_RATE), np.float32)


def with_noise(samples: Samples, noise: Samples, snr: float, begin: int) -> Samples:
    """Samples with noise that is read from its sample `begin` on, and repeated if it is short.

    Args:
        snr: mean power of the samples over that of the noise, decibels.
    """
    stretch = np.resize(np.roll(noise, -begin), len(samples))
    power, of_noise = float(np.vdot(samples, samples)), float(np.vdot(stretch, stretch))
    if of_noise == 0:
        return samples
    return np.asarray(samples + (power / of_noise) ** 0.5 * 10 ** (-snr / 20) * stretch, np.float32)


def masked(features: Tensor, config: SpecAugment, rng: np.random.Generator) -> Tensor:
    """Features (T, F) with random masks over bands and frames."""
    frames, bands = features.shape
    mask = torch.zeros(frames, bands, dtype=torch.bool)
    for _ in range(config.frequency_masks):
        width = int(rng.integers(min(config.frequency_width, bands) + 1))
        first = int(rng.integers(bands - width + 1))
        mask[:, first : first + width] = True
    for _ in range(config.time_masks):
        width = int(rng.integers(min(config.time_frames, int(config.time_share * frames)) + 1))
        first = int(rng.integers(frames - width + 1))
        mask[first : first + width] = True
    return torch.where(mask, features.mean(0, keepdim=True), features)


@lru_cache(maxsize=8)
def noise_files(folder: str) -> tuple[str, ...]:
    """Recordings below a folder, sorted by path.

    Raises:
        UsageError: the folder contains none.
    """
    files = tuple(str(path) for path in sorted(Path(folder).rglob("*")) if path.suffix.lower() in _SOUNDS)
    if not files:
        raise UsageError(f"noise: {folder} contains no recordings ({', '.join(_SOUNDS)})")
    return files


@lru_cache(maxsize=64)
def read_noise(file: str, sample_rate: int = SAMPLE_RATE) -> Samples:
    """A recording of noise, one channel at a sample rate in Hz, (N,).

    Raises:
        UsageError: it cannot be read or is empty.
    """
    import soundfile
    import soxr

    try:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (RuntimeError, OSError) as error:
        raise UsageError(f"noise: {file} cannot be read ({error}); remove it from the folder") from error
    if not len(samples):
        raise UsageError(f"noise: {file} is empty; remove it from the folder")
    mono = samples.mean(1)
    return np.asarray(mono if rate == sample_rate else soxr.resample(mono, rate, sample_rate), np.float32)
