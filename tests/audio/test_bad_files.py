"""Files that are not recordings, and damaged recordings: one clear line each; what can be decoded is decoded."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ctcalign.audio import load_audio, open_audio, opening
from ctcalign.audio.opening import not_audio
from ctcalign.audio.sources.clock import Clock
from ctcalign.errors import AudioError
from tests.audio.recordings import clicks, encode, onsets


def wav_bytes(signal: np.ndarray, rate: int = 16_000, **options: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, signal, rate, format="WAV", **options)
    return buffer.getvalue()


def png() -> bytes:
    import av

    frame = av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8), format="rgb24")
    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt = 8, 8, "rgb24"
    codec.time_base = 1
    return b"".join(bytes(packet) for packet in codec.encode(frame))


BAD = {
    "empty.wav": (b"", r"is empty \(0 bytes\)"),
    "zero.wav": (wav_bytes(np.zeros((0, 1), np.float32)), "holds no audio samples"),
    "text.wav": (b"This is not a recording.\n" * 50, "is a text file, not a recording"),
    "captions.srt": (b"1\n00:00:00,000 --> 00:00:01,000\nHello\n", "is a text file, not a recording"),
    "utf16.wav": (("Das ist ein Text.\n" * 20).encode("utf-16"), "is a text file"),
    "latin1.txt": (("déjà vu, garçon\n" * 20).encode("latin-1"), "is a text file"),
    "page.m3u8": (b"#EXTM3U\n#EXTINF:10,\nhttp://localhost/x.ts\n", "is a text file"),
    "picture.mp3": (png(), "is a PNG image, not a recording"),
    "photo.wav": (b"\xff\xd8\xff\xe0" + bytes(500), "is a JPEG image"),
    "archive.mp4": (b"PK\x03\x04" + bytes(500), "is a ZIP archive"),
    "paper.wav": (b"%PDF-1.7\n" + bytes(500), "is a PDF document"),
    "noise.mp3": (np.random.default_rng(0).bytes(50_000), "not a recording"),
    "zeros.m4a": (bytes(50_000), "cannot be decoded"),
    "headless.raw": (np.random.default_rng(1).bytes(50_000), "not a recording"),
    "header.wav": (wav_bytes(np.zeros(100, np.float32))[:20], "cannot be decoded"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_file(tmp_path: Path, name: str) -> None:
    content, text = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioError, match=text) as caught:
        load_audio(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "; " in str(caught.value)  # the remedy


def test_missing_folder_address_and_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AudioError, match=r"nothing.wav: no such file; give the path"):
        open_audio(tmp_path / "nothing.wav")
    with pytest.raises(AudioError, match="is a folder; expected audio or video"):
        open_audio(tmp_path)
    with pytest.raises(AudioError, match="expected a file, not an address; download it first"):
        open_audio("https://example.org/talk.mp3")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.wav").write_bytes(wav_bytes(np.zeros(100, np.float32)))
    monkeypatch.setattr(opening, "_check", refuse)
    with pytest.raises(AudioError, match="cannot be read: Permission denied"):
        open_audio(tmp_path / "a.wav")


def test_video_without_audio(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "mute.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        out.mux(stream.encode(None))
    with pytest.raises(AudioError, match="a video without audio; give a file that has an audio stream"):
        open_audio(tmp_path / "mute.mp4")


AT = [0.5, 1.5, 3.5, 5.5]


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        ("wav", "pcm_s16le"),
        ("flac", "flac"),
        ("mp3", "libmp3lame"),
        ("opus", "libopus"),
        ("mkv", "flac"),
        ("aiff", "pcm_s16be"),
    ],
)
def test_truncated_files_are_read_as_far_as_they_go(tmp_path: Path, suffix: str, codec: str) -> None:
    rng = np.random.default_rng(0)
    signal = clicks(48_000, 6.0, AT) + 0.02 * rng.standard_normal((48_000 * 6, 1)).astype(np.float32)
    whole = encode(tmp_path / f"whole.{suffix}", signal, 48_000, codec)
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with open_audio(cut) as reader:
        decoded = np.concatenate(list(reader.blocks()), axis=1)[0]
        assert reader.duration is not None
        assert 1.9 < reader.duration < 4.0
        assert len(reader.warnings) == 1
        assert "truncated" in reader.warnings[0]
        assert f"{reader.duration:.2f} s" in reader.warnings[0]
    assert onsets(decoded, 16_000)[:2] == pytest.approx(AT[:2], abs=0.002)


def test_truncated_mp4_with_its_index_in_front(tmp_path: Path) -> None:
    signal = clicks(48_000, 6.0, AT)
    whole = encode(tmp_path / "whole.mp4", signal, 48_000, "aac", options={"movflags": "+faststart"})
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with open_audio(cut) as reader:
        decoded = np.concatenate(list(reader.blocks()), axis=1)[0]
        assert any("truncated: 6.0" in warning for warning in reader.warnings)
    assert onsets(decoded, 16_000)[:1] == pytest.approx(AT[:1], abs=0.002)


def test_truncated_mp4_without_its_index(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mp4", clicks(48_000, 6.0, AT), 48_000, "aac")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(AudioError, match=r"cut.mp4: cannot be decoded .*corrupt, cut at its start"):
        open_audio(cut)


def test_damage_in_the_middle_keeps_the_clock(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mkv", clicks(48_000, 6.0, AT), 48_000, "libmp3lame", video=True)
    content = bytearray(whole.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    damaged = tmp_path / "damaged.mkv"
    damaged.write_bytes(bytes(content))
    with open_audio(damaged) as reader:
        decoded = np.concatenate(list(reader.blocks()), axis=1)[0]
    found = onsets(decoded, 16_000)
    assert found[0] == pytest.approx(AT[0], abs=0.002)
    assert found[-1] == pytest.approx(AT[-1], abs=0.03)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_streamed_wav_without_sizes(tmp_path: Path, size: int) -> None:
    signal = clicks(16_000, 3.0, [0.5])
    content = bytearray(wav_bytes(signal, subtype="PCM_16"))
    at = content.find(b"data")
    content[at + 4 : at + 8] = content[4:8] = size.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with open_audio(tmp_path / "a.wav") as reader:
        decoded = np.concatenate(list(reader.blocks()), axis=1)[0]
        assert reader.duration == 3.0
        assert reader.warnings == []
    assert onsets(decoded, 16_000) == pytest.approx([0.5], abs=0.001)


def test_samples_that_are_no_numbers(tmp_path: Path) -> None:
    signal = clicks(16_000, 1.0, [0.5])
    signal[100:103] = np.nan
    signal[200] = np.inf
    soundfile.write(tmp_path / "a.wav", signal, 16_000, subtype="FLOAT")
    with open_audio(tmp_path / "a.wav") as reader:
        decoded = np.concatenate(list(reader.blocks()), axis=1)[0]
        assert reader.warnings == [
            f"{tmp_path / 'a.wav'}: 4 samples were not finite (NaN or infinite) and were replaced by silence"
        ]
    assert np.isfinite(decoded).all()
    assert decoded[100] == decoded[200] == 0


def test_a_pipe_that_does_not_fit_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(opening.shutil, "copyfileobj", full)
    with (
        pytest.raises(
            AudioError, match=r"talk: cannot be copied to .*: No space left on device; free some space or set TMPDIR"
        ),
        opening.spooled(io.BytesIO(b"abc"), "talk"),
    ):
        pass


def test_sniffing_leaves_recordings_alone() -> None:
    for head in (
        wav_bytes(np.zeros(9, np.float32)),
        b"ID3\x04" + b"a" * 90,
        b"#!AMR\n" + b"a" * 90,
        b"OggS" + b"a" * 90,
        b"\xff\xfb\x90\x64" * 20,
    ):
        assert not_audio(head) is None
    assert not_audio(b"RIFF\x10\x00\x00\x00WEBPVP8 ") == "a WebP image"
    assert not_audio("日本語の字幕。".encode() * 9) == "a text file"
    assert not_audio("日本語の字幕。".encode()[:-1]) == "a text file"


class TestClock:
    def test_jitter_is_ignored(self) -> None:
        clock = Clock(1000, 0.0, 10.0)
        assert [clock.place(time, 100) for time in (0.0, 0.104, 0.196, None, 0.41)] == [(0, 0)] * 5
        assert clock.position == 500

    def test_late_start_gap_and_overlap(self) -> None:
        clock = Clock(1000, 0.0, 10.0)
        assert clock.place(0.5, 100) == (500, 0)
        assert clock.place(1.0, 100) == (400, 0)
        assert clock.place(1.0, 100) == (0, 100)
        assert clock.place(1.0, 150) == (0, 100)
        assert clock.position == 1150
        assert clock.notes == ["gap of 0.40 s at 0.60 s: filled with silence"]

    def test_samples_before_zero_are_dropped(self) -> None:
        clock = Clock(1000, 0.0, None)
        assert clock.place(-0.03, 100) == (0, 30)
        assert clock.place(0.07, 100) == (0, 0)

    def test_clocks_that_are_reset(self) -> None:
        clock = Clock(1000, 0.0, 100.0)
        clock.place(0.0, 1000)
        assert clock.place(90_000.0, 1000) == (0, 0)
        assert clock.place(90_001.0, 1000) == (0, 0)
        assert clock.place(5.0, 1000) == (0, 0)
        assert clock.place(6.0, 1000) == (0, 0)
        assert clock.position == 5000
        assert len(clock.notes) == 2
