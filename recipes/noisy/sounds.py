"""The recordings of a corpus as they sound in worse places: noise, voices, telephone, room, speed, clipping, codec.

Writes a corpus (see `corpus`) with a recording NAME+SOUND for each recording and sound. Captions and ground truth are
those of the recording; where the speed changes, all times change with it. Existing recordings are kept.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import librosa
import numpy as np
import scipy.signal
import soundfile as sf
from numpy.typing import NDArray

from ctcalign.cli.console import progress_bar
from ctcalign.files import atomic_write
from recipes.noisy.corpus import Recording, add_choices, find_recordings

F32 = NDArray[np.float32]
RATE = 16000
VOICES = 6  # of the babble
TELEPHONE = (300.0, 3400.0)  # Hz
CLIPPED = 0.15  # of the largest sample
PEAK = 0.9
TIMES = ("start", "end", "clip_start", "clip_end", "duration")


class Sources:
    """What recordings are mixed with: noises and impulse responses of two folders, and the other recordings."""

    def __init__(self, noises: Path, rooms: Path, recordings: Sequence[Recording]) -> None:
        self.noises = [normal(read(file)) for file in sorted(noises.glob("*.flac"))]
        self.rooms = [read(file) for file in sorted(rooms.glob("*.flac"))]
        self.voices = {recording.name: normal(read(recording.audio)) for recording in recordings}

    def noise(self, size: int, rng: np.random.Generator) -> F32:
        """Pieces of the noises in random order."""
        parts: list[F32] = []
        while sum(map(len, parts)) < size:
            parts.append(self.noises[rng.integers(len(self.noises))])
        return np.concatenate(parts)[:size]

    def babble(self, size: int, name: str, rng: np.random.Generator) -> F32:
        """Several voices at once, from other recordings."""
        others = [voice for other, voice in self.voices.items() if other != name]
        return np.mean([_from(others[n % len(others)], size, rng) for n in range(VOICES)], axis=0, dtype=np.float32)


def read(file: Path) -> F32:
    """One channel at 16 kHz."""
    samples, rate = sf.read(file, dtype="float32", always_2d=True)
    return np.asarray(librosa.resample(samples.mean(1), orig_sr=rate, target_sr=RATE), np.float32)


def normal(samples: F32) -> F32:
    """The same with a power of one in its sounding parts."""
    return samples / max(1e-9, level(samples))


def level(samples: F32) -> float:
    """Root mean square of the frames of 25 ms that are less than 30 dB below the loudest."""
    frames = np.asarray(samples[: len(samples) // 400 * 400], np.float64).reshape(-1, 400)
    power = (frames**2).mean(1)
    return float(np.sqrt(power[power > power.max() * 1e-3].mean()))


def _from(samples: F32, size: int, rng: np.random.Generator) -> F32:
    """`size` samples of a recording that begins again where it ends, from a random place."""
    return np.resize(np.roll(samples, -int(rng.integers(len(samples)))), size)


def _mixed(samples: F32, other: F32, decibels: float) -> F32:
    return samples + other * level(samples) / max(1e-9, level(other)) * 10 ** (-decibels / 20)


def _telephone(samples: F32) -> F32:
    """300 to 3400 Hz, 8 kHz, mu-law of 8 bits."""
    bands = scipy.signal.butter(4, TELEPHONE, "bandpass", fs=RATE, output="sos")
    narrow = librosa.resample(scipy.signal.sosfilt(bands, samples).astype(np.float32), orig_sr=RATE, target_sr=8000)
    narrow /= max(1e-9, float(np.abs(narrow).max())) / PEAK
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    plain = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    return np.asarray(librosa.resample(plain, orig_sr=8000, target_sr=RATE), np.float32)


def _room(samples: F32, response: F32) -> F32:
    """In a room, without the delay of its direct sound."""
    direct = int(np.abs(response).argmax())
    wet = scipy.signal.fftconvolve(samples, response / max(1e-9, float(np.abs(response).max())))
    return np.asarray(wet[direct : direct + len(samples)], np.float32)


def _speed(samples: F32, factor: float) -> F32:
    """Faster or slower, with the pitch."""
    return np.asarray(librosa.resample(samples, orig_sr=round(RATE * factor), target_sr=RATE), np.float32)


def _clipped(samples: F32) -> F32:
    limit = CLIPPED * float(np.abs(samples).max())
    return np.clip(samples, -limit, limit)


def _codec(samples: F32) -> F32:
    """MP3 at 8 kHz and 8 kbit/s."""
    narrow = librosa.resample(samples, orig_sr=RATE, target_sr=8000)
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp3") as container:
        track = container.add_stream("libmp3lame", rate=8000, layout="mono")
        track.bit_rate = 8000
        pcm = (np.clip(narrow, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16p", layout="mono")
        frame.sample_rate = 8000
        container.mux(track.encode(frame))
        container.mux(track.encode(None))
    stream.seek(0)
    decoded, _ = sf.read(stream, dtype="float32")
    lag = _lag(narrow, decoded)
    wide = librosa.resample(np.pad(decoded[lag:], (0, lag)), orig_sr=8000, target_sr=RATE)
    return np.asarray(np.resize(wide, len(samples)), np.float32)


def _lag(samples: F32, decoded: F32, most: int = 4000) -> int:
    """Samples by which a decoder is late, by correlation of the first minute."""
    size = min(len(samples), len(decoded), 60 * 8000)
    found = scipy.signal.correlate(decoded[:size], samples[:size])[size - 1 : size - 1 + most]
    return int(found.argmax())


def sounds(sources: Sources, name: str, seed: int) -> dict[str, tuple[float, Callable[[F32], F32]]]:
    """The speed and the change of each sound, for the recording of this name."""

    def rng() -> np.random.Generator:
        return np.random.default_rng([seed, *name.encode()])

    table: dict[str, tuple[float, Callable[[F32], F32]]] = {}
    for decibels in (10, 5, 0):
        table[f"noise{decibels}"] = 1.0, lambda x, d=decibels: _mixed(x, sources.noise(len(x), rng()), d)  # type: ignore[misc]
        table[f"babble{decibels}"] = 1.0, lambda x, d=decibels: _mixed(x, sources.babble(len(x), name, rng()), d)  # type: ignore[misc]
    table["telephone"] = 1.0, _telephone
    table["room"] = 1.0, lambda x: _room(x, sources.rooms[int(rng().integers(len(sources.rooms)))])
    table["slow"] = 0.8, lambda x: _speed(x, 0.8)
    table["fast"] = 1.25, lambda x: _speed(x, 1.25)
    table["clipped"] = 1.0, _clipped
    table["codec"] = 1.0, _codec
    return table


def at_speed(value: Any, speed: float) -> Any:
    """A truth file with all its times divided by the speed."""
    if isinstance(value, list):
        return [at_speed(entry, speed) for entry in value]
    if isinstance(value, dict):
        return {
            key: entry / speed if key in TIMES and isinstance(entry, float | int) else at_speed(entry, speed)
            for key, entry in value.items()
        }
    return value


def write(recording: Recording, sound: str, speed: float, samples: F32, folder: Path) -> None:
    """The recording with this sound, its ground truth and captions; truth.json comes last."""
    (folder / "captions").mkdir(parents=True, exist_ok=True)
    sf.write(folder / "audio.flac", samples / max(1e-9, float(np.abs(samples).max())) * PEAK, RATE)
    for variant in recording.variants:
        shutil.copy(variant.captions, folder / "captions" / variant.captions.name)
        _write_truth(variant.key, folder / "captions" / variant.key.name, speed, {})
    about = {"audio": "audio.flac", "sample_rate": RATE, "sound": sound, "of": recording.name}
    _write_truth(recording.truth, folder / "truth.json", speed, about)


def _write_truth(source: Path, target: Path, speed: float, more: dict[str, Any]) -> None:
    document = at_speed(json.loads(source.read_text(encoding="utf-8")), speed)
    with atomic_write(target) as stream:
        json.dump({**document, **more}, stream)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    add_choices(parser, "recordings", "variants")
    parser.add_argument("--noises", type=Path, required=True, help="folder of FLAC files")
    parser.add_argument("--rooms", type=Path, required=True, help="folder of impulse responses, FLAC")
    parser.add_argument("--sounds", nargs="*", default=[], help="only these; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    recordings = find_recordings(args.corpus, args.recordings, args.variants)
    sources = Sources(args.noises, args.rooms, recordings)
    names = list(sounds(sources, "", args.seed))
    for name in args.sounds:
        if name not in names:
            raise SystemExit(f"--sounds: got {name!r}, expected some of {', '.join(names)}")
    jobs = [(recording, sound) for recording in recordings for sound in args.sounds or names]
    with progress_bar() as progress:
        for done, (recording, sound) in enumerate(jobs):
            progress("sounds", done, len(jobs))
            folder = args.out / f"{recording.name}+{sound}"
            if not (folder / "truth.json").is_file():
                speed, change = sounds(sources, recording.name, args.seed)[sound]
                write(recording, sound, speed, change(read(recording.audio)), folder)
    sys.stderr.write(f"{len(jobs)} recordings in {args.out}\n")


if __name__ == "__main__":
    main()
