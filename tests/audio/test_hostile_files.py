"""Absurd headers, samples, lengths and names: one clear line, or the sound that there is."""

from __future__ import annotations

import io
import os
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ctcalign.audio import load_audio, open_audio, probe
from ctcalign.errors import AudioError, UsageError
from tests.audio.recordings import clicks, encode, onsets


def wav(**fields: int) -> bytes:
    """A second of 16-bit sound; fields of its header: bits, format, channels, rate."""
    buffer = io.BytesIO()
    soundfile.write(buffer, clicks(16_000, 1.0, [0.5]), 16_000, format="WAV", subtype="PCM_16")
    data = bytearray(buffer.getvalue())
    places = {"format": (20, "<H"), "channels": (22, "<H"), "rate": (24, "<I"), "bits": (34, "<H")}
    for name, value in fields.items():
        struct.pack_into(places[name][1], data, places[name][0], value)
    return bytes(data)


def caf(bits: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, clicks(16_000, 1.0, [0.5]), 16_000, format="CAF", subtype="PCM_16")
    data = bytearray(buffer.getvalue())
    struct.pack_into(">I", data, data.find(b"desc") + 12 + 28, bits)
    return bytes(data)


def avi(folder: Path, bits: int) -> bytes:
    path = encode(folder / "one.avi", clicks(16_000, 1.0, [0.5]), 16_000, "pcm_s16le", video=True)
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.find(b"strf", data.find(b"auds")) + 8 + 14, bits)
    return bytes(data)


@pytest.mark.parametrize("bits", [0, 33, 255])
def test_encodings_that_do_not_exist(tmp_path: Path, bits: int) -> None:
    for name, content in {"a.wav": wav(bits=bits), "a.caf": caf(bits), "a.avi": avi(tmp_path, bits)}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(AudioError, match=rf"{name}: its audio is in an encoding that FFmpeg does not know .*; con"):
            load_audio(path)


@pytest.mark.parametrize("rate", [0, 1, 10, 999, 2**31 - 1, 2**32 - 1])
def test_rates_that_cannot_be(tmp_path: Path, rate: int) -> None:
    (tmp_path / "a.wav").write_bytes(wav(rate=rate))
    with pytest.raises(AudioError, match=r"a sample rate of|cannot be decoded"):
        load_audio(tmp_path / "a.wav")


@pytest.mark.parametrize("channels", [0, 65_535])
def test_numbers_of_channels_that_cannot_be(tmp_path: Path, channels: int) -> None:
    (tmp_path / "a.wav").write_bytes(wav(channels=channels))
    with pytest.raises(AudioError, match=r"contains no decodable audio; convert it"):
        load_audio(tmp_path / "a.wav")


def test_integers_of_64_bits(tmp_path: Path) -> None:
    signal = clicks(16_000, 1.0, [0.5])[:, 0]
    samples = (signal.astype(np.float64) * 2**63).astype("<i8").tobytes()
    header = bytearray(wav(bits=64)[:44])
    struct.pack_into("<I", header, 4, len(samples) + 36)
    struct.pack_into("<IH", header, 28, 16_000 * 8, 8)
    struct.pack_into("<I", header, 40, len(samples))
    (tmp_path / "a.wav").write_bytes(bytes(header) + samples)
    np.testing.assert_allclose(load_audio(tmp_path / "a.wav")[0], signal, atol=1e-7)


@pytest.mark.parametrize(("subtype", "value"), [("FLOAT", 3e38), ("FLOAT", 1e20), ("DOUBLE", 1e300)])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_samples_far_beyond_full_scale(tmp_path: Path, subtype: str, value: float, rate: int) -> None:
    signal = clicks(rate, 1.0, [0.5], channels=2).astype(np.float64)
    signal[100:110] = value
    signal[200] = [value, -value]
    soundfile.write(tmp_path / "a.wav", signal, rate, subtype=subtype)
    with open_audio(tmp_path / "a.wav") as reader:
        decoded = np.concatenate(list(reader.blocks()), axis=1)[0]
        assert len(reader.warnings) == 1
        assert "22 samples were not finite" in reader.warnings[0]
        assert reader.warnings[0].endswith("and were replaced by silence")
    assert np.abs(decoded).max() < 2
    assert onsets(decoded, 16_000) == pytest.approx([0.5], abs=0.002)


def test_integers_as_floats_stay(tmp_path: Path) -> None:
    signal = clicks(16_000, 1.0, [0.5]) * np.float32(2**31)
    soundfile.write(tmp_path / "a.wav", signal, 16_000, subtype="FLOAT")
    with open_audio(tmp_path / "a.wav") as reader:
        decoded = np.concatenate(list(reader.blocks()), axis=1)
        assert reader.warnings == []
    np.testing.assert_array_equal(decoded[0], signal[:, 0])


