"""Files of several recordings one after another, and lengths in headers that are wrong: read to the end."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ctcalign.audio import open_audio, probe
from ctcalign.audio.file_parts import FilePart, parts_of
from tests.audio.recordings import clicks, encode, onsets

# Seconds of the two recordings, and their clicks.
FIRST, SECOND = 1.5, 2.0
AT = [0.5, 1.0]
BOTH = [*AT, *(FIRST + time for time in AT)]


def read(path: Path) -> tuple[np.ndarray, list[str]]:
    with open_audio(path) as reader:
        signal = np.concatenate(list(reader.blocks()), axis=1)[0]
        return signal, [text.replace(f"{path}: ", "") for text in reader.warnings]


def sndfile(container: str, subtype: str) -> Callable[[Path, float, int, int], bytes]:
    def make(folder: Path, seconds: float, rate: int, channels: int) -> bytes:
        buffer = io.BytesIO()
        soundfile.write(buffer, clicks(rate, seconds, AT, channels), rate, format=container, subtype=subtype)
        return buffer.getvalue()

    return make


def ffmpeg(suffix: str, codec: str, container: str | None = None, **options: str) -> Callable[..., bytes]:
    def make(folder: Path, seconds: float, rate: int, channels: int) -> bytes:
        signal = clicks(rate, seconds, AT, channels)
        return encode(folder / f"part.{suffix}", signal, rate, codec, container=container, options=options).read_bytes()

    return make


RAW_MP3 = {"write_xing": "0", "id3v2_version": "0"}
JOINED = {
    "vorbis.ogg": (sndfile("OGG", "VORBIS"), 0.002),
    "opus.opus": (sndfile("OGG", "OPUS"), 0.002),
    "flac.oga": (ffmpeg("oga", "flac", "ogg"), 0.002),
    "a.flac": (sndfile("FLAC", "PCM_16"), 0.002),
    "a.wav": (sndfile("WAV", "PCM_16"), 0.002),
    "a.aiff": (sndfile("AIFF", "PCM_16"), 0.002),
    "a.au": (sndfile("AU", "PCM_16"), 0.002),
    "a.caf": (sndfile("CAF", "PCM_16"), 0.002),
    "a.w64": (sndfile("W64", "PCM_16"), 0.002),
    "a.mp3": (ffmpeg("mp3", "libmp3lame"), 0.002),
    "a.mp4": (ffmpeg("mp4", "aac"), 0.03),
    "fragments.mp4": (ffmpeg("mp4", "aac", movflags="+frag_keyframe+empty_moov"), 0.1),
    "a.webm": (ffmpeg("webm", "libopus"), 0.03),
    "a.mkv": (ffmpeg("mkv", "flac"), 0.01),
    "a.wv": (ffmpeg("wv", "wavpack"), 0.002),
    "a.tta": (ffmpeg("tta", "tta"), 0.002),
    "a.flv": (ffmpeg("flv", "aac"), 0.1),
}


@pytest.mark.parametrize("name", JOINED)
def test_two_recordings_in_one_file(tmp_path: Path, name: str) -> None:
    make, tolerance = JOINED[name]
    rate = 44_100 if name != "opus.opus" and not name.endswith("webm") else 48_000
    path = tmp_path / name
    path.write_bytes(make(tmp_path, FIRST, rate, 1) + make(tmp_path, SECOND, rate, 1))
    signal, warnings = read(path)
    assert onsets(signal, 16_000) == pytest.approx(BOTH, abs=tolerance)
    assert len(signal) / 16_000 == pytest.approx(FIRST + SECOND, abs=tolerance + 0.07)
    assert len(warnings) == 1
    assert warnings[0].startswith("2 recordings one after another, read as one; new ones begin at 1.5")


@pytest.mark.parametrize("name", ["vorbis.ogg", "opus.opus", "flac.oga", "a.flac", "a.wav", "a.mp3", "a.mp4"])
@pytest.mark.parametrize(("rate", "channels"), [(24_000, 1), (48_000, 2)])
def test_the_second_has_another_rate_or_channels(tmp_path: Path, name: str, rate: int, channels: int) -> None:
    make, tolerance = JOINED[name]
    path = tmp_path / name
    path.write_bytes(make(tmp_path, FIRST, 48_000, 1) + make(tmp_path, SECOND, rate, channels))
    signal, _ = read(path)
    assert onsets(signal, 16_000) == pytest.approx(BOTH, abs=tolerance + 0.002)
    assert probe(path).channels == 1


@pytest.mark.parametrize(
    ("suffix", "codec", "container", "options"),
    [("mp3", "libmp3lame", None, RAW_MP3), ("aac", "aac", "adts", {}), ("ts", "aac", "mpegts", {})],
)
@pytest.mark.parametrize("rate", [44_100, 22_050])
def test_streams_without_a_header(
    tmp_path: Path, suffix: str, codec: str, container: str | None, options: dict[str, str], rate: int
) -> None:
    make = ffmpeg(suffix, codec, container, **options)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(make(tmp_path, FIRST, 44_100, 1) + make(tmp_path, SECOND, rate, 1))
    signal, warnings = read(path)
    found = onsets(signal, 16_000)
    assert found == pytest.approx(BOTH, abs=0.2)  # the encoder's delay is not stated
    assert np.diff(found)[[0, 2]] == pytest.approx([0.5, 0.5], abs=0.002)
    assert not any("truncated" in text or "dropped" in text for text in warnings)


def test_a_part_that_cannot_be_decoded_is_reported(tmp_path: Path) -> None:
    one, two = (sndfile("OGG", "VORBIS")(tmp_path, seconds, 16_000, 1) for seconds in (FIRST, SECOND))
    path = tmp_path / "a.ogg"
    path.write_bytes(one + two[:200] + bytes(3000) + one)
    signal, warnings = read(path)
    assert onsets(signal, 16_000) == pytest.approx(BOTH, abs=0.002)
    size = len(one)
    assert f"at 1.50 s: bytes {size} to {size + 3200} are not read: they cannot be decoded" in warnings


def page(first: bool, serial: int, content: bytes) -> bytes:
    flags = bytes([2 if first else 0])
    return b"OggS\0" + flags + bytes(8) + struct.pack("<IIIB", serial, 0, 0, 1) + bytes([len(content)]) + content


def test_interleaved_streams_are_one_recording(tmp_path: Path) -> None:
    film = page(True, 1, b"\x80theora") + page(True, 2, b"\x01vorbis") + page(False, 1, b"a" * 90) * 3
    path = tmp_path / "a.ogv"
    path.write_bytes(film)
    assert parts_of(path) == [FilePart(path, 0, len(film))]
    path.write_bytes(film * 2)
    assert [(part.start, part.stop) for part in parts_of(path)] == [(0, len(film)), (len(film), 2 * len(film))]


def mp3(folder: Path, seconds: float = 4.0) -> bytes:
    noise = 0.02 * np.random.default_rng(0).standard_normal((round(44_100 * seconds), 1)).astype(np.float32)
    signal = clicks(44_100, seconds, [0.5, 3.5]) + noise
    return encode(folder / "one.mp3", signal, 44_100, "libmp3lame", options=RAW_MP3).read_bytes()


@pytest.mark.parametrize(
    "junk",
    [b"ID3\x04\x00\x00\x00\x00\x10\x00" + bytes(2048), bytes(30_000), b"\x55" * 5000],
    ids=["tag", "zeros", "55"],
)
def test_mp3_goes_on_behind_junk(tmp_path: Path, junk: bytes) -> None:
    whole = mp3(tmp_path)
    middle = len(whole) // 2
    path = tmp_path / "a.mp3"
    path.write_bytes(whole[:middle] + junk + whole[middle:])
    signal, warnings = read(path)
    found = onsets(signal, 16_000)
    assert [found[0], found[-1]] == pytest.approx([0.5, 3.5], abs=0.12)
    assert not any("truncated" in text for text in warnings)


def test_variable_bit_rate_without_a_table(tmp_path: Path) -> None:
    quiet = np.zeros((44_100 * 3, 1), np.float32)
    loud = 0.3 * np.random.default_rng(0).standard_normal((44_100 * 3, 1)).astype(np.float32)
    path = encode(
        tmp_path / "a.mp3", np.concatenate([loud, quiet, loud]), 44_100, "libmp3lame",
        options={**RAW_MP3, "compression_level": "9"}, quality=2,
    )  # fmt: skip
    signal, warnings = read(path)
    assert len(signal) / 16_000 == pytest.approx(9.0, abs=0.1)
    assert np.abs(signal[-16_000:]).mean() > 0.1
    assert warnings == []
    assert probe(path).duration == pytest.approx(9.0, abs=0.1)


@pytest.mark.parametrize(
    "tail",
    [
        b"TAG" + b"a" * 125,
        b"APETAGEX" + struct.pack("<4I8x", 2000, 9032, 1, 0xA0000000) + b"\xff\xfb\x90\x64" * 2250
        + b"APETAGEX" + struct.pack("<4I8x", 2000, 9032, 1, 0x80000000) + b"TAG" + b"a" * 125,
    ],
    ids=["ID3v1", "APEv2"],
)  # fmt: skip
def test_tags_are_no_sound(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(mp3(tmp_path))
    expected = read(path)
    path.write_bytes(mp3(tmp_path) + tail)
    signal, warnings = read(path)
    np.testing.assert_array_equal(signal, expected[0])
    assert warnings == []


def with_sizes(data: bytes, fields: list[tuple[int, bytes]]) -> bytes:
    changed = bytearray(data)
    for at, value in fields:
        changed[at : at + len(value)] = value
    return bytes(changed)


def wrong_lengths() -> dict[str, bytes]:
    """Files of 2 s whose headers give 0.5 s."""
    folder = Path()
    half = 16_000
    found = {}
    for subtype, size in [("PCM_16", 2), ("PCM_U8", 1), ("PCM_24", 3), ("FLOAT", 4), ("ULAW", 1)]:
        data = sndfile("WAV", subtype)(folder, 2.0, 16_000, 1)
        length = struct.pack("<I", 8000 * size)
        found[f"{subtype}.wav"] = with_sizes(data, [(data.find(b"data") + 4, length)])
    adpcm = sndfile("WAV", "IMA_ADPCM")(folder, 2.0, 16_000, 1)
    found["adpcm.wav"] = with_sizes(adpcm, [(adpcm.find(b"data") + 4, struct.pack("<I", 4096))])
    aiff = sndfile("AIFF", "PCM_16")(folder, 2.0, 16_000, 1)
    frames = struct.pack(">I", 8000)
    found["a.aiff"] = with_sizes(
        aiff, [(aiff.find(b"SSND") + 4, struct.pack(">I", half + 8)), (aiff.find(b"COMM") + 10, frames)]
    )
    au = sndfile("AU", "PCM_16")(folder, 2.0, 16_000, 1)
    found["a.au"] = with_sizes(au, [(8, struct.pack(">I", half))])
    found["zero.au"] = with_sizes(au, [(8, bytes(4))])
    caf = sndfile("CAF", "PCM_16")(folder, 2.0, 16_000, 1)
    found["a.caf"] = with_sizes(caf, [(caf.find(b"data") + 4, struct.pack(">q", half + 4))])
    flac = sndfile("FLAC", "PCM_16")(folder, 2.0, 16_000, 1)
    found["a.flac"] = with_sizes(flac, [(22, struct.pack(">I", 8000))])
    return found


@pytest.mark.parametrize("name", wrong_lengths())
def test_a_header_gives_less_than_there_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(wrong_lengths()[name])
    signal, warnings = read(path)
    assert onsets(signal, 16_000) == pytest.approx(AT, abs=0.002)
    assert len(signal) / 16_000 == pytest.approx(2.0, abs=0.05)
    assert len(warnings) == 1
    assert "s according to the header, but the audio continues: 2.0" in warnings[0]
    assert probe(path).duration == pytest.approx(2.0, abs=0.05)


def shortened(container: str, subtype: str, folder: Path) -> bytes:
    """A file of 2 s at 8 kHz, in an encoding in which libsndfile cannot move, whose header gives a quarter."""
    data = sndfile(container, subtype)(folder, 2.0, 8000, 1)
    if container == "AU":
        return with_sizes(data, [(8, struct.pack(">I", int.from_bytes(data[8:12], "big") // 4))])
    name, order = (b"data", "little") if container == "WAV" else (b"SSND", "big")
    at = data.find(name) + 4
    size = int.from_bytes(data[at : at + 4], order) // 4 // 65 * 65
    return with_sizes(data, [(at, size.to_bytes(4, order))])


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32"])
def test_encodings_that_cannot_be_moved_in_are_read_to_their_end(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(shortened("WAV", subtype, tmp_path))
    signal, warnings = read(path)
    assert len(signal) / 16_000 == pytest.approx(2.0, abs=0.05)
    assert onsets(signal, 16_000) == pytest.approx(AT, abs=0.02)
    [warning] = warnings
    assert "s according to the header, but the audio continues: 2.0" in warning


@pytest.mark.parametrize(("container", "subtype"), [("AIFF", "GSM610"), ("AU", "G721_32"), ("WAV", "NMS_ADPCM_16")])
def test_what_cannot_be_read_on_is_told(tmp_path: Path, container: str, subtype: str) -> None:
    path = tmp_path / f"a.{container.lower()}"
    path.write_bytes(shortened(container, subtype, tmp_path))
    _, warnings = read(path)
    [warning] = warnings
    assert "s according to the header, but the audio continues, and in this encoding" in warning


@pytest.mark.parametrize(
    ("container", "subtype"), [("WAV", "GSM610"), ("WAV", "G721_32"), ("AIFF", "GSM610"), ("AU", "G721_32"),
                               ("W64", "GSM610"), ("WAV", "NMS_ADPCM_16")]
)  # fmt: skip
def test_whole_files_in_these_encodings_give_no_warning(tmp_path: Path, container: str, subtype: str) -> None:
    path = tmp_path / f"a.{container.lower()}"
    path.write_bytes(sndfile(container, subtype)(tmp_path, 2.0, 8000, 1))
    signal, warnings = read(path)
    assert len(signal) / 16_000 == pytest.approx(2.0, abs=0.05)
    assert warnings == []
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", 4) + b"INFO")
    assert read(path)[1] == []


@pytest.mark.parametrize("total", [0, 16_000 * 30])
def test_flac_without_or_with_too_great_a_length(tmp_path: Path, total: int) -> None:
    data = sndfile("FLAC", "PCM_16")(tmp_path, 2.0, 16_000, 1)
    path = tmp_path / "a.flac"
    path.write_bytes(with_sizes(data, [(22, struct.pack(">I", total))]))
    signal, warnings = read(path)
    assert len(signal) == 32_000
    assert warnings == (["truncated: 30.00 s according to the header, 2.00 s decoded"] if total else [])


@pytest.mark.parametrize(
    "tail",
    [
        b"LIST" + struct.pack("<I", 9000) + b"INFO" + b"\x55\xaa\x12" * 2999 + b"\0",
        b"id3 " + struct.pack("<I", 90_000) + b"\x55\xaa\x12" * 30_000,
        b"\0" + b"_PMX" + struct.pack("<I", 6000) + b"\x55\xaa\x12" * 2000,
        bytes(60_000),
        b"TAG" + b"a" * 125,
        b"\x55\xaa\x12" * 200,
    ],
    ids=["LIST", "id3", "padded", "zeros", "ID3v1", "19 ms"],
)
def test_what_stands_behind_the_samples_of_a_wav_file_is_no_sound(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(sndfile("WAV", "PCM_16")(tmp_path, 2.0, 16_000, 1) + tail)
    signal, warnings = read(path)
    assert len(signal) == 32_000
    assert warnings == []
