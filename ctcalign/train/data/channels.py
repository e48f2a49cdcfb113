"""Simulated acoustic conditions: room, limited bandwidth, coloured noise without recordings, codec."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctcalign.errors import UsageError
from ctcalign.train.data.cuts import Samples


@dataclass
class ChannelConfig:
    """Random changes of the sound; each probability is in [0, 1], and each change is drawn independently.

    Attributes:
        room: probability of a room, whose reverberation decays by 60 dB in `shortest` to `longest` seconds.
        band: probability of a channel that cuts low and high frequencies, in half of the cases as a telephone does
            (300 to 3400 Hz).
        noise: probability of coloured noise without recordings, `least_snr` to `most_snr` dB below the speech.
        codec: probability of 8-bit mu-law samples.
        gain: largest change of the level in dB, either way.
    """

    room: float = 0.0
    shortest: float = 0.1
    longest: float = 0.8
    band: float = 0.0
    noise: float = 0.0
    least_snr: float = 5.0
    most_snr: float = 30.0
    codec: float = 0.0
    gain: float = 0.0

    def __post_init__(self) -> None:
        for name in ("room", "band", "noise", "codec"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"channel.{name}: expected a probability in [0, 1], got {getattr(self, name)}")
        if not 0 < self.shortest <= self.longest or not self.least_snr <= self.most_snr or self.gain < 0:
            raise UsageError(
                "channel: expected 0 < shortest <= longest seconds, least_snr <= most_snr and gain >= 0 dB, got "
                f"{self.shortest}, {self.longest}, {self.least_snr}, {self.most_snr} and {self.gain}"
            )


def through_channel(samples: Samples, config: ChannelConfig, rng: np.random.Generator, rate: int) -> Samples:
    """Samples (N,) after the random changes; N stays the same. `rate`: samples per second."""
    if rng.random() < config.room:
        samples = in_room(samples, float(rng.uniform(config.shortest, config.longest)), rng, rate)
    if rng.random() < config.noise:
        samples = with_coloured_noise(samples, float(rng.uniform(config.least_snr, config.most_snr)), rng)
    if rng.random() < config.band:
        low, high = (300.0, 3400.0) if rng.random() < 0.5 else (rng.uniform(0, 300), rng.uniform(2500, rate / 2))
        samples = in_band(samples, float(low), float(high), rate)
    if rng.random() < config.codec:
        samples = mu_law(samples)
    if config.gain:
        samples = samples * 10 ** (rng.uniform(-config.gain, config.gain) / 20)
    return np.asarray(samples, np.float32)


def in_room(samples: Samples, decay: float, rng: np.random.Generator, rate: int) -> Samples:
    """Samples with the direct sound and a tail of noise that decays by 60 dB in `decay` seconds."""
    count = int(decay * rate)
    if not count or not len(samples):
        return samples
    tail = rng.standard_normal(count) * 10 ** (-3.0 * np.arange(count) / count)
    tail[: rate // 400] = 0.0
    # Energy of the tail relative to the direct sound: the speaker stands 0.3 to 3 critical distances away.
    tail *= rng.uniform(0.3, 1.7) / np.sqrt(np.sum(tail**2) + 1e-12)
    tail[0] = 1.0
    size = 1 << (len(samples) + count - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[: len(samples)]
    level = np.sqrt(np.mean(samples**2) / (np.mean(wet**2) + 1e-12))
    return np.asarray(wet * level, np.float32)


def with_coloured_noise(samples: Samples, snr: float, rng: np.random.Generator) -> Samples:
    """Samples with noise whose power falls with the frequency to the power of 0 (white) to 2 (brown)."""
    if not len(samples):
        return samples
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum *= np.maximum(np.arange(len(spectrum)), 1.0) ** (-rng.uniform(0, 2) / 2)
    noise = np.fft.irfft(spectrum, len(samples))
    scale = np.sqrt(np.mean(samples**2) / (np.mean(noise**2) + 1e-12)) * 10 ** (-snr / 20)
    return np.asarray(samples + scale * noise, np.float32)


def in_band(samples: Samples, low: float, high: float, rate: int) -> Samples:
    """Samples without the frequencies below `low` and above `high` Hz; the edges are a tenth of an octave wide."""
    if not len(samples):
        return samples
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(len(samples), 1 / rate)
    kept = np.clip((high * 1.05 - frequency) / (0.1 * high), 0, 1)
    if low > 0:
        kept *= np.clip((frequency - 0.95 * low) / (0.1 * low), 0, 1)
    return np.asarray(np.fft.irfft(spectrum * kept, len(samples)), np.float32)


def mu_law(samples: Samples) -> Samples:
    """Samples as 8 bits of mu-law (G.711) represent them."""
    loud = max(float(np.abs(samples).max(initial=0.0)), 1e-9)
    scaled = np.sign(samples) * np.log1p(255 * np.abs(samples) / loud) / np.log(256)
    coded = np.round(scaled * 127) / 127
    return np.asarray(np.sign(coded) * (np.expm1(np.abs(coded) * np.log(256)) / 255) * loud, np.float32)