@pytest.mark.parametrize(
    ("suffix", "codec", "layout", "channels"),
    [("mp4", "aac", "7.1", 8), ("mkv", "libopus", "7.1", 8), ("m4a", "alac", "7.1(wide)", 8),
     ("mp4", "aac", "5.1", 6), ("wv", "wavpack", "hexadecagonal", 16)],
)  # fmt: skip
def test_many_channels(tmp_path: Path, suffix: str, codec: str, layout: str, channels: int) -> None:
    """PyAV reads foreign memory for the planes of 8 channels or more."""
    import av

    rate, path = 48_000, tmp_path / f"a.{suffix}"
    time = np.arange(rate) / rate
    tones = [100 + 30 * number for number in range(channels)]
    signal = np.stack([0.3 * np.sin(2 * np.pi * tone * time) for tone in tones], axis=1).astype(np.float32)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.codec_context.layout = layout
        stream.codec_context.time_base = Fraction(1, rate)
        out.start_encoding()
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.codec_context.format.name, layout, rate)
        for start in range(0, rate, size):
            piece = np.ascontiguousarray(signal[start : start + size]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(piece, format="flt", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            for ready in resampler.resample(frame):
                ready.pts = start
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    decoded = load_audio(path, rate, "all")
    assert decoded.shape[0] == channels
    middle = decoded[:, 8000:40_000]
    found = np.abs(np.fft.rfft(middle)).argmax(1) * rate / middle.shape[1]
    good = [abs(one - tone) < 5 for one, tone in zip(found, tones, strict=True)]
    assert sum(good) >= channels - 1  # the low-frequency channel is filtered


def test_a_small_file_of_many_hours(tmp_path: Path) -> None:
    path = tmp_path / "day.flac"
    with soundfile.SoundFile(path, "w", 1000, 1, "PCM_16") as file:
        for _ in range(13):
            file.write(np.zeros(1000 * 3600, np.int16))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(AudioError, match=r"day.flac: 13 h long, more than the limit of 12 h; raise --max-duration if"):
        open_audio(path)
    with open_audio(path, max_duration=14 * 3600) as reader:
        assert reader.info.duration == 13 * 3600
    assert probe(path).duration == 13 * 3600


def test_the_limit_holds_without_a_header(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.aac", clicks(16_000, 3.0, [0.5]), 16_000, "aac", container="adts")
    with pytest.raises(AudioError, match="the limit of 2 s"):
        load_audio(path, max_duration=2)
    content = encode(tmp_path / "a.ogg", clicks(16_000, 1.5, [0.5]), 16_000, "flac", container="ogg").read_bytes()
    path.write_bytes(content * 2)
    with pytest.raises(AudioError, match="the limit of 2 s"):
        load_audio(path, max_duration=2)
    assert load_audio(path, max_duration=4).shape[1] == 48_000


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_limits_that_make_no_sense(tmp_path: Path, limit: float) -> None:
    (tmp_path / "a.wav").write_bytes(wav())
    with pytest.raises(UsageError, match="max_duration: expected a positive number of seconds"):
        open_audio(tmp_path / "a.wav", max_duration=limit)


def test_nul_in_a_name() -> None:
    with pytest.raises(AudioError, match=r"'talk\\x00.wav': a file name cannot contain NUL"):
        open_audio("talk\0.wav")


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a"])
def test_names_that_are_not_utf_8(tmp_path: Path, suffix: str) -> None:
    codec = {"wav": "pcm_s16le", "mp3": "libmp3lame", "m4a": "aac"}[suffix]
    path = encode(tmp_path / f"a.{suffix}", clicks(16_000, 1.0, [0.5]), 16_000, codec)
    other = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9." + suffix.encode())
    try:
        path.rename(other)
    except OSError as error:
        pytest.skip(f"this file system has no such names ({error})")
    assert onsets(load_audio(other)[0], 16_000) == pytest.approx([0.5], abs=0.002)


def test_streams_that_appear_while_reading(tmp_path: Path) -> None:
    """PyAV raises an IndexError at the end of such a file."""
    content = encode(tmp_path / "a.flv", clicks(44_100, 1.0, [0.5]), 44_100, "libmp3lame").read_bytes()
    tag = bytes([8, 0, 0, 5, 0, 0, 0x30, 0, 0, 0, 1]) + bytes([0x02, 0x80, 0x80, 0x80, 0x80]) + bytes([0, 0, 0, 16])
    video = bytes([9, 0, 0, 6, 0, 0, 0x30, 0, 0, 0, 0]) + bytes([0x12, 0, 0, 0x84, 0, 0]) + bytes([0, 0, 0, 17])
    (tmp_path / "a.flv").write_bytes(content + tag + video * 3)
    assert onsets(load_audio(tmp_path / "a.flv")[0], 16_000) == pytest.approx([0.525], abs=0.01)
