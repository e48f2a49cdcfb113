"""Recordings that the tests make themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np


def clicks(rate: int, seconds: float, at: list[float], channels: int = 1) -> np.ndarray:
    """Short decaying 1 kHz bursts over faint noise. Shape (samples, channels)."""
    rng = np.random.default_rng(0)
    signal = (1e-4 * rng.standard_normal(round(seconds * rate))).astype(np.float32)
    time = np.arange(round(0.02 * rate)) / rate
    burst = (0.8 * np.exp(-time / 0.004) * np.cos(2 * np.pi * 1000 * time)).astype(np.float32)
    for start in at:
        first = round(start * rate)
        signal[first : first + len(burst)] += burst
    return np.repeat(signal[:, None], channels, axis=1)


def onsets(signal: np.ndarray, rate: int, threshold: float = 0.2) -> list[float]:
    """Seconds at which a burst begins. Shape of `signal`: (samples,)."""
    loud = np.flatnonzero(np.abs(signal) > threshold)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-rate) > 0.05 * rate)]
    return [int(s) / rate for s in starts]


def encode(
    path: Path,
    signal: np.ndarray,
    rate: int,
    codec: str,
    *,
    container: str | None = None,
    video: bool = False,
    first_pts: int = 0,
    gap: tuple[int, int] | None = None,
    options: dict[str, str] | None = None,
    quality: int | None = None,
    start: int = 0,
) -> Path:
    """Encode (samples, channels) with PyAV; `first_pts` samples late, with `gap` = (at sample, samples) left out.

    The clock of all streams begins at `start` seconds.
    """
    import av

    channels = signal.shape[1]
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        if video:
            picture = out.add_stream("mpeg4", rate=10)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        stream = out.add_stream(codec, rate=rate)
        stream.codec_context.layout = "mono" if channels == 1 else "stereo"
        stream.codec_context.time_base = Fraction(1, rate)
        if quality is not None:  # a variable bit rate
            stream.codec_context.qscale = True
            stream.codec_context.global_quality = 118 * quality
        if video:
            for index in range(round(10 * len(signal) / rate)):
                frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), index % 255, np.uint8), format="rgb24")
                frame.pts = index + 10 * start
                out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
        out.start_encoding()
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.codec_context.format.name, stream.codec_context.layout.name, rate)
        clock = start * rate
        for at in range(0, len(signal), size):
            piece = np.ascontiguousarray(signal[at : at + size].T)
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono" if channels == 1 else "stereo")
            frame.sample_rate = rate
            frame.pts = clock + at + first_pts + (gap[1] if gap and at >= gap[0] else 0)
            frame.time_base = Fraction(1, rate)
            for ready in resampler.resample(frame):
                ready.pts = frame.pts
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    return path
