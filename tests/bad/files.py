"""Files for wrong inputs: `make(path)` writes one."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 16_000
TALK = Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg"
WORDS = "Good evening, and welcome to the harbour museum.\nTonight we hear about a lighthouse that nearly went dark.\n"

Make = Callable[[Path], None]


def content(data: bytes | str) -> Make:
    """A file with exactly this content."""
    raw = data.encode() if isinstance(data, str) else data
    return lambda path: path.write_bytes(raw) and None


def speech(path: Path) -> None:
    """The two sentences of `WORDS`, from the bundled talk."""
    samples, rate = sf.read(TALK, start=4 * RATE, stop=11 * RATE, dtype="float32")
    sf.write(path, samples, rate)


def talk(path: Path) -> None:
    path.write_bytes(TALK.read_bytes())


def wave(samples: np.ndarray, subtype: str = "PCM_16") -> Make:
    return lambda path: sf.write(path, samples, RATE, subtype=subtype)


def cut(make: Make, fraction: float) -> Make:
    """What `make` writes, but only its first part."""

    def write(path: Path) -> None:
        make(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * fraction)])

    return write


def some_nan(path: Path) -> None:
    samples, rate = sf.read(TALK, start=4 * RATE, stop=11 * RATE, dtype="float32")
    samples[1000:1010] = np.nan
    sf.write(path, samples, rate, subtype="FLOAT")


def picture(path: Path) -> None:
    """A PNG of one black pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    )


def silent_film(path: Path) -> None:
    """A second of video without a sound track."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def folder(path: Path) -> None:
    path.mkdir()


def noise_bytes(path: Path) -> None:
    path.write_bytes(b"\xff\xfb\x90\x64" + np.random.default_rng(0).bytes(4000))


SRT = "1\n00:00:00,500 --> 00:00:03,000\nGood evening, and welcome to the harbour museum.\n"
BROKEN_SRT = SRT + "\n2\n00:00:0x,500 --> later\nTonight we hear about a lighthouse.\n"
