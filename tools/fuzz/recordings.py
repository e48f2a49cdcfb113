"""Fuzz the reading of recordings with mutated files of all containers: `python -m tools.fuzz.recordings --help`.

Decoders are compiled code that can crash or never end: files are read in a child process, with limits of time and
memory. Number n of a container is always the same file.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import numpy as np

SECONDS = 0.5
# Name of the container -> FFmpeg's name, encoder, rate, whether with a picture, options.
ENCODED: dict[str, tuple[str, str, int, bool, dict[str, str]]] = {
    "mp4": ("mp4", "aac", 16_000, True, {}),
    "m4a": ("ipod", "alac", 16_000, False, {}),
    "fragments.mp4": ("mp4", "aac", 16_000, True, {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}),
    "mov": ("mov", "pcm_s16le", 8000, True, {}),
    "mkv": ("matroska", "flac", 16_000, True, {}),
    "webm": ("webm", "libopus", 48_000, False, {}),
    "ogg": ("ogg", "flac", 16_000, False, {}),
    "opus": ("ogg", "libopus", 48_000, False, {}),
    "mp3": ("mp3", "libmp3lame", 16_000, False, {}),
    "mp2": ("mp2", "mp2", 16_000, False, {}),
    "aac": ("adts", "aac", 16_000, False, {}),
    "ac3": ("ac3", "ac3", 48_000, False, {}),
    "ts": ("mpegts", "aac", 16_000, True, {}),
    "mpg": ("mpeg", "mp2", 48_000, True, {}),
    "flv": ("flv", "libmp3lame", 44_100, False, {}),
    "avi": ("avi", "libmp3lame", 16_000, True, {}),
    "wav": ("wav", "adpcm_ima_wav", 16_000, False, {}),
    "wv": ("wv", "wavpack", 16_000, False, {}),
    "tta": ("tta", "tta", 16_000, False, {}),
    "asf": ("asf", "ac3", 48_000, False, {}),
    "nut": ("nut", "flac", 16_000, False, {}),
    "3gp": ("3gp", "aac", 16_000, False, {}),
}
# libsndfile's name and encoding.
WRITTEN = {
    "pcm.wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "rf64": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "aiff": ("AIFF", "PCM_24"),
    "au": ("AU", "ULAW"),
    "caf": ("CAF", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "vorbis.ogg": ("OGG", "VORBIS"),
    "voc": ("VOC", "PCM_16"),
    "nist": ("NIST", "PCM_16"),
}
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
LIMIT_SECONDS = 10.0
LIMIT_BYTES = 1_000_000_000  # beyond those of the process before
MAX_DURATION = 600.0


def seed_file(name: str) -> bytes:
    """A valid file of a container: half a second of tones."""
    if name in WRITTEN:
        import soundfile

        container, subtype = WRITTEN[name]
        buffer = io.BytesIO()
        soundfile.write(buffer, _tones(16_000), 16_000, format=container, subtype=subtype)
        return buffer.getvalue()
    return _encoded(*ENCODED[name])


def _tones(rate: int) -> np.ndarray:
    time_ = np.arange(round(SECONDS * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * (300 + 900 * time_) * time_)).astype(np.float32)


def _encoded(container: str, codec: str, rate: int, picture: bool, options: dict[str, str]) -> bytes:
    import av

    buffer = io.BytesIO()
    signal_ = _tones(rate)
    with av.open(buffer, "w", format=container, options=options) as out:
        if picture:
            video = out.add_stream("mpeg2video" if container == "mpeg" else "mpeg4", rate=25)
            video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        stream = out.add_stream(codec, rate=rate)
        stream.codec_context.layout = "mono"
        stream.codec_context.time_base = Fraction(1, rate)
        if picture:
            for index in range(round(SECONDS * 25)):
                frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), index, np.uint8), format="rgb24")
                frame.pts = index
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
        out.start_encoding()
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.codec_context.format.name, "mono", rate)
        for start in range(0, len(signal_), size):
            piece = av.AudioFrame.from_ndarray(signal_[None, start : start + size], format="fltp", layout="mono")
            piece.sample_rate, piece.pts, piece.time_base = rate, start, Fraction(1, rate)
            for ready in resampler.resample(piece):
                ready.pts = start
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def mutated(seeds: dict[str, bytes], name: str, number: int) -> bytes:
    """File `number` of a container."""
    rng = np.random.default_rng([number, *name.encode()])
    data = bytearray(seeds[name])
    for _ in range(1 + int(rng.geometric(0.4))):
        _mutate(data, rng, seeds)
    return bytes(data)


def _mutate(data: bytearray, rng: np.random.Generator, seeds: dict[str, bytes]) -> None:
    size = len(data)
    if size < 8:
        data += rng.bytes(8)
        return
    # Half of the changes in the header, where they matter most.
    at = int(rng.integers(min(size, 200) if rng.random() < 0.5 else size))
    length = int(min(rng.geometric(0.02), size - at))
    kind = int(rng.integers(9))
    if kind == 0:
        data[at] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        data[at : at + length] = rng.bytes(length)
    elif kind == 2:
        width = int(rng.choice([1, 2, 4, 8]))
        value = int(rng.choice(_NUMBERS)) & ((1 << 8 * width) - 1)
        data[at : at + width] = value.to_bytes(width, "big" if rng.random() < 0.5 else "little")
    elif kind == 3:
        del data[at : at + length]
    elif kind == 4:
        data[at:at] = data[at : at + length]
    elif kind == 5:
        del data[at:]
    elif kind == 6:
        data[at : at + length] = bytes(length)
    elif kind == 7:
        other = seeds[str(rng.choice(sorted(seeds)))]
        start = int(rng.integers(len(other)))
        data[at : at + length] = other[start : start + length]
    else:
        data += bytes(data) if rng.random() < 0.5 else seeds[str(rng.choice(sorted(seeds)))]


@dataclass
class Figures:
    """What happened to the files of a container.

    Attributes:
        outcomes: how many were read, refused, raised something else, ended the process or never ended.
        seconds, megabytes: of the worst one.
        faults: numbers of files and what happened.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    megabytes: float = 0.0
    faults: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path) -> str:
    """Read a file to its end: "read", "refused", or the error that should not have come out."""
    from ctcalign.audio import open_audio
    from ctcalign.errors import CtcAlignError

    try:
        with open_audio(path, max_duration=MAX_DURATION) as reader:
            for _ in reader.blocks():
                pass
    except CtcAlignError as error:
        return "refused" if "\n" not in str(error) else f"an error of several lines: {error!r}"
    except MemoryError:
        return "MemoryError"
    except Exception as error:
        import traceback

        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    return "read"


