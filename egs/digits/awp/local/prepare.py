"""Join recordings of single spoken digits to strings of connected digits whose word times are known.

The training strings contain none of the dev and test takes. A string has one speaker; gaps, noise, gain and (in
training) tempo are random, from the seed. Word times are those of the clips' speech, detected by its energy (above
40 dB below the clip's peak and 8 dB above its floor). Writes lhotse Shar folders train, dev and test.
"""

from __future__ import annotations

import argparse
import io
import sys
import tarfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from ctcalign.metrics import TimedWord
from recipes.awp.cuts import SAMPLE_RATE, speech_cut, write_shar
from recipes.errors import one_line
from recipes.manifests import read_member, read_rows

Samples = NDArray[np.float32]
HOP = SAMPLE_RATE // 100


@dataclass(frozen=True)
class Clip:
    """One take of one digit; its speech is in [start, end) seconds of the samples."""

    text: str
    speaker: str
    take: int
    samples: Samples
    start: float
    end: float


def speech_bounds(samples: Samples) -> tuple[float, float]:
    """Onset and offset of the speech in a clip, seconds on a grid of 10 ms."""
    frames = max(1, len(samples) // HOP)
    power = np.square(np.resize(samples, frames * HOP).reshape(frames, HOP)).mean(1)
    decibels = 10 * np.log10(power + 1e-10)  # floor of 16-bit audio
    loud = np.flatnonzero(decibels > max(decibels.max() - 40, min(decibels.min() + 8, decibels.max() - 10)))
    return loud[0] * HOP / SAMPLE_RATE, min((loud[-1] + 1) * HOP, len(samples)) / SAMPLE_RATE


def read_clips(folder: Path) -> list[Clip]:
    """The clips of a folder with manifest.jsonl and one tar."""
    rows = read_rows(folder / "manifest.jsonl")
    clips = []
    tar = next(folder.glob("*.tar"), None)
    if tar is None:
        raise SystemExit(f"{folder}: has no .tar; expected one beside manifest.jsonl")
    with tarfile.open(tar) as archive:
        for row in rows:
            samples, rate = sf.read(io.BytesIO(read_member(archive, row["path"])), dtype="float32")
            if rate != SAMPLE_RATE:
                raise SystemExit(f"{row['path']}: sample rate {rate}, expected {SAMPLE_RATE}; resample the clips")
            take = int(Path(row["path"]).stem.rsplit("_", 1)[1])
            clips.append(Clip(row["text"], row["speaker"], take, samples, *speech_bounds(samples)))
    return clips


def at_tempo(clip: Clip, factor: float) -> Clip:
    """The clip played `factor` times as fast, which shifts its pitch too."""
    if factor == 1.0:
        return clip
    import soxr

    samples = soxr.resample(clip.samples, SAMPLE_RATE * factor, SAMPLE_RATE).astype(np.float32)
    return Clip(clip.text, clip.speaker, clip.take, samples, clip.start / factor, clip.end / factor)


class Joiner:
    """Draws strings of digits from the clips of one part.

    Args:
        bare: fraction of strings that are one digit without silence around it.
    """

    def __init__(
        self,
        clips: list[Clip],
        noises: list[Samples],
        args: argparse.Namespace,
        tempos: list[float],
        bare: float = 0.0,
    ) -> None:
        self.pools: dict[str, dict[str, list[Clip]]] = defaultdict(lambda: defaultdict(list))
        for clip in clips:
            self.pools[clip.speaker][clip.text].append(clip)
        self.noises, self.args, self.tempos, self.bare = noises, args, tempos, bare

    def draw(self, name: str, rng: np.random.Generator) -> object:
        speaker = sorted(self.pools)[int(rng.integers(len(self.pools)))]
        pool = self.pools[speaker]
        bare = self.bare > 0 and rng.random() < self.bare
        digits = 1 if bare else int(rng.integers(self.args.least_digits, self.args.most_digits + 1))
        texts = rng.choice(sorted(pool), digits)
        tempo = float(rng.choice(self.tempos))
        gap_range = (self.args.least_gap, self.args.most_gap)
        pieces: list[Samples] = [] if bare else [_silence(rng.uniform(0.2, 0.6))]
        words: list[TimedWord] = []
        for text in texts.tolist():
            clip = at_tempo(pool[text][int(rng.integers(len(pool[text])))], tempo)
            at = sum(len(p) for p in pieces) / SAMPLE_RATE
            words.append(TimedWord(text, at + clip.start, at + clip.end))
            pieces += [_faded(clip.samples)] if bare else [_faded(clip.samples), _silence(rng.uniform(*gap_range))]
        if not bare:
            pieces.append(_silence(rng.uniform(0.5, 0.9)))  # room for late emissions
        samples = self._noisy(np.concatenate(pieces), words, rng)
        samples *= 10 ** (rng.uniform(-15, -3) / 20) / np.abs(samples).max()
        return speech_cut(name, samples, words, " ".join(w.text for w in words), speaker)

    def _noisy(self, samples: Samples, words: list[TimedWord], rng: np.random.Generator) -> Samples:
        """Add noise at a random signal-to-noise ratio, measured against the speech without its pauses."""
        noise = self.noises[int(rng.integers(len(self.noises)))]
        begin = int(rng.integers(len(noise)))
        noise = np.resize(np.roll(noise, -begin), len(samples))
        speech = np.concatenate([samples[int(w.start * SAMPLE_RATE) : int(w.end * SAMPLE_RATE)] for w in words])
        snr = rng.uniform(self.args.least_snr, self.args.most_snr)
        gain = np.sqrt(np.square(speech).mean() / (np.square(noise).mean() + 1e-12)) * 10 ** (-snr / 20)
        return np.asarray(samples + gain * noise, np.float32)


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def _faded(samples: Samples) -> Samples:
    """Fade five milliseconds at both ends, so that the joins do not click."""
    ramp = np.minimum(1, np.arange(len(samples), dtype=np.float32) / (0.005 * SAMPLE_RATE))
    return np.asarray(samples * ramp * ramp[::-1], np.float32)


def _noises(folder: Path | None) -> tuple[list[Samples], list[Samples]]:
    """Noises for training, and others for dev and test: halves of each recording; white noise without recordings."""
    files = sorted(folder.glob("*.flac")) if folder else []
    if not files:
        white = np.random.default_rng(0).normal(0, 0.1, (2, 10 * SAMPLE_RATE)).astype(np.float32)
        return [white[0]], [white[1]]
    loaded = [sf.read(file, dtype="float32")[0] for file in files]
    return [n[: len(n) // 2] for n in loaded], [n[len(n) // 2 :] for n in loaded]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, help="folder with manifest.jsonl and a tar")
    parser.add_argument("--test", type=Path, required=True, help="the same, with takes that are not in --train")
    parser.add_argument("--noise", type=Path, help="folder of FLAC recordings; white noise without it")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dev-takes", type=int, nargs="+", default=[35, 36, 37], help="takes of --train kept for dev")
    parser.add_argument("--strings", type=int, nargs=3, default=[2000, 200, 400], help="of train, dev and test")
    parser.add_argument("--least-digits", type=int, default=3)
    parser.add_argument("--most-digits", type=int, default=8)
    parser.add_argument("--least-gap", type=float, default=0.0, help="seconds between clips")
    parser.add_argument("--most-gap", type=float, default=0.3)
    parser.add_argument("--least-snr", type=float, default=0.0, help="decibels")
    parser.add_argument("--most-snr", type=float, default=20.0)
    parser.add_argument(
        "--bare", type=float, default=0.0, help="fraction of the training strings that are one digit without silence"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    known, test = read_clips(args.train), read_clips(args.test)
    dev = [clip for clip in known if clip.take in args.dev_takes]
    train = [clip for clip in known if clip.take not in args.dev_takes]
    shared = {(c.speaker, c.text, c.take) for c in train} & {(c.speaker, c.text, c.take) for c in [*dev, *test]}
    if shared or not dev or not train:
        raise SystemExit(f"takes overlap: {len(train)} train, {len(dev)} dev clips, {len(shared)} shared")
    ours, others = _noises(args.noise)
    parts = {
        "train": Joiner(train, ours, args, [0.9, 1.0, 1.1], args.bare),
        "dev": Joiner(dev, others, args, [1.0]),
        "test": Joiner(test, others, args, [1.0]),
    }
    for (part, joiner), count, number in zip(parts.items(), args.strings, range(3), strict=True):
        rng = np.random.default_rng([args.seed, number])
        cuts = (joiner.draw(f"{part}-{i:05d}", rng) for i in range(count))
        sys.stderr.write(f"{part}: {write_shar(cuts, args.out / part)} strings\n")


if __name__ == "__main__":
    one_line(main)