def _child(folder: Path, names: list[str], first: int, stop: int, pipe: Connection) -> None:
    """Read files first to stop of all containers; say which one before each, and what came of it after."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # decoders write there
    seeds = {name: seed_file(name) for name in (*ENCODED, *WRITTEN)}
    read_all = [folder / f"seed.{name}" for name in names]
    for name, path in zip(names, read_all, strict=True):
        path.write_bytes(seeds[name])
        read(path)
    size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 2 * LIMIT_BYTES, size + 2 * LIMIT_BYTES))
    for number in range(first, stop):
        for name in names:
            path = folder / f"{os.getpid()}.{name}"
            path.write_bytes(mutated(seeds, name, number))
            pipe.send((name, number, None, 0.0, 0.0))
            held, began = _peak(), time.process_time()
            outcome = read(path)
            pipe.send((name, number, outcome, time.process_time() - began, (_peak() - held) / 1e6))
            path.unlink()
    pipe.send(None)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def run(
    names: list[str], first: int, stop: int, folder: Path, seen: Callable[[str, int, str], None] = lambda *_: None
) -> dict[str, Figures]:
    """Read files first to stop of each container in child processes; `seen` is called with every fault."""
    table = {name: Figures() for name in names}
    todo = [(name, first) for name in names]
    context = multiprocessing.get_context("spawn")
    pending: list[tuple[list[str], int, int]] = [(names, first, stop)] if todo else []
    while pending:
        group, low, high = pending.pop()
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(folder, group, low, high, theirs), daemon=True)
        process.start()
        theirs.close()
        for name, number, fault in _watch(process, ours, table):
            seen(name, number, fault)
            # Behind the file that ended it: the rest of this number, then the other numbers.
            rest = group[group.index(name) + 1 :]
            if number + 1 < high:
                pending.append((group, number + 1, high))
            if rest:
                pending.append((rest, number, number + 1))
        process.join()
    for name in names:
        for number, fault in table[name].faults:
            seen(name, number, fault)
    return table


def _reports(process: SpawnProcess, pipe: Connection) -> bool:
    """Wait for the next report; False if the child has used several times the processor time that a file may take."""
    began = _processor_seconds(process)
    while not pipe.poll(1.0):
        if _processor_seconds(process) - began > 3 * LIMIT_SECONDS:
            return False
    return True


def _processor_seconds(process: SpawnProcess) -> float:
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _watch(process: SpawnProcess, pipe: Connection, table: dict[str, Figures]) -> Iterator[tuple[str, int, str]]:
    """Take the reports of a child; yields the file in which it ended, if it did."""
    current: tuple[str, int] | None = None
    while True:
        fault = ""
        try:
            if not _reports(process, pipe):
                os.kill(process.pid or 0, signal.SIGKILL)
                fault = "never ends"
                report = None
            else:
                report = pipe.recv()
        except EOFError:
            process.join()
            fault = f"ended the process ({_signal_name(-(process.exitcode or 0))})"
            report = None
        if fault:
            if current is None:
                raise RuntimeError(f"the child {fault} before its first file")
            figures = table[current[0]]
            figures.outcomes["hang" if fault == "never ends" else "crash"] += 1
            yield (*current, fault)
            return
        if report is None:
            return
        name, number, outcome, seconds, megabytes = report
        current = (name, number)
        if outcome is None:
            continue
        figures = table[name]
        figures.seconds, figures.megabytes = max(figures.seconds, seconds), max(figures.megabytes, megabytes)
        if seconds > LIMIT_SECONDS:
            outcome = f"{seconds:.1f} s"
        elif megabytes * 1e6 > LIMIT_BYTES:
            outcome = f"{megabytes:.0f} MB"
        figures.outcomes[outcome if outcome in ("read", "refused") else "fault"] += 1
        if outcome not in ("read", "refused"):
            figures.faults.append((number, outcome))


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in {item.value for item in signal.Signals} else f"status {-number}"


def table_of(found: dict[str, Figures]) -> str:
    """A Markdown table of the figures."""
    lines = ["| container | files | read | refused | other errors | crashes | hangs | worst s | worst MB |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    total = Figures()
    for name, figures in found.items():
        total.outcomes += figures.outcomes
        total.seconds = max(total.seconds, figures.seconds)
        total.megabytes = max(total.megabytes, figures.megabytes)
        lines.append(_row(name, figures))
    return "\n".join([*lines, _row("all", total)])


def _row(name: str, figures: Figures) -> str:
    counts = figures.outcomes
    cells = [name, sum(counts.values()), *(counts[key] for key in ("read", "refused", "fault", "crash", "hang"))]
    return "| " + " | ".join(map(str, [*cells, f"{figures.seconds:.2f}", f"{figures.megabytes:.0f}"])) + " |"


def main() -> int:
    """Run and print the table; 1 if a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz.recordings", description=__doc__)
    parser.add_argument("--files", type=int, default=100, help="mutated files of each container (default 100)")
    parser.add_argument("--first", type=int, default=0, help="number of the first (default 0)")
    parser.add_argument("--containers", nargs="+", default=[*ENCODED, *WRITTEN], metavar="NAME", help="default: all")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz/recordings"), help="where the files of faults go")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    seeds = {name: seed_file(name) for name in (*ENCODED, *WRITTEN)}
    kept: set[tuple[str, int]] = set()

    def keep(name: str, number: int, fault: str) -> None:
        if (name, number) not in kept:
            kept.add((name, number))
            path = given.folder / f"{number}.{name}"
            path.write_bytes(mutated(seeds, name, number))
            print(f"{path}: {fault}", file=sys.stderr, flush=True)

    found = run(given.containers, given.first, given.first + given.files, given.folder, keep)
    print(table_of(found))
    return int(bool(kept))


if __name__ == "__main__":
    sys.exit(main())
